package order

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// each merges the runs. Runs are in the order of addition, so that among equal
// keys the later run holds the later record.
func (p *spill) each(keepAll bool, maxBytes int, fn func(int64, []byte) error) error {
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("sort records: write temporary file: %w", err)
	}
	fanIn := max(2, maxBytes/minBuffer)
	for len(p.runs) > fanIn {
		if err := p.mergePass(keepAll, fanIn, maxBytes); err != nil {
			return err
		}
	}
	return p.merge(p.runs, keepAll, maxBytes, fn)
}

// mergePass merges neighbouring runs, fanIn at a time, into a fresh file.
func (p *spill) mergePass(keepAll bool, fanIn, maxBytes int) error {
	next, err := newSpill(p.dir, writeBuffer(maxBytes))
	if err != nil {
		return err
	}
	var head [headSize]byte
	for from := 0; from < len(p.runs) && err == nil; from += fanIn {
		group := p.runs[from:min(from+fanIn, len(p.runs))]
		err = p.merge(group, keepAll, maxBytes, func(key int64, rec []byte) error {
			binary.LittleEndian.PutUint64(head[:], uint64(key))
			binary.LittleEndian.PutUint32(head[8:], uint32(len(rec)))
			if err := next.write(head[:]); err != nil {
				return err
			}
			return next.write(rec)
		})
		next.endRun()
	}
	if err == nil {
		err = next.w.Flush()
	}
	if err != nil {
		_ = next.close() // the first error is the one to tell
		return err
	}
	err = p.close()
	*p = *next
	return err
}

// merge calls fn for the records of the runs in order. Only the head of each
// run's next record is held; a record's bytes are read when its turn comes.
func (p *spill) merge(runs []run, keepAll bool, maxBytes int, fn func(int64, []byte) error) error {
	buffer := min(max(maxBytes/max(1, len(runs)), minBuffer), maxBuffer)
	var h cursorHeap
	for i, r := range runs {
		c := &cursor{run: i, r: bufio.NewReaderSize(io.NewSectionReader(p.f, r.from, r.to-r.from), buffer)}
		if err := c.next(); err != nil {
			return fmt.Errorf("sort records: read temporary file: %w", err)
		}
		h = append(h, c)
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
	var rec []byte
	for len(h) > 0 {
		c := h[0]
		key, n := c.key, c.len
		if cap(rec) < n {
			rec = make([]byte, n+n/2)
		}
		rec = rec[:n]
		_, err := io.ReadFull(c.r, rec)
		if err == nil {
			err = c.next()
		}
		if err == io.EOF {
			h[0] = h[len(h)-1]
			h = h[:len(h)-1]
		} else if err != nil {
			return fmt.Errorf("sort records: read temporary file: %w", err)
		}
		h.sink(0)
		if !keepAll && len(h) > 0 && h[0].key == key {
			continue
		}
		if err := fn(key, rec); err != nil {
			return err
		}
	}
	return nil
}

// cursor reads one run; it stands before the bytes of its next record.
type cursor struct {
	key int64
	len int
	run int
	r   *bufio.Reader
}

// next reads the head of the next record. io.EOF: there is none.
func (c *cursor) next() error {
	head, err := c.r.Peek(headSize)
	if err != nil {
		if err == io.EOF && len(head) > 0 {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	c.key = int64(binary.LittleEndian.Uint64(head))
	c.len = int(binary.LittleEndian.Uint32(head[8:]))
	_, err = c.r.Discard(headSize)
	return err
}

// cursorHeap has the lowest key at its top, of equal ones the earliest run.
type cursorHeap []*cursor

func (h cursorHeap) less(i, j int) bool {
	if h[i].key != h[j].key {
		return h[i].key < h[j].key
	}
	return h[i].run < h[j].run
}

func (h cursorHeap) sink(i int) {
	for {
		low := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.less(child, low) {
				low = child
			}
		}
		if low == i {
			return
		}
		h[i], h[low] = h[low], h[i]
		i = low
	}
}
