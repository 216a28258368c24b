package rowindex

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

const (
	blockSize  = 8 << 10
	blocksHeld = 256 // 2 MiB
)

// Cursor reads records in the order of their rows.
type Cursor struct {
	index  *Index
	chunks []int64 // numbers of the chunks still to come, that of the page first
	next   int     // page, of that chunk
	page   *page   // nil: none begun
	slot   int     // in it, that comes next

	file io.ReaderAt
	held [blocksHeld]*block // of the file; a block has only one place here: number % blocksHeld
	rec  []byte             // handed out last
}

type block struct {
	number int64
	bytes  []byte
}

// Rows returns a Cursor before the first row. The records stand in file.
func (x *Index) Rows(file io.ReaderAt) *Cursor {
	return &Cursor{index: x, chunks: slices.Sorted(maps.Keys(x.places)), file: file}
}

// Next returns the next record; it is valid until the next call. io.EOF: there
// is none.
func (c *Cursor) Next() ([]byte, error) {
	for {
		if c.page == nil || c.slot == pageRows {
			number, err := c.nextPage()
			if err != nil {
				return nil, err
			}
			if c.page, err = c.index.page(number); err != nil {
				return nil, err
			}
			c.slot = 0
		}
		at := c.page.place(c.slot)
		c.slot++
		if at.Length > 0 {
			return c.read(at)
		}
	}
}

// nextPage is the number of the page that comes next. io.EOF: there is none.
func (c *Cursor) nextPage() (int64, error) {
	for ; len(c.chunks) > 0; c.chunks, c.next = c.chunks[1:], 0 {
		for places := c.index.places[c.chunks[0]]; c.next < chunkPages; {
			if c.next++; places[c.next-1] > 0 {
				return c.chunks[0]*chunkPages + int64(c.next-1), nil
			}
		}
	}
	return 0, io.EOF
}

func (c *Cursor) read(at Place) ([]byte, error) {
	c.rec = c.rec[:0]
	for at.Length > 0 {
		b, err := c.block(at.Offset / blockSize)
		if err != nil {
			return nil, fmt.Errorf("order records: %w", err)
		}
		part := b[min(at.Offset%blockSize, int64(len(b))):]
		if len(part) == 0 {
			return nil, fmt.Errorf("order records: %w", io.ErrUnexpectedEOF)
		}
		part = part[:min(at.Length, int64(len(part)))]
		c.rec = append(c.rec, part...)
		at = Place{at.Offset + int64(len(part)), at.Length - int64(len(part))}
	}
	return c.rec, nil
}

// block brings a block of the file into memory; that at the file's end is short.
func (c *Cursor) block(number int64) ([]byte, error) {
	h := &c.held[number%blocksHeld]
	if *h == nil {
		*h = &block{number: -1, bytes: make([]byte, blockSize)}
	}
	b := *h
	if b.number != number {
		n, err := c.file.ReadAt(b.bytes[:blockSize], number*blockSize)
		if b.number, b.bytes = number, b.bytes[:n]; err != nil && err != io.EOF {
			b.number = -1
			return nil, err
		}
	}
	return b.bytes, nil
}
