package csvmap

import (
	"fmt"
	"io"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// WriteTemplate writes a file to begin with, in the format csv or jsonl: all
// fields, and one row of examples. It is a valid input.
func WriteTemplate(w io.Writer, format string) error {
	var names, cells, object []byte
	for i, f := range Fields()[:1+client.NumFields] {
		if i > 0 {
			names, cells, object = append(names, ','), append(cells, ','), append(object, ',')
		}
		names = record.AppendCSV(names, f.Name)
		cells = record.AppendCSV(cells, f.Example)
		object = fmt.Appendf(object, "%q:%s", f.Name, f.ExampleJSON)
	}
	var err error
	switch format {
	case formatCSV:
		_, err = fmt.Fprintf(w, "%s\n%s\n", names, cells)
	case formatJSONL:
		_, err = fmt.Fprintf(w, "{%s}\n", object)
	default:
		return fmt.Errorf("write template: no format %q", format)
	}
	return err
}
