package results

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// Old is a record read back: not copied and not decoded, so that it is valid
// until the next record is read.
type Old struct {
	Row     int64
	Outcome record.Outcome
	Tail    []byte // the row's own columns as in the file, each with a comma before it
	Raw     []byte // the whole record with its line feed

	head [record.NumHead][]byte
}

// Cell is one of our columns, decoded: record.ColOutcome and the following.
func (o *Old) Cell(column int) string { return decode(string(o.head[column])) }

// Head is all of our columns, decoded.
func (o *Old) Head() (head record.Head) {
	for i := range head {
		head[i] = o.Cell(i)
	}
	return head
}

// Sum is as in record.Head.
func (o *Old) Sum() (record.Sum, bool) { return record.ParseSum(string(o.head[record.ColSum])) }

// Own is the record's cell in one of the row's own columns, decoded: column is
// its place in Reader.Columns. It is "" for a column below 0.
func (o *Old) Own(column int) string {
	if column < 0 {
		return ""
	}
	for cell := range split(o.Tail[1:], ',') {
		if column--; column < 0 {
			return decode(string(cell))
		}
	}
	return ""
}

// parse splits a whole record. The error says what is wrong with it.
func (o *Old) parse(rec []byte, columns int) error {
	o.Raw = rec
	text, n, end := rec[:len(rec)-1], 0, -1
	for cell, err := range split(text, ',') {
		if err != nil {
			return err
		}
		if end += 1 + len(cell); n < record.NumHead {
			o.head[n], o.Tail = cell, text[end:]
		}
		n++
	}
	if n != record.NumHead+columns {
		return fmt.Errorf("%d cells instead of %d", n, record.NumHead+columns)
	}
	var ok bool
	if o.Outcome, ok = record.ParseOutcome(string(o.head[record.ColOutcome])); !ok {
		return fmt.Errorf("_outcome is %s", words.Quote(string(o.head[record.ColOutcome])))
	}
	if o.Row, ok = record.ParseRow(string(o.head[record.ColRow])); !ok {
		return fmt.Errorf("_row is %s", words.Quote(string(o.head[record.ColRow])))
	}
	return nil
}

// parseStart reads no more of a record than its outcome and its row, for one
// that is known to be whole.
func (o *Old) parseStart(rec []byte) error {
	outcome, rest, _ := bytes.Cut(rec, comma)
	row, _, _ := bytes.Cut(rest, comma)
	var isOutcome, isRow bool
	o.Outcome, isOutcome = record.ParseOutcome(string(outcome))
	o.Row, isRow = record.ParseRow(string(row))
	if !isOutcome || !isRow || rec[len(rec)-1] != '\n' || bytes.Count(rec, quote)%2 != 0 {
		return errors.New("a damaged record")
	}
	return nil
}

var comma, quote = []byte{','}, []byte{'"'}

var errOpenQuote = errors.New("a quote that is not closed")

// split yields the cells of a record without its line feed, not decoded. The
// first error ends it.
func split(rec []byte, delimiter byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			length, err := cellLength(rec, delimiter)
			if !yield(rec[:length], err) || err != nil || length == len(rec) {
				return
			}
			rec = rec[length+1:]
		}
	}
}

// cellLength is how many bytes the first cell of b has, its quotes included;
// all of them beside errOpenQuote.
func cellLength(b []byte, delimiter byte) (int, error) {
	if len(b) == 0 || b[0] != '"' {
		for i, ch := range b {
			switch ch {
			case delimiter:
				return i, nil
			case '"', '\r', '\n':
				return 0, fmt.Errorf("%q in a cell without quotes", ch)
			}
		}
		return len(b), nil
	}
	for i := 1; ; i += 2 {
		next := bytes.IndexByte(b[i:], '"')
		if next < 0 {
			return len(b), errOpenQuote
		}
		i += next
		switch {
		case i+1 == len(b) || b[i+1] == delimiter:
			return i + 1, nil
		case b[i+1] != '"':
			return 0, fmt.Errorf("%q after a closing quote", b[i+1])
		}
	}
}

func decode(cell string) string {
	if cell == "" || cell[0] != '"' {
		return cell
	}
	return strings.ReplaceAll(cell[1:len(cell)-1], `""`, `"`)
}

// parseHeader returns the row's own columns, or what is wrong with the header.
func parseHeader(line []byte) (columns []string, problem string) {
	if !bytes.HasPrefix(line, []byte(headLine)) || !strings.ContainsRune(",\n", rune(line[len(headLine)])) {
		return nil, headerProblem(line)
	}
	if own := line[len(headLine) : len(line)-1]; len(own) > 0 {
		for cell, err := range split(own[1:], ',') {
			if err != nil {
				return nil, headerProblem(line)
			}
			columns = append(columns, decode(string(cell)))
		}
	}
	if !bytes.Equal(Header(columns), line) {
		return nil, headerProblem(line)
	}
	return columns, ""
}

// headerProblem says what kind of file starts with this line.
func headerProblem(line []byte) string {
	saved := "; was it saved by a spreadsheet or an editor?"
	switch {
	case bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
		return "it starts with a byte order mark" + saved
	case bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
		return "it is UTF-16" + saved
	case bytes.HasSuffix(line, []byte("\r\n")), bytes.IndexByte(line, '\r') >= 0:
		return "its lines end in CR LF" + saved
	case bytes.HasPrefix(line, []byte("_outcome;")), bytes.HasPrefix(line, []byte("_outcome\t")), bytes.HasPrefix(line, []byte("_outcome|")):
		return fmt.Sprintf("its cells are separated by %q", line[len("_outcome")]) + saved
	case bytes.HasPrefix(line, []byte(`"_outcome"`)), bytes.HasPrefix(line, []byte(headLine)):
		return "its header is quoted in another way" + saved
	}
	return fmt.Sprintf("it is not a results file of taskbatch: its header is %s, not %s,...", words.Quote(string(bytes.TrimSuffix(line, []byte("\n")))), headLine)
}
