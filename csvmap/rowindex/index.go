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
// disk and 30 bytes of memory for each record.
package rowindex

import (
	"encoding/binary"
	"fmt"
)

const (
	pageRows  = 128
	placeSize = 16 // offset, length
	pageSize  = pageRows * placeSize
	pagesHeld = 64 // 128 KiB
	nearPages = 1 << 17
)

// Place is where a record stands in a file. Length 0: nowhere.
type Place struct{ Offset, Length int64 }

// Index knows the places of records by their rows. It is for one goroutine and
// must be closed.
type Index struct {
	dir   string
	file  *Temp            // made when the first page has to leave memory
	pages uint32           // in all
	near  []uint32         // page number -> its place in the file, in pages, counted from 1; 0: there is none
	far   map[int64]uint32 // the same from nearPages on
	held  [pagesHeld]*page // a page has only one place here: number % pagesHeld
}

type page struct {
	number int64
	dirty  bool
	places [pageSize]byte
}

// New returns an empty Index that keeps its temporary file, readable by the
// user only, in dir.
func New(dir string) *Index { return &Index{dir: dir, far: map[int64]uint32{}} }

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
	at, known := x.locate(number)
	if !known {
		clear(p.places[:])
	} else if _, err := x.file.ReadAt(p.places[:], int64(at)*pageSize); err != nil {
		p.number = -1
		return nil, fmt.Errorf("order records: %w: %w", ErrTemp, err)
	}
	p.number = number
	return p, nil
}

// locate is a page's place in the file, in pages. A page that is not known gets
// the next one.
func (x *Index) locate(number int64) (at uint32, known bool) {
	if number < nearPages {
		if missing := int(number) + 1 - len(x.near); missing > 0 {
			x.near = append(x.near, make([]uint32, missing)...)
		}
		if at = x.near[number]; at == 0 {
			x.pages++
			x.near[number] = x.pages
			return x.pages - 1, false
		}
		return at - 1, true
	}
	if at, known = x.far[number]; !known {
		at = x.pages
		x.far[number] = at
		x.pages++
	}
	return at, known
}

func (x *Index) write(p *page) error {
	if x.file == nil {
		var err error
		if x.file, err = TempFile(x.dir); err != nil {
			return err
		}
	}
	at, _ := x.locate(p.number)
	if _, err := x.file.WriteAt(p.places[:], int64(at)*pageSize); err != nil {
		return fmt.Errorf("order records: %w: %w", ErrTemp, err)
	}
	p.dirty = false
	return nil
}
