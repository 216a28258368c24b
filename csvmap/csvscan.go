package csvmap

import (
	"bytes"
	"fmt"
	"slices"
)

// scanState is where in a record the scanner stands.
type scanState uint8

const (
	atStart  scanState = iota // of a cell
	unquoted                  // inside a cell without quotes
	quoted                    // inside quotes
	atQuote                   // behind a quote inside quotes
	atReturn                  // behind the carriage return after a quoted cell
	done
)

// csvScanner reads the records that have quotes, or something wrong. It takes
// the text piece by piece and keeps no more of it than the record's cells, so
// that a record may be longer than the window.
type csvScanner struct {
	c     *csvReader
	state scanState
	cells []byte // the texts of the cells, one behind the other
	ends  []int  // where they end
	ended int    // cells so far, also those that are not kept
	lines int64  // line ends inside the cells so far
	first []byte // the window in which the record begins
	raw   []byte // start of the record's text, if it goes beyond that window
	blank bool   // all cells so far are empty

	start    int   // of the cell, in cells
	size     int   // of the cell, also if it is not kept
	last     byte  // of the cell
	total    int   // bytes of all cells
	opened   int64 // line of the last opening quote
	inQuotes bool  // the cell began with a quote
	err      *splitError
	mixed    bool // a line feed in a file of lone carriage returns
}

// scan reads the record at the reader's position into c.rec.
func (s *csvScanner) scan(c *csvReader) (blank bool, err error) {
	*s = csvScanner{c: c, cells: s.cells[:0], ends: s.ends[:0], raw: s.raw[:0], first: c.text, blank: true}
	for s.state != done {
		more := true
		if len(c.text) == 0 {
			s.raw = append(s.raw, s.first[:min(len(s.first), maxRaw+1)]...)
			s.first = nil
			if s.state == unquoted && s.err != nil && len(s.raw) > maxRaw && c.tap == nil {
				err = c.skip(string(rune(c.delimiter)) + string(rune(c.newline)))
				more = len(c.text) > 0
			} else {
				s.cells = slices.Grow(s.cells, max(0, c.limits.row+1-len(s.cells))) // once for all long records
				more, err = c.more()
			}
		}
		switch {
		case err != nil:
		case more:
			err = s.step()
		case s.state == quoted:
			err = c.unclosed(s.opened, false)
		default:
			s.endCell(c.newline)
		}
		if err != nil {
			return false, err
		}
	}
	if s.mixed {
		return false, &InputError{Line: c.lineNumber, Msg: "line ends are mixed: the header ends with a lone carriage return, this line with a line feed",
			Hints: []string{"give all lines the same end, for example with: tr '\\r' '\\n'"}}
	}
	s.finish()
	return s.blank && s.err == nil, nil
}

// step reads on up to the next change of state or the end of the window.
func (s *csvScanner) step() error {
	c := s.c
	switch s.state {
	case atStart:
		s.start, s.size, s.inQuotes, s.state = len(s.cells), 0, false, unquoted
		if c.text[0] == '"' {
			s.opened, s.inQuotes, s.state = c.lineNumber+s.lines, true, quoted
			s.take(1)
		}
	case unquoted:
		n := 0
		for n < len(c.text) && c.text[n] != c.delimiter && c.text[n] != c.newline {
			n++
		}
		if s.keep(n); len(c.text) > 0 {
			s.pass(c.text[0])
		}
	case quoted:
		return s.readQuoted()
	case atQuote, atReturn:
		s.afterQuote(c.text[0])
	}
	return nil
}

// readQuoted reads up to the next quote.
func (s *csvScanner) readQuoted() error {
	n := bytes.IndexByte(s.c.text, '"')
	closed := n >= 0
	if !closed {
		n = len(s.c.text)
	}
	s.lines += int64(bytes.Count(s.c.text[:n], []byte{s.c.newline}))
	s.keep(n)
	if s.size > s.c.limits.row {
		return s.c.unclosed(s.opened, true)
	}
	if closed {
		s.state = atQuote
		s.take(1)
	}
	return nil
}

// afterQuote decides what a quote inside quotes was, by what follows it.
func (s *csvScanner) afterQuote(b byte) {
	switch {
	case b == '"' && s.state == atQuote:
		s.state = quoted
		s.keep(1)
	case b == s.c.newline || b == s.c.delimiter && s.state == atQuote:
		s.pass(b)
	case b == '\r' && s.state == atQuote && s.c.newline == '\n':
		s.state = atReturn
		s.take(1)
	default:
		s.fail("text after a quote", fmt.Sprintf(
			"text follows the closing quote of the cell that opens in line %d; write a quote that belongs to the text twice", s.opened))
		s.state = unquoted
	}
}

// take uses up n bytes of the record's text.
func (s *csvScanner) take(n int) []byte {
	text := s.c.take(n)
	if s.first == nil {
		s.raw = append(s.raw, text[:min(n, maxRaw+1-len(s.raw))]...)
	}
	return text
}

// keep takes n bytes as part of the cell. Those of cells that are of no use
// are only counted.
func (s *csvScanner) keep(n int) {
	text := s.take(n)
	s.size += n
	s.total += n
	if n > 0 {
		s.last = text[n-1]
	}
	switch {
	case s.err != nil || s.ended > s.c.width:
	case s.size > s.c.limits.cell+1: // of which a carriage return may be taken off
		s.fail("cell too large", tooLarge("the cell", s.c.limits.cell))
	case s.total > s.c.limits.row+1:
		s.fail("row too large", tooLarge("the row", s.c.limits.row))
	default:
		s.cells = append(s.cells, text...)
	}
}

// pass goes over the delimiter or newline behind a cell.
func (s *csvScanner) pass(b byte) {
	s.endCell(b)
	s.take(1)
}

// endCell ends the cell before the delimiter or newline b.
func (s *csvScanner) endCell(b byte) {
	if s.state == atStart {
		s.start, s.size, s.inQuotes = len(s.cells), 0, false
	}
	kept := s.err == nil && s.ended <= s.c.width
	if !s.inQuotes && b == '\n' && s.size > 0 && s.last == '\r' {
		s.size--
		if kept {
			s.cells = s.cells[:len(s.cells)-1]
		}
	}
	if kept {
		s.checkCell()
		s.ends = append(s.ends, len(s.cells))
	}
	s.blank = s.blank && s.size == 0
	s.ended++
	s.state = atStart
	if b == s.c.newline {
		s.state = done
	}
}

// checkCell finds what is wrong with the cell.
func (s *csvScanner) checkCell() {
	cell, newline := s.cells[s.start:], s.c.newline
	if !s.inQuotes {
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
		s.err = &splitError{kind: kind, reason: reason, cell: s.ended, line: s.c.lineNumber + s.lines}
	}
}

// finish fills c.rec with the cells up to the one with an error.
func (s *csvScanner) finish() {
	c := s.c
	start := 0
	for _, end := range s.ends {
		c.rec.cells = append(c.rec.cells, s.cells[start:end])
		start = end
	}
	raw := s.raw
	if s.first != nil {
		raw = s.first[:len(s.first)-len(c.text)]
	}
	c.rec.raw, c.rec.err, c.rec.count = bytes.TrimRight(raw, "\r\n"), s.err, s.ended
	c.lineNumber += s.lines + 1
}

func tooLarge(what string, limit int) string {
	return fmt.Sprintf("%s is larger than %d MiB", what, limit>>20)
}
