package record

// Text is what a cell can be given as.
type Text interface{ string | []byte }

// AppendCSV appends one cell of a record with comma as the delimiter. It is
// quoted only if it has to be: for a comma, a quote, a line feed, a carriage
// return, and for blanks at its ends, which some programs drop. (A record of
// a single empty cell would be a blank line; write `""` for it.)
func AppendCSV[T Text](dst []byte, cell T) []byte { return AppendCell(dst, cell, ',') }

// AppendCell is AppendCSV for another delimiter.
func AppendCell[T Text](dst []byte, cell T, delimiter byte) []byte {
	if !needsQuotes(cell, delimiter) {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(cell) {
		if cell[i] == '"' {
			dst = append(append(dst, cell[start:i]...), '"')
			start = i
		}
	}
	return append(append(dst, cell[start:]...), '"')
}

func needsQuotes[T Text](cell T, delimiter byte) bool {
	if len(cell) == 0 {
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
