package csvmap

import (
	"fmt"
	"io"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// FieldInfo describes one column that an input can have.
type FieldInfo struct {
	Name        string   // as in the API's JSON, and in results files
	Type        string   // what its cells hold
	Aliases     []string // other names that a CSV header may use
	Example     string   // a CSV cell
	ExampleJSON string   // the same as a JSON value
	Description string
}

// kindNames says what the cells of a field hold.
var kindNames = [...]string{client.Text: "text", client.List: "list of URLs", client.Object: "JSON object"}

// Fields is the table of all columns: taskId first, then the fields of the
// body in the API's order, then the form of a column for one metadata key.
func Fields() []FieldInfo {
	list := []FieldInfo{{taskIDName, "task id", []string{taskIDAlias}, "TASK-1001", `"TASK-1001"`,
		"the task to update: 1 to 128 of A-Z a-z 0-9 . _ ~ -"}}
	for f := range client.Field(client.NumFields) {
		info := f.Info()
		list = append(list, FieldInfo{info.Name, kindNames[info.Kind], nil, exampleCell(info), info.Example, info.Description})
	}
	return append(list, FieldInfo{"metadata.KEY", "text", nil, "EU", `"EU"`,
		"CSV only: one key of metadata; dots nest; metadata.KEY:number, :boolean and :json give the other types"})
}

// exampleCell is a field's example as a CSV cell.
func exampleCell(f *client.FieldInfo) string {
	switch f.Kind {
	case client.Text:
		return strings.Trim(f.Example, `"`)
	case client.List:
		return strings.ReplaceAll(strings.Trim(f.Example, `["]`), `","`, "|")
	}
	return f.Example
}

// taskIDName and its alias are the only names of columns that are not fields
// of the body.
const (
	taskIDName  = "taskId"
	taskIDAlias = "id"
)

// fieldNames is every name that a column can have, for suggestions.
func fieldNames() []string {
	names := []string{taskIDName}
	for f := range client.Field(client.NumFields) {
		names = append(names, f.String())
	}
	return names
}

// WriteTemplate writes a file to begin with, in the format csv or jsonl: all
// fields, and one row of examples. It is a valid input.
func WriteTemplate(w io.Writer, format string) error {
	var names, cells, members []string
	for _, f := range Fields()[:1+client.NumFields] {
		names = append(names, f.Name)
		cells = append(cells, string(record.AppendCSV(nil, f.Example)))
		members = append(members, fmt.Sprintf("%q:%s", f.Name, f.ExampleJSON))
	}
	var err error
	switch format {
	case formatCSV:
		_, err = fmt.Fprintf(w, "%s\n%s\n", strings.Join(names, ","), strings.Join(cells, ","))
	case formatJSONL:
		_, err = fmt.Fprintf(w, "{%s}\n", strings.Join(members, ","))
	default:
		err = fmt.Errorf("write template: no format %q", format)
	}
	return err
}
