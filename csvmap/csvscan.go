package csvmap

import (
	"bytes"
	"fmt"
	"slices"
)

// csvScanner reads the records that have quotes, or something wrong. It takes
// the text piece by piece and keeps no more of it than the record's cells, so
// that a record may be longer than the window.
type csvScanner struct {
	c     *csvReader
	cells []byte // the texts of the cells, one behind the other
	ends  []int  // where they end
	count int    // cells so far, also those that are not kept
	total int    // bytes of all cells
	lines int64  // line ends inside the cells so far
	raw   []byte // start of the record's text
	blank bool   // all cells so far are empty

	start int // of the present cell, in cells
	size  int // of it, also if it is not kept

	err     *RowError
	mixed   bool  // a line feed in a file of lone carriage returns
	failure error // the text cannot be read on
}

// scan reads the record at the reader's position into c.rec.
func (s *csvScanner) scan(c *csvReader) (blank bool, err error) {
	*s = csvScanner{c: c, cells: s.cells[:0], ends: s.ends[:0], raw: s.raw[:0], blank: true}
	for s.cell() {
	}
	switch {
	case s.failure != nil:
		return false, s.failure
	case s.mixed:
		return false, &InputError{Line: c.lineNumber, Msg: "line ends are mixed: the header ends with a lone carriage return, this line with a line feed",
			Hints: []string{"give all lines the same end, for example with: tr '\\r' '\\n'"}}
	}
	c.rec.cells = c.rec.cells[:0]
	start := 0
	for _, end := range s.ends {
		c.rec.cells = append(c.rec.cells, s.cells[start:end])
		start = end
	}
	c.rec.raw, c.rec.err, c.rec.count = bytes.TrimRight(s.raw, "\r\n"), s.err, s.count
	c.lineNumber += s.lines + 1
	return s.blank && s.err == nil, nil
}

// cell reads a cell and what ends it; false: that is the end of the record.
func (s *csvScanner) cell() bool {
	c := s.c
	s.start, s.size = len(s.cells), 0
	quoted := s.peek() == '"'
	if quoted {
		s.readQuoted()
	}
	last := byte(0)
	for {
		end := s.peek()
		n := 0
		for n < len(c.text) && c.text[n] != c.delimiter && c.text[n] != c.newline {
			n++
		}
		if n > 0 {
			last = c.text[n-1]
			s.keep(n)
			continue
		}
		s.endCell(quoted, !quoted && end == '\n' && last == '\r')
		s.take(min(1, len(c.text)))
		return end == c.delimiter
	}
}

// peek is the next byte of the text; at its end a newline.
func (s *csvScanner) peek() byte {
	c := s.c
	if len(c.text) == 0 && s.failure == nil {
		s.cells = slices.Grow(s.cells, max(0, c.limits.row+1-len(s.cells))) // once for all long records
		_, s.failure = c.more()
	}
	if len(c.text) == 0 {
		return c.newline
	}
	return c.text[0]
}

// readQuoted reads what stands in quotes, and sees to what follows them.
func (s *csvScanner) readQuoted() {
	c, opened := s.c, s.c.lineNumber+s.lines
	s.take(1)
	for s.failure == nil {
		s.peek()
		n := bytes.IndexByte(c.text, '"')
		closed := n >= 0
		if !closed {
			n = len(c.text)
		}
		s.lines += int64(bytes.Count(c.text[:n], []byte{c.newline}))
		s.keep(n)
		switch {
		case s.failure != nil:
		case s.size > c.limits.row:
			s.failure = c.unclosed(opened, true)
		case closed:
			s.take(1)
			if s.peek() != '"' {
				s.afterQuote(opened)
				return
			}
			s.keep(1)
		case n == 0:
			s.failure = c.unclosed(opened, false)
		}
	}
}

// afterQuote wants the end of the cell behind the closing quote.
func (s *csvScanner) afterQuote(opened int64) {
	c, b := s.c, s.peek()
	carriage := b == '\r' && c.newline == '\n'
	if carriage {
		s.take(1)
		b = s.peek()
	}
	if b != c.newline && (carriage || b != c.delimiter) {
		s.fail("text after a quote", fmt.Sprintf(
			"text follows the closing quote of the cell that opens in line %d; write a quote that belongs to the text twice", opened))
	}
}

// take uses up n bytes of the record's text.
func (s *csvScanner) take(n int) []byte {
	text := s.c.take(n)
	s.raw = append(s.raw, text[:min(n, maxRaw+1-len(s.raw))]...)
	return text
}

// keep takes n bytes as part of the cell. Those of cells that are of no use
// are only counted.
func (s *csvScanner) keep(n int) {
	text := s.take(n)
	s.size += n
	s.total += n
	switch {
	case !s.kept():
	case s.size > s.c.limits.cell+1: // of which a carriage return may be taken off
		s.fail("cell too large", tooLarge("the cell", s.c.limits.cell))
	case s.total > s.c.limits.row+1:
		s.fail("row too large", tooLarge("the row", s.c.limits.row))
	default:
		s.cells = append(s.cells, text...)
	}
}

// kept tells whether the present cell is of use.
func (s *csvScanner) kept() bool { return s.err == nil && s.count <= s.c.width }

// endCell ends a cell, behind whose text stands a carriage return of the line
// end or not.
func (s *csvScanner) endCell(quoted, carriage bool) {
	if carriage {
		s.size--
	}
	if s.kept() {
		s.cells = s.cells[:s.start+s.size]
		s.checkCell(quoted)
		s.ends = append(s.ends, len(s.cells))
	}
	s.blank = s.blank && s.size == 0
	s.count++
}

// checkCell finds what is wrong with the cell.
func (s *csvScanner) checkCell(quoted bool) {
	cell, newline := s.cells[s.start:], s.c.newline
	if !quoted {
		switch {
		case bytes.IndexByte(cell, '"') >= 0:
			s.fail("stray quote", "a quote stands inside a cell that does not begin with one; put the whole cell in quotes and write the inner quote twice")
		case newline == '\n' && bytes.IndexByte(cell, '\r') >= 0:
			s.fail("stray carriage return", "a carriage return stands alone inside a cell; put the whole cell in quotes, or repair the line ends")
		case newline == '\r' && bytes.IndexByte(cell, '\n') >= 0:
			s.mixed = true
		}
	}
	switch {
	case bytes.IndexByte(cell, 0) >= 0:
		s.fail("NUL", "the cell holds a NUL character; remove it")
	case s.size > s.c.limits.cell:
		s.fail("cell too large", tooLarge("the cell", s.c.limits.cell))
	}
}

// fail notes the first thing that is wrong with the record.
func (s *csvScanner) fail(kind, reason string) {
	if s.err == nil {
		s.err = &RowError{Line: s.c.lineNumber + s.lines, Kind: kind, Reason: reason, cell: s.count}
	}
}

func tooLarge(what string, limit int) string {
	return fmt.Sprintf("%s is larger than %d MiB", what, limit>>20)
}
