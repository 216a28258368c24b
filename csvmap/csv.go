package csvmap

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

const (
	maxCell = 1 << 20 // bytes of one cell
	maxRow  = 4 << 20 // bytes of one row
	// A results file may write a value longer than the input did (lists and
	// metadata as JSON); every valid row must stay valid in it.
	resultsFactor = 4
)

// record is one record of a CSV file. Its texts are valid until the next one
// is read.
type csvRecord struct {
	number int64 // as a spreadsheet shows it
	line   int64 // physical line on which it starts
	cells  []string
	raw    string // the record's text; of a row beyond the limit only a part
	err    *splitError
}

// splitError says why a record cannot be split into cells.
type splitError struct {
	kind   string
	reason string
	cell   int // index of the cell
	line   int64
}

// csvReader splits text into records as RFC 4180 has it, for any delimiter
// and line end, and without altering a byte. A line without quotes, nearly
// every one, is split in place; csvScanner does the others.
type csvReader struct {
	window
	delimiter byte
	newline   byte // '\n' (also for CRLF), or '\r' throughout
	factor    int  // of the limits

	number     int64 // of the record last read
	lineNumber int64 // of the record that comes next
	rec        csvRecord
	scanner    csvScanner
}

func newCSVReader(src io.Reader, delimiter, newline byte) *csvReader {
	return &csvReader{window: window{src: src, buf: make([]byte, readBuffer)}, delimiter: delimiter, newline: newline, factor: 1, lineNumber: 1}
}

// next reads the next record that is not blank. io.EOF: there is none.
// Other errors end the reading.
func (c *csvReader) next() (*csvRecord, error) {
	for {
		if err := c.read(); err != nil {
			return nil, err
		}
		if c.rec.err != nil || !isBlankRecord(c.rec.cells) {
			return &c.rec, nil
		}
	}
}

// skipLine goes over a line that is no record.
func (c *csvReader) skipLine() error {
	end, err := c.window.line(c.newline, maxRow)
	if err != nil {
		return err
	}
	c.r = min(c.r+end+1, c.w)
	c.lineNumber++
	return nil
}

func isBlankRecord(cells []string) bool {
	for _, cell := range cells {
		if cell != "" {
			return false
		}
	}
	return true
}

// read reads the next record into c.rec.
func (c *csvReader) read() error {
	end, err := c.window.line(c.newline, maxRow*c.factor)
	if err != nil {
		return err
	}
	c.number++
	c.rec = csvRecord{number: c.number, line: c.lineNumber, cells: c.rec.cells[:0]}
	if end < 0 || end > maxCell || !c.split(c.buf[c.r:c.r+end]) {
		return c.scanner.scan(c)
	}
	c.r = min(c.r+end+1, c.w)
	c.lineNumber++
	return nil
}

// split splits a line in place. It is false for what the scanner must do.
func (c *csvReader) split(line []byte) bool {
	if c.newline == '\n' && len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, 0) >= 0 || bytes.IndexByte(line, '\n'+'\r'-c.newline) >= 0 {
		return false
	}
	rest := view(line)
	c.rec.raw = rest
	for {
		i := strings.IndexByte(rest, c.delimiter)
		if i < 0 {
			c.rec.cells = append(c.rec.cells, rest)
			return true
		}
		c.rec.cells = append(c.rec.cells, rest[:i])
		rest = rest[i+1:]
	}
}

// unclosed is the error of a quote without an end.
func (c *csvReader) unclosed(line int64, limit bool) error {
	if limit {
		return &InputError{Line: line, Msg: fmt.Sprintf("the quoted cell that begins here does not end within %d MiB", maxRow*c.factor>>20),
			Hints: []string{"close the quote, or write a quote that belongs to the text twice"}}
	}
	return &InputError{Line: line, Msg: "the quote that opens here is never closed",
		Hints: []string{"close the quote, or write a quote that belongs to the text twice"}}
}
