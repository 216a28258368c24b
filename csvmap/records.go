package csvmap

import (
	"context"
	"io"
	"iter"
)

// Records reads a CSV record by record, in whatever form a spreadsheet has
// saved it, without asking what the cells mean. It may be read several times.
type Records struct {
	in    *Input
	names []string
}

// OpenRecords opens the CSV at path or, if r is not nil, what r holds, which is
// copied to a private temporary file; path is its name in messages then. Errors: of
// the file system, *InputError.
func OpenRecords(path string, r io.Reader) (*Records, error) {
	opt, err := Options{Format: formatCSV}.compile()
	if err != nil {
		return nil, err
	}
	file := path
	if r != nil {
		file = "-"
	}
	src, err := openSource(file, r, "")
	if err != nil {
		return nil, err
	}
	src.unnamed = true
	in := &Input{path: path, source: src, rules: opt, layout: &layout{rules: opt, width: maxColumns, results: &resultsColumns{}}}
	rs := &Records{in: in}
	if err := rs.readNames(); err != nil {
		_ = src.close() // the first error is the one to tell
		return nil, in.named(err)
	}
	return rs, nil
}

// readNames finds the dialect and reads the header.
func (rs *Records) readNames() error {
	if err := rs.in.sniff(); err != nil {
		return err
	}
	return rs.in.peekRecords(func(c *csvReader) error {
		rec, err := c.next()
		switch {
		case err == io.EOF:
			return &InputError{Msg: "the file is empty"}
		case err != nil:
			return err
		}
		rs.names = rec.texts()
		rs.in.layout.width = len(rs.names)
		return nil
	})
}

// Names are the cells of the first record.
func (rs *Records) Names() []string { return rs.names }

// Each yields the cells of every record below the first, from the start of the
// file, each time in the same memory. A record that cannot be split has as many
// cells as could be read.
// Errors end the reading: *InputError, those of the file system, the context's.
func (rs *Records) Each(ctx context.Context) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for rec, err := range rs.in.entries(ctx, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			cells := rec.cells
			if rec.err != nil {
				cells = cells[:min(len(cells), rec.err.cell)]
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
}

// Close removes what is left of a temporary file.
func (rs *Records) Close() error { return rs.in.Close() }

// FieldOf is the field that a column of a results file stands for: taskId, one
// of the nine, or metadata.KEY; "" for a column that is only carried along.
func FieldOf(column string) string {
	if t, ok := parseExactTarget(column); ok && t.sent() {
		return t.untyped().String()
	}
	return ""
}
