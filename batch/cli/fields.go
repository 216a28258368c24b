package cli

import (
	"strings"

	"taskbatch/csvmap"
)

// fields is the command fields.
func (s *session) fields() error {
	csv, jsonl := s.values.on("csv"), s.values.on("jsonl")
	out := s.console.out
	switch {
	case csv && jsonl:
		return usagef("--csv and --jsonl exclude each other")
	case csv:
		csvmap.WriteTemplate(out, "csv")
	case jsonl:
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
