package results

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"taskbatch/csvmap/record"
)

const (
	sector   = 512             // what a disk writes in one piece, or a multiple of it
	unsynced = 3 * time.Second // a Writer syncs sooner, or nothing more is sent
)

// torn is what stands behind the last whole record of a partial file, or behind
// nothing at all.
//
// Records are written whole, so what a kill or a full disk leaves there is the
// start of one record. After a power cut the sectors that were not synced may
// be zeros, wherever others between them got through. What did get through then
// is of the last seconds: older records were synced. Only such a tail may be
// cut off. All else was done by an editor or a failing disk, and behind it may
// stand records whose rows would be sent again.
type torn struct {
	zeros          bool      // some sectors are
	holes          bool      // and something stands behind them
	odd            bool      // no power cut leaves it so
	heads          int       // lines that begin like a record
	oldest, newest time.Time // of these
	follows        bool      // the first of them comes before any zeros
}

// readTail reads the tail that begins at from.
func readTail(f *os.File, from int64) (torn, error) {
	var t torn
	r := bufio.NewReaderSize(io.NewSectionReader(f, from, 1<<62), scanBuffer)
	off, hole, isStart := from, int64(-1), false // the torn record itself does not count
	for {
		line, err := r.ReadSlice('\n')
		if isStart {
			t.addHead(line)
		}
		for _, c := range line {
			switch {
			case c == 0 && hole < 0:
				hole, t.zeros = off, true
			case c != 0 && hole >= 0:
				t.holes = true
				t.odd = t.odd || hole%sector != 0 && hole != from || off%sector != 0
				hole = -1
			}
			off++
		}
		isStart = err == nil
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			return t, nil
		default:
			return t, err
		}
	}
}

// addHead takes note of a line that begins like a record.
func (t *torn) addHead(line []byte) {
	var h record.Head
	n := 0
	for cell, err := range split(bytes.TrimSuffix(line, []byte("\n")), ',') {
		if err != nil || n == len(h) {
			break
		}
		h[n] = string(cell)
		n++
	}
	_, isOutcome := h.Outcome()
	_, isRow := h.Row()
	if n < len(h) || !isOutcome || !isRow {
		return
	}
	at, err := time.Parse(record.TimeLayout, h[record.ColAt])
	t.odd = t.odd || err != nil // not of this run
	if t.heads == 0 || at.Before(t.oldest) {
		t.oldest = at
	}
	if at.After(t.newest) {
		t.newest = at
	}
	t.heads++
	t.follows = t.follows || !t.zeros
}

// damage says why the tail must not be cut off; "" if it may. start is how it
// begins, up to the first zero.
func (t *torn) damage(start []byte, columns int) string {
	switch {
	case !isStart(start, columns):
		return "neither a record nor the start of one"
	case t.odd:
		return "NUL bytes in the middle of the file"
	case t.follows:
		return "a record that does not end, but others follow; is a quote missing?"
	case t.newest.Sub(t.oldest) > unsynced:
		return "NUL bytes, and behind them records that were on the disk"
	}
	return ""
}

// isStart tells whether b is the start of a record.
func isStart(b []byte, columns int) bool {
	n, end := 0, -1
	for text, err := range split(b, ',') {
		if err != nil && err != errOpenQuote || n == record.NumHead+columns {
			return false
		}
		end += 1 + len(text)
		cell, last := string(text), end == len(b)
		switch n {
		case record.ColOutcome:
			begins := func(word string) bool { return word == cell || last && strings.HasPrefix(word, cell) }
			if !slices.ContainsFunc(record.OutcomeNames(), begins) {
				return false
			}
		case record.ColRow:
			if _, isRow := record.ParseRow(cell); !isRow && !(last && cell == "") {
				return false
			}
		}
		n++
	}
	return true
}
