// Package rowindex reads the records of a file in the order of their row
// numbers, whatever order they stand in.
//
// An Index notes where the record of each row stands, 16 bytes a row, in pages
// of 128 rows. The pages used last are in memory, the others in a temporary
// file:
//
//	Add ... -> pages -> (more than fit in memory: temporary file) -> Rows -> Cursor
//
// Row numbers are nearly dense and records nearly in order, so that both the
// page and the part of the file that a record stands in are mostly at hand. Any
// other order or any numbers are right, too, and cost at most one page on the
// disk and 100 bytes of memory for each record.
package rowindex

import (
	"encoding/binary"
	"fmt"
)

const (
	pageRows   = 128
	placeSize  = 16 // offset, length
	pageSize   = pageRows * placeSize
	pagesHeld  = 64 // 128 KiB
	chunkPages = 16
)

// Place is where a record stands in a file. Length 0: nowhere.
type Place struct{ Offset, Length int64 }

// Index knows the places of records by their rows. It is for one goroutine and
// must be closed.
type Index struct {
	dir    string
	file   *Temp  // made when the first page has to leave memory
	pages  uint32 // in all
	places map[int64]*chunk
	held   [pagesHeld]*page // a page has only one place here: number % pagesHeld
}

// chunk is the places of pages in the file, in pages, counted from 1; 0: there
// is no such page.
type chunk [chunkPages]uint32

type page struct {
	number int64
	dirty  bool
	places [pageSize]byte
}

// New returns an empty Index that keeps its temporary file, readable by the
// user only, in dir.
func New(dir string) *Index { return &Index{dir: dir, places: map[int64]*chunk{}} }

// Add notes the place of a row's record and returns the one that it takes the
// place of. The error is one of the temporary file.
func (x *Index) Add(row int64, at Place) (before Place, err error) {
	p, err := x.page(row / pageRows)
	if err != nil {
		return Place{}, err
	}
	slot := int(row % pageRows)
	before = p.place(slot)
	binary.LittleEndian.PutUint64(p.places[slot*placeSize:], uint64(at.Offset))
	binary.LittleEndian.PutUint64(p.places[slot*placeSize+8:], uint64(at.Length))
	p.dirty = true
	return before, nil
}

func (p *page) place(slot int) Place {
	b := p.places[slot*placeSize:]
	return Place{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))}
}

// Close removes the temporary file.
func (x *Index) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// page brings a page into memory.
func (x *Index) page(number int64) (*page, error) {
	h := &x.held[number%pagesHeld]
	if *h == nil {
		*h = &page{number: -1}
	}
	p := *h
	if p.number == number {
		return p, nil
	}
	if p.dirty {
		if err := x.write(p); err != nil {
			return nil, err
		}
	}
	if at := x.place(number); *at == 0 {
		x.pages++
		*at = x.pages
		clear(p.places[:])
	} else if _, err := x.file.ReadAt(p.places[:], int64(*at-1)*pageSize); err != nil {
		p.number = -1
		return nil, fmt.Errorf("order records: %w: %w", ErrTemp, err)
	}
	p.number = number
	return p, nil
}

// place is where a page's place in the file is kept.
func (x *Index) place(number int64) *uint32 {
	c := x.places[number/chunkPages]
	if c == nil {
		c = new(chunk)
		x.places[number/chunkPages] = c
	}
	return &c[number%chunkPages]
}

func (x *Index) write(p *page) error {
	if x.file == nil {
		var err error
		if x.file, err = TempFile(x.dir); err != nil {
			return err
		}
	}
	if _, err := x.file.WriteAt(p.places[:], int64(*x.place(p.number)-1)*pageSize); err != nil {
		return fmt.Errorf("order records: %w: %w", ErrTemp, err)
	}
	p.dirty = false
	return nil
}
