package record

import "strings"

// AppendCSV appends one cell of a record with comma as the delimiter. It is
// quoted only if it has to be: for a comma, a quote, a line feed, a carriage
// return, and for blanks at its ends, which some programs drop. (A record of
// a single empty cell would be a blank line; write `""` for it.)
func AppendCSV(dst []byte, cell string) []byte { return AppendCell(dst, cell, ',') }

// AppendCell is AppendCSV for another delimiter.
func AppendCell(dst []byte, cell string, delimiter byte) []byte {
	if !needsQuotes(cell, delimiter) {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(cell, '"')
		if i < 0 {
			break
		}
		dst = append(dst, cell[:i+1]...)
		dst = append(dst, '"')
		cell = cell[i+1:]
	}
	dst = append(dst, cell...)
	return append(dst, '"')
}

func needsQuotes(cell string, delimiter byte) bool {
	if cell == "" {
		return false
	}
	if isBlank(cell[0]) || isBlank(cell[len(cell)-1]) {
		return true
	}
	for i := range len(cell) {
		switch cell[i] {
		case delimiter, '"', '\n', '\r':
			return true
		}
	}
	return false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
