package cli

import (
	"fmt"
	"strings"

	"taskbatch/batch/manual"
	"taskbatch/csvmap"
)

// templates is what the flags of the command fields say.
type templates struct {
	csv, jsonl bool
	schema     string
}

func (t *templates) flags() []*manual.Flag {
	return group("", []*manual.Flag{
		{Name: "csv", Read: on(&t.csv), Usage: "print a CSV template"},
		{Name: "jsonl", Read: on(&t.jsonl), Usage: "print a JSONL template"},
		{Name: "schema", Choices: []string{"row", "summary"}, Read: text(&t.schema), Usage: "print the JSON Schema of a JSONL row, or of the summary object"},
	})
}

// fields is the command fields.
func (s *session) fields(set *templates) error {
	out := s.console.out
	switch {
	case set.csv && set.jsonl, set.schema != "" && (set.csv || set.jsonl):
		return usagef("--csv, --jsonl and --schema exclude each other")
	case set.schema != "":
		fmt.Fprint(out, manual.Schema(set.schema))
	case set.csv:
		csvmap.WriteTemplate(out, "csv")
	case set.jsonl:
		csvmap.WriteTemplate(out, "jsonl")
	default:
		writeFields(&page{w: out})
	}
	return nil
}

// writeFields prints the table of fields.
func writeFields(p *page) {
	rows := [][]string{{"FIELD", "TYPE", "ALSO", "EXAMPLE", "MEANING"}}
	for _, f := range csvmap.Fields() {
		rows = append(rows, []string{f.Name, f.Type, strings.Join(f.Aliases, ", "), f.Example, f.Description})
	}
	p.table("", rows)
	p.linef("")
	p.linef("A column is optional unless it is taskId. An empty cell leaves the field as it")
	p.linef(`is on the server; a cell of two quote characters, written """""" in the file,`)
	p.linef("clears it. In a CSV header case, blanks, _ and - do not matter.")
}
