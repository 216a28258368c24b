package csvmap

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// limits are the most bytes of a cell and of a row.
type limits struct{ cell, row int }

var (
	inputLimits = limits{cell: 1 << 20, row: 4 << 20}
	// A results file may write a value longer than the input did (lists as
	// JSON, many keys in one metadata cell); every row stays valid in it.
	resultsLimits = limits{cell: 8 << 20, row: 8 << 20}
)

// plainLine is the longest line that is split in place. The window never grows
// for a longer one.
const plainLine = windowSize / 2

// maxColumns is the most columns that a header can have.
const maxColumns = 100_000

// entry is one row as the file holds it, a CSV record or a JSONL line, valid
// until the next one is read.
type entry struct {
	number int64  // as a spreadsheet shows it; of JSONL the line
	line   int64  // physical line on which it starts
	raw    []byte // its text; of a long one the start, more than goes into _raw
	cells  [][]byte
	count  int       // of the cells, also of those that are not kept
	err    *RowError // why it cannot be split into cells
}

// csvReader splits text into records as RFC 4180 has it, for any delimiter
// and line end, and without altering a byte. A record on one line whose quotes
// are around whole cells, nearly every one, is split in place; csvScanner does
// the others.
type csvReader struct {
	window
	delimiter byte
	newline   byte // '\n' (also for CRLF), or '\r' throughout
	limits    limits
	width     int // cells beyond it are counted, and only the first one is kept

	number     int64 // of the record last read
	lineNumber int64 // of the record that comes next
	hasQuotes  bool  // somewhere in the window
	odd        bool  // something in the window needs the scanner
	rec        entry
	scanner    csvScanner
}

func newCSVReader(src io.Reader, delimiter, newline byte) *csvReader {
	return &csvReader{window: window{src: src, buf: make([]byte, windowSize)}, delimiter: delimiter, newline: newline,
		limits: inputLimits, width: maxColumns, lineNumber: 1}
}

// next reads the next record that is not blank. io.EOF: there is none.
// Other errors end the reading.
func (c *csvReader) next() (*entry, error) {
	for {
		if c.tap != nil {
			c.tap.begin(c.lineNumber)
		}
		blank, err := c.read()
		if err != nil {
			return nil, err
		}
		if !blank {
			return &c.rec, nil
		}
	}
}

// skipLine goes over a line that is no record.
func (c *csvReader) skipLine() error {
	end, err := c.line(c.newline, plainLine)
	if err == nil {
		c.lineNumber++
		c.take(min(end+1, len(c.text)))
	}
	return err
}

