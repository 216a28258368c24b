package results

import (
	"bytes"

	"taskbatch/csvmap/record"
)

// Form is how a complete results file is written. The zero Form is our own:
// UTF-8, LF, commas. That for Excel is what it opens by a double click and
// takes no cell for a formula of: a byte order mark, CRLF between records, a
// delimiter, and the row's own cells protected as record.Protect says. Line
// feeds in cells stay as they are.
type Form struct {
	Excel     bool
	Delimiter byte // of Excel's
}

const bom = "\xef\xbb\xbf"

// formOf tells the form of a file by its header.
func formOf(header []byte) Form {
	rest, found := bytes.CutPrefix(header, []byte(bom+record.Names[0]))
	if !found || len(rest) == 0 {
		return Form{}
	}
	return Form{true, rest[0]}
}

// header is the first line of a file.
func (f Form) header(columns []string) []byte {
	if !f.Excel {
		return Header(columns)
	}
	return f.encode([]byte(bom), Header(columns))
}

// encode appends a record, or the names of a header, in this form; rec is in
// our own.
func (f Form) encode(dst, rec []byte) []byte {
	if !f.Excel {
		return append(dst, rec...)
	}
	for cell, own := range cells(rec[:len(rec)-1], ',') {
		if own {
			cell = record.Protect(cell)
		}
		dst = append(record.AppendCell(dst, cell, f.Delimiter), f.Delimiter)
	}
	return append(dst[:len(dst)-1], "\r\n"...)
}

// decode is the reverse of encode; false: rec is not exactly what encode makes.
func (f Form) decode(rec []byte) ([]byte, bool) {
	if !f.Excel {
		return rec, true
	}
	var plain []byte
	text, _ := bytes.CutSuffix(rec, []byte("\r\n"))
	for cell, own := range cells(text, f.Delimiter) {
		if own {
			cell, _ = record.Unprotect(cell)
		}
		plain = append(record.AppendCSV(plain, cell), ',')
	}
	plain[len(plain)-1] = '\n'
	return plain, bytes.Equal(f.encode(nil, plain), rec)
}

// cells yields the decoded cells of a record, and whether they are the row's
// own. A cell that is not encoded as it should be ends them.
func cells(rec []byte, delimiter byte) func(yield func(cell string, own bool) bool) {
	return func(yield func(cell string, own bool) bool) {
		n := 0
		for cell, err := range split(rec, delimiter) {
			if err != nil {
				yield("", false)
				return
			}
			if !yield(decode(string(cell)), n >= record.NumHead) {
				return
			}
			n++
		}
	}
}
