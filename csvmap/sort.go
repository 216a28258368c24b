package csvmap

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"taskbatch/csvmap/order"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// sortMemory is the most memory that sorting a results file takes, in bytes.
const sortMemory = 16 << 20

// prepareResults reads a results file for the first time: it checks the
// columns _row and _outcome of every record, and sorts the records if a person
// has put them in another order.
func (in *Input) prepareResults(ctx context.Context) error {
	rows := lineList{what: "no row number in _row", hint: "restore the numbers; without them nobody knows which row of the input this is"}
	outcomes := lineList{what: "no outcome in _outcome", hint: fmt.Sprintf("the outcomes are %s", strings.Join(record.OutcomeNames(), ", "))}
	damaged := lineList{what: "a finished row has too few or too many cells, or bad quotes", hint: "restore the line, or delete it"}
	ordered, last := true, int64(0)
	for rec, err := range in.records(ctx) {
		if err != nil {
			return err
		}
		head := in.layout.results.head
		number, ok := record.ParseRow(cellAt(rec, head[record.ColRow]))
		outcome, known := record.ParseOutcome(cellAt(rec, head[record.ColOutcome]))
		switch {
		case !ok:
			rows.add(rec.line, words.Quote(cellAt(rec, head[record.ColRow])))
		case !known:
			outcomes.add(rec.line, words.Quote(cellAt(rec, head[record.ColOutcome])))
		case outcome.Finished() && (rec.err != nil || len(rec.cells) != in.layout.width):
			damaged.add(rec.line, "")
		}
		ordered = ordered && number > last
		last = number
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

// sort keeps the records, as lines of text, in the order of their numbers.
func (in *Input) sort(ctx context.Context) error {
	in.sorted = order.New(in.rules.tempDir, min(sortMemory, 8*blockSize*len(in.source.blocks)))
	in.sorted.KeepAll = true
	var packed []byte
	for rec, err := range in.records(ctx) {
		if err != nil {
			return err
		}
		number, _ := record.ParseRow(cellAt(rec, in.layout.results.head[record.ColRow])) // checked before
		packed = binary.AppendVarint(packed[:0], rec.line)
		packed = append(packed, rec.raw...)
		if err := in.sorted.Add(number, packed); err != nil {
			return err
		}
	}
	doubled := lineList{what: "the same number in _row twice", hint: "keep one of the lines, with the values that are to be sent"}
	before, beforeLine := int64(0), int64(0)
	err := in.sorted.Each(func(number int64, rec []byte) error {
		line, _ := binary.Varint(rec)
		if number == before {
			doubled.add(line, fmt.Sprintf("(row %d, also in line %d)", number, beforeLine))
		}
		before, beforeLine = number, line
		return nil
	})
	if err != nil {
		return err
	}
	return in.named(doubled.err())
}

// errStopped ends a walk through the sorted records.
var errStopped = errors.New("stopped")

// resultsRecords yields the records of a results file in row order.
func (in *Input) resultsRecords(ctx context.Context) iter.Seq2[*csvRecord, error] {
	if in.sorted == nil {
		return in.records(ctx)
	}
	return func(yield func(*csvRecord, error) bool) {
		unchanged := func(text io.Reader) (func() (struct{}, error), error) {
			_, err := io.Copy(io.Discard, text)
			return func() (struct{}, error) { return struct{}{}, io.EOF }, err
		}
		for _, err := range readThrough(ctx, in, unchanged) {
			yield(nil, err)
			return
		}
		c := in.csvReader(nil)
		err := in.sorted.Each(func(_ int64, packed []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			line, n := binary.Varint(packed)
			c.reset(packed[n:], line)
			rec, err := c.next()
			if err == nil && !yield(rec, nil) {
				return errStopped
			}
			return err
		})
		if err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}

// reset makes the reader read the one record that text is.
func (c *csvReader) reset(text []byte, line int64) {
	c.window = window{src: bytes.NewReader(nil), buf: text, w: len(text), eof: true}
	c.number, c.lineNumber = 0, line
}
