package csvmap

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/rowindex"
	"taskbatch/csvmap/words"
)

// prepareResults reads a results file for the first time: it checks the
// columns _row and _outcome of every record, and sorts the records if a person
// has put them in another order.
func (in *Input) prepareResults(ctx context.Context) error {
	rows := lineList{what: "no row number in _row", hint: "restore the numbers; without them nobody knows which row of the input this is"}
	outcomes := lineList{what: "no outcome in _outcome", hint: fmt.Sprintf("the outcomes are %s", strings.Join(record.OutcomeNames(), ", "))}
	damaged := lineList{what: "a finished row has too few or too many cells, or bad quotes", hint: "restore the line, or delete it"}
	ordered, last := true, int64(0)
	b, told := newBuilder(in.layout), false
	in.layout.results.edited, in.layout.results.misread = nil, 0
	for rec, err := range in.entries(ctx, nil) {
		if err != nil {
			return err
		}
		if rec.isMerged(in.layout.width, in.dialect.delimiter) {
			return in.named(mergedCells(rec.line))
		}
		head := in.layout.results.head
		number, ok := record.ParseRow(string(cellAt(rec, head[record.ColRow])))
		outcome, known := record.ParseOutcome(string(cellAt(rec, head[record.ColOutcome])))
		switch {
		case !ok:
			rows.add(rec.line, words.Quote(string(cellAt(rec, head[record.ColRow]))))
		case !known:
			outcomes.add(rec.line, words.Quote(string(cellAt(rec, head[record.ColOutcome]))))
		case outcome.Finished() && (rec.err != nil || rec.count != in.layout.width):
			damaged.add(rec.line, "")
		}
		ordered = ordered && number > last
		last = number
		if !told {
			var asItStands bool
			asItStands, told = b.fileTells(rec)
			in.layout.results.asItStands = told && asItStands
		}
	}
	for _, list := range []*lineList{&rows, &outcomes, &damaged} {
		if err := list.err(); err != nil {
			return in.named(err)
		}
	}
	if ordered || in.sorted != nil {
		return nil
	}
	return in.sort(ctx)
}

// sortedRecords are copies of the records of a results file, each behind its
// line, and where they stand by their row numbers.
type sortedRecords struct {
	text  *rowindex.Temp
	index *rowindex.Index
}

func (s *sortedRecords) close() error { return errors.Join(s.index.Close(), s.text.Close()) }

// recordCopy writes records, each behind its line, and knows where the last
// one stands.
type recordCopy struct {
	w  *bufio.Writer // keeps its first error
	at rowindex.Place
}

func (c *recordCopy) begin(line int64) {
	c.at = rowindex.Place{Offset: c.at.Offset + c.at.Length}
	c.write(binary.AppendUvarint(nil, uint64(line)))
}

func (c *recordCopy) write(text []byte) {
	n, _ := c.w.Write(text)
	c.at.Length += int64(n)
}

// sort copies the records and refuses doubled ones.
func (in *Input) sort(ctx context.Context) error {
	text, err := rowindex.TempFile(in.rules.tempDir)
	if err != nil {
		return err
	}
	in.sorted = &sortedRecords{text, rowindex.New(in.rules.tempDir)}
	doubled := lineList{what: "the same number in _row twice", hint: "keep one of the lines, with the values that are to be sent"}
	out := &recordCopy{w: bufio.NewWriterSize(text, blockSize)}
	for rec, err := range in.entries(ctx, out) {
		if err != nil {
			return err
		}
		number, _ := record.ParseRow(string(cellAt(rec, in.layout.results.head[record.ColRow]))) // checked before
		before, err := in.sorted.index.Add(number, out.at)
		if err == nil && before.Length > 0 {
			if err = out.w.Flush(); err == nil {
				line, _ := binary.ReadUvarint(bufio.NewReaderSize(io.NewSectionReader(text, before.Offset, before.Length), 16))
				doubled.add(rec.line, fmt.Sprintf("(row %d, also in line %d)", number, line))
			}
		}
		if err != nil {
			return err
		}
	}
	if err := out.w.Flush(); err != nil {
		return err
	}
	return in.named(doubled.err())
}

// inRowOrder yields the records of a results file in row order.
func (in *Input) inRowOrder(ctx context.Context) iter.Seq2[*entry, error] {
	if in.sorted == nil {
		return in.entries(ctx, nil)
	}
	return func(yield func(*entry, error) bool) {
		if err := in.source.verify(ctx); err != nil {
			yield(nil, err)
			return
		}
		c := in.csvReader(nil)
		rows := in.sorted.index.Rows(in.sorted.text)
		for {
			packed, err := rows.Next()
			if err == io.EOF {
				return
			}
			var rec *entry
			if err = errors.Join(err, ctx.Err()); err == nil {
				line, n := binary.Uvarint(packed)
				c.reset(packed[n:], int64(line))
				rec, err = c.next()
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// reset makes the reader read the one record that text is.
func (c *csvReader) reset(text []byte, line int64) {
	c.window = window{src: bytes.NewReader(text), buf: c.buf}
	c.number, c.lineNumber = 0, line
}

// lineList collects lines of a file that have the same thing wrong.
type lineList struct {
	what  string
	hint  string
	lines []string
	count int
}

const shownLines = 5

func (l *lineList) add(line int64, detail string) {
	l.count++
	if len(l.lines) < shownLines {
		l.lines = append(l.lines, strings.TrimSpace(fmt.Sprintf("%d %s", line, detail)))
	}
}

// err is nil if the list is empty.
func (l *lineList) err() error {
	if l.count == 0 {
		return nil
	}
	word, lines := "line", strings.Join(l.lines, ", ")
	if l.count > 1 {
		word = "lines"
	}
	if more := l.count - len(l.lines); more > 0 {
		lines += fmt.Sprintf(" and %d more", more)
	}
	return &InputError{Msg: fmt.Sprintf("%s: %s %s", l.what, word, lines), Hints: []string{l.hint}}
}
