package csvmap

import (
	"bytes"
	"fmt"
	"strings"
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

// span is a cell's text, relative to the start of its record.
type span struct {
	from, to int
	escaped  bool // holds doubled quotes
}

// csvScanner reads the records that have quotes, or something wrong. It takes
// the text piece by piece, so that a record may be longer than the buffer.
type csvScanner struct {
	c     *csvReader
	state scanState
	pos   int // relative to the start of the record, as all that follows
	spans []span
	cell  span
	lines int64 // line ends inside the cells so far
	ended int   // cells so far

	opened   int64 // line of the last opening quote
	inQuotes int   // bytes since it
	err      *splitError
	mixed    bool   // a line feed in a file of lone carriage returns
	head     string // start of a record that is not kept
	text     []byte // backs the cells with doubled quotes
}

// scan reads the record at the reader's position into c.rec.
func (s *csvScanner) scan(c *csvReader) error {
	*s = csvScanner{c: c, spans: s.spans[:0], text: s.text[:0]}
	for s.state != done {
		if c.r+s.pos == c.w {
			more, err := c.fill()
			if err != nil {
				return err
			}
			if !more {
				if s.state == quoted {
					return c.unclosed(s.opened, false)
				}
				s.end(c.buf[c.r:c.w])
				break
			}
		}
		if err := s.step(c.buf[c.r:c.w]); err != nil {
			return err
		}
		if s.pos > 2*maxRow*c.factor {
			s.discard()
		}
	}
	if s.mixed {
		return &InputError{Line: c.lineNumber, Msg: "line ends are mixed: the header ends with a lone carriage return, this line with a line feed",
			Hints: []string{"give all lines the same end, for example with: tr '\\r' '\\n'"}}
	}
	s.finish()
	return nil
}

// step reads on in text up to the next change of state or the end of text.
func (s *csvScanner) step(text []byte) error {
	switch s.state {
	case atStart:
		s.cell, s.state = span{from: s.pos}, unquoted
		if text[s.pos] == '"' {
			s.pos++
			s.cell.from, s.state = s.pos, quoted
			s.opened, s.inQuotes = s.c.lineNumber+s.lines, 0
		}
	case unquoted:
		for ; s.pos < len(text); s.pos++ {
			if b := text[s.pos]; b == s.c.delimiter || b == s.c.newline {
				s.leave(text, b)
				return nil
			}
		}
	case quoted:
		return s.readQuoted(text)
	case atQuote, atReturn:
		s.afterQuote(text)
	}
	return nil
}

// readQuoted reads up to the next quote.
func (s *csvScanner) readQuoted(text []byte) error {
	n := bytes.IndexByte(text[s.pos:], '"')
	if n >= 0 {
		s.state = atQuote
	} else {
		n = len(text) - s.pos
	}
	s.lines += int64(bytes.Count(text[s.pos:s.pos+n], []byte{s.c.newline}))
	s.pos += n
	s.inQuotes += n
	if s.inQuotes > maxRow*s.c.factor {
		return s.c.unclosed(s.opened, true)
	}
	if s.state == atQuote {
		s.cell.to = s.pos
		s.pos++
	}
	return nil
}

// afterQuote decides what a quote inside quotes was.
func (s *csvScanner) afterQuote(text []byte) {
	b := text[s.pos]
	switch {
	case b == '"' && s.state == atQuote:
		s.cell.escaped, s.state = true, quoted
		s.inQuotes++
		s.pos++
	case b == s.c.newline || b == s.c.delimiter && s.state == atQuote:
		s.endCell()
		s.pass(b)
	case b == '\r' && s.state == atQuote && s.c.newline == '\n':
		s.state = atReturn
		s.pos++
	default:
		s.fail("text after a quote", fmt.Sprintf(
			"text follows the closing quote of the cell that opens in line %d; write a quote that belongs to the text twice", s.opened))
		s.state = unquoted
	}
}

// leave ends an unquoted cell before the delimiter or newline b.
func (s *csvScanner) leave(text []byte, b byte) {
	s.cell.to = s.pos
	if b == s.c.newline && b == '\n' && s.pos > s.cell.from && text[s.pos-1] == '\r' {
		s.cell.to--
	}
	cell := text[min(s.cell.from, s.cell.to):s.cell.to]
	switch {
	case s.err != nil:
	case bytes.IndexByte(cell, '"') >= 0:
		s.fail("stray quote", "a quote stands inside a cell that does not begin with one; put the whole cell in quotes and write the inner quote twice")
	case s.c.newline == '\n' && bytes.IndexByte(cell, '\r') >= 0:
		s.fail("stray carriage return", "a carriage return stands alone inside a cell; put the whole cell in quotes, or repair the line ends")
	case s.c.newline == '\r' && bytes.IndexByte(cell, '\n') >= 0:
		s.mixed = true
	}
	s.endCell()
	s.pass(b)
}

// pass goes over the delimiter or newline behind a cell.
func (s *csvScanner) pass(b byte) {
	if b == s.c.newline {
		s.state = done
		return
	}
	s.pos++
	s.state = atStart
}

// end ends the record at the end of the text.
func (s *csvScanner) end(text []byte) {
	switch s.state {
	case atStart:
		s.cell = span{from: s.pos, to: s.pos}
		s.endCell()
	case unquoted:
		s.leave(text, s.c.newline)
	default:
		s.endCell()
	}
	s.state = done
}

func (s *csvScanner) endCell() {
	s.ended++
	s.spans = append(s.spans, s.cell)
}

// fail notes the first thing that is wrong with the record.
func (s *csvScanner) fail(kind, reason string) {
	if s.err == nil {
		s.err = &splitError{kind: kind, reason: reason, cell: s.ended, line: s.c.lineNumber + s.lines}
	}
}

// discard forgets what has been read of a record that is too large to keep.
func (s *csvScanner) discard() {
	if s.head == "" {
		s.head = string(s.c.buf[s.c.r:][:maxRaw+1])
	}
	s.fail("row too large", tooLarge("the row", maxRow*s.c.factor))
	s.c.r += s.pos
	s.pos, s.spans, s.cell = 0, s.spans[:0], span{}
}

// finish fills c.rec and moves the reader behind the record.
func (s *csvScanner) finish() {
	c, rec := s.c, &s.c.rec
	rec.raw = view(c.buf[c.r:][:s.pos])
	rec.err = s.err
	for _, span := range s.spans {
		cell := rec.raw[min(span.from, span.to):span.to]
		if span.escaped {
			cell = s.unescape(cell)
		}
		rec.cells = append(rec.cells, cell)
	}
	if s.head != "" {
		rec.raw, rec.cells = s.head, rec.cells[:0]
	}
	c.checkRecord(rec)
	c.r = min(c.r+s.pos+1, c.w)
	c.lineNumber += s.lines + 1
}

// unescape undoes the doubling of quotes.
func (s *csvScanner) unescape(cell string) string {
	mark := len(s.text)
	for {
		i := strings.Index(cell, `""`)
		if i < 0 {
			break
		}
		s.text = append(s.text, cell[:i+1]...)
		cell = cell[i+2:]
	}
	s.text = append(s.text, cell...)
	return view(s.text[mark:])
}

// checkRecord finds what no cell may hold.
func (c *csvReader) checkRecord(rec *csvRecord) {
	if rec.err != nil {
		return
	}
	line, total := rec.line, 0
	for i, cell := range rec.cells {
		fail := func(kind, reason string) {
			rec.err = &splitError{kind: kind, reason: reason, cell: i, line: line}
		}
		total += len(cell)
		switch {
		case strings.IndexByte(cell, 0) >= 0:
			fail("NUL", "the cell holds a NUL character; remove it")
		case len(cell) > maxCell*c.factor:
			fail("cell too large", tooLarge("the cell", maxCell*c.factor))
		case total > maxRow*c.factor:
			fail("row too large", tooLarge("the row", maxRow*c.factor))
		default:
			line += int64(strings.Count(cell, string(rune(c.newline))))
			continue
		}
		return
	}
}

func tooLarge(what string, limit int) string {
	return fmt.Sprintf("%s is larger than %d MiB", what, limit>>20)
}
