package record

import "encoding/binary"

// Text is what a cell can be given as.
type Text interface{ string | []byte }

// AppendCSV appends one cell of a record with comma as the delimiter. It is
// quoted only if it has to be: for a comma, a quote, a line feed, a carriage
// return, and for blanks at its ends, which some programs drop. (A record of
// a single empty cell would be a blank line; write `""` for it.)
func AppendCSV[T Text](dst []byte, cell T) []byte { return AppendCell(dst, cell, ',') }

// AppendCell is AppendCSV for another delimiter.
func AppendCell[T Text](dst []byte, cell T, delimiter byte) []byte {
	start := len(dst)
	dst = append(dst, cell...)
	if !needsQuotes(dst[start:], delimiter) {
		return dst
	}
	dst = append(dst[:start], '"')
	done := 0
	for i := range len(cell) {
		if cell[i] == '"' {
			dst = append(append(dst, cell[done:i]...), '"')
			done = i
		}
	}
	return append(append(dst, cell[done:]...), '"')
}

// needsQuotes looks at eight bytes at a time.
func needsQuotes(cell []byte, delimiter byte) bool {
	if len(cell) > 0 && (isBlank(cell[0]) || isBlank(cell[len(cell)-1])) {
		return true
	}
	for ; len(cell) >= 8; cell = cell[8:] {
		x := binary.LittleEndian.Uint64(cell)
		if holds(x, delimiter) || holds(x, '"') || holds(x, '\n') || holds(x, '\r') {
			return true
		}
	}
	for _, c := range cell {
		switch c {
		case delimiter, '"', '\n', '\r':
			return true
		}
	}
	return false
}

// holds tells whether c is one of the bytes of x.
func holds(x uint64, c byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x ^= uint64(c) * ones // now it is a zero
	return (x-ones)&^x&highs != 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