// read reads the next record into c.rec. blank tells that all its cells are
// empty.
func (c *csvReader) read() (blank bool, err error) {
	end, err := c.line(c.newline, plainLine)
	if err != nil {
		return false, err
	}
	c.number++
	c.rec = entry{number: c.number, line: c.lineNumber, cells: c.rec.cells[:0]}
	if end >= 0 {
		line := c.text[:end]
		if c.newline == '\n' {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		if hasQuotes, odd := c.look(line); !odd {
			if blank, whole := c.split(line, hasQuotes); whole {
				c.take(min(end+1, len(c.text)))
				c.lineNumber++
				return blank, nil
			}
		}
	}
	return c.scanner.scan(c)
}

// look tells whether the line holds quotes, and whether it holds what only the
// scanner knows. The whole window is looked through at once.
func (c *csvReader) look(line []byte) (hasQuotes, odd bool) {
	const nul = 0
	other := '\n' + '\r' - c.newline
	isOdd := func(s []byte) bool { return bytes.IndexByte(s, other) >= 0 || bytes.IndexByte(s, nul) >= 0 }
	if c.fresh {
		c.fresh, c.hasQuotes, c.odd = false, bytes.IndexByte(c.text, '"') >= 0, isOdd(c.text)
	}
	return c.hasQuotes && bytes.IndexByte(line, '"') >= 0, c.odd && isOdd(line)
}

// split splits a line whose quotes, if it has any, are around whole cells and
// nowhere else; whole is false if they are not. blank tells that all its cells
// are empty.
func (c *csvReader) split(line []byte, hasQuotes bool) (blank, whole bool) {
	rec := &c.rec
	rec.raw, blank = line, true
	for more := true; more; rec.count++ {
		var cell []byte
		if hasQuotes && len(line) > 0 && line[0] == '"' {
			end := bytes.IndexByte(line[1:], '"') + 1
			if end == 0 || end+1 < len(line) && line[end+1] != c.delimiter {
				return false, false
			}
			cell, line = line[1:end], line[end+1:]
			if more = len(line) > 0; more {
				line = line[1:]
			}
		} else {
			end := bytes.IndexByte(line, c.delimiter)
			if more = end >= 0; more {
				cell, line = line[:end], line[end+1:]
			} else {
				cell = line
			}
			if hasQuotes && bytes.IndexByte(cell, '"') >= 0 {
				return false, false
			}
		}
		blank = blank && len(cell) == 0
		if len(rec.cells) > c.width {
			continue
		}
		if len(rec.cells) == cap(rec.cells) { // once for a record of many cells
			rec.cells = slices.Grow(rec.cells, 1+min(bytes.Count(line, []byte{c.delimiter}), c.width))
		}
		rec.cells = append(rec.cells, cell)
	}
	return blank, true
}

// unclosed is the error of a quote without an end.
func (c *csvReader) unclosed(line int64, limit bool) error {
	e := &InputError{Line: line, Msg: "the quote that opens here is never closed",
		Hints: []string{"close the quote, or write a quote that belongs to the text twice"}}
	if limit {
		e.Msg = fmt.Sprintf("the quoted cell that begins here does not end within %d MiB", c.limits.row>>20)
	}
	return e
}

// texts are the record's cells as texts that stay.
func (rec *entry) texts() []string {
	all, texts := string(bytes.Join(rec.cells, nil)), make([]string, len(rec.cells))
	for i, cell := range rec.cells {
		texts[i], all = all[:len(cell)], all[len(cell):]
	}
	return texts
}

const windowSize = 256 << 10 // bytes of text in memory at once

// window is the piece of a text that is in memory. What is cut out of it is
// valid until more of the text is read.
type window struct {
	src   io.Reader
	buf   []byte
	text  []byte // what is not used yet, in buf
	fresh bool   // the text has been read on
	eof   bool
	tap   *recordCopy // gets all that is used, unless it is nil
}

// full is the length from which on nothing is read: a source of text needs room
// for a whole character.
func (w *window) full() int { return len(w.buf) - utf8.UTFMax + 1 }

// more reads on until the window is full; false if nothing follows. A window
// full of text that is not used yet grows.
func (w *window) more() (bool, error) {
	if len(w.text) >= w.full() {
		w.buf = make([]byte, 2*len(w.buf))
	}
	used := copy(w.buf, w.text)
	w.text = w.buf[:used]
	for len(w.text) < w.full() && !w.eof {
		n, err := w.src.Read(w.buf[len(w.text):])
		w.text = w.buf[:len(w.text)+n]
		w.eof = err == io.EOF
		if err != nil && !w.eof {
			return false, err
		}
	}
	w.fresh = true
	return len(w.text) > used, nil
}

// line finds the end of the line that the text begins with, and reads on if
// need be: its length without the newline, or -1 if it is longer than limit.
// io.EOF: there is no line.
func (w *window) line(newline byte, limit int) (int, error) {
	for {
		end := bytes.IndexByte(w.text, newline)
		if end > limit || end < 0 && len(w.text) > limit {
			return -1, nil
		}
		if end >= 0 {
			return end, nil
		}
		more, err := w.more()
		switch {
		case err != nil:
			return 0, err
		case !more && len(w.text) == 0:
			return 0, io.EOF
		case !more:
			return len(w.text), nil
		}
	}
}

// take uses up n bytes of the text.
func (w *window) take(n int) []byte {
	used := w.text[:n]
	w.text = w.text[n:]
	if w.tap != nil {
		w.tap.write(used)
	}
	return used
}
