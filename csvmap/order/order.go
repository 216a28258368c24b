// Package order sorts more records than fit in memory by an int64 key.
//
// Records are added one by one. While they fit in the memory allowed, they are
// sorted there and no file is touched. Beyond that, the lower half of what is
// in memory goes to a temporary file whenever memory is full, as the next piece
// of an ascending run (replacement selection in batches); what comes too late
// for that run waits for the next one:
//
//	Add -> arena -> (full: sort, write the lower half) -> runs -> merge -> Each
//
// So a stream that is nearly in order, each record displaced by no more than
// what half of the memory holds, gives one run and is read back in one pass. A
// stream in random order gives runs of twice the half; they are merged, in
// several passes only if there are more runs than read buffers fit in memory.
package order

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

const (
	headSize  = 12       // of a record in the arena and in a run: key, length
	dead      = 1 << 31  // in the length of an arena record that has been written out
	entrySize = 16       // of an entry
	minBuffer = 4 << 10  // read buffer of one run
	maxBuffer = 64 << 10 // read or write buffer
)

// Sorter puts records in the order of their keys. A Sorter is for one
// goroutine. It must be closed.
type Sorter struct {
	// KeepAll makes Each yield all records of a key, in the order in which they
	// were added; otherwise only the last one. To be set before the first Add.
	KeepAll bool

	dir      string
	maxBytes int

	arena   []byte  // records with their heads, in the order of addition
	entries []entry // one for each record in the arena
	last    int64   // highest key in the run being written; lower ones wait for the next run

	spill  *spill
	sorted bool  // no more additions
	err    error // of the addition that failed
}

type entry struct {
	key int64
	off uint32
	len uint32 // without the head
}

// New returns a Sorter that uses about maxBytes of memory (and what the
// longest record needs beyond it) and keeps its temporary file, readable by
// the user only, in dir. Nothing is created before memory is full.
func New(dir string, maxBytes int) *Sorter {
	return &Sorter{dir: dir, maxBytes: min(maxBytes, 1<<30), last: math.MinInt64}
}

// Add adds a copy of rec. The error is one of writing the temporary file;
// after it, and after Each, nothing can be added.
func (s *Sorter) Add(key int64, rec []byte) error {
	if s.sorted {
		return fmt.Errorf("sort records: added to after reading")
	}
	size := headSize + len(rec)
	if len(rec) >= dead {
		return fmt.Errorf("sort records: record of %d bytes is too long", len(rec))
	}
	if len(s.entries) > 0 && len(s.arena)+size+(len(s.entries)+1)*entrySize > s.budget() {
		if err := s.makeRoom(size); err != nil {
			s.sorted, s.err = true, err
			return err
		}
	}
	if s.arena == nil {
		s.arena = make([]byte, 0, max(s.budget(), size))
	}
	s.entries = append(s.entries, entry{key, uint32(len(s.arena)), uint32(len(rec))})
	s.arena = binary.LittleEndian.AppendUint64(s.arena, uint64(key))
	s.arena = binary.LittleEndian.AppendUint32(s.arena, uint32(len(rec)))
	s.arena = append(s.arena, rec...)
	return nil
}

// Each calls fn for every record in ascending order of the keys and stops at
// fn's first error, which it returns. rec is valid until fn returns. Each can
// be called again.
func (s *Sorter) Each(fn func(key int64, rec []byte) error) error {
	s.sorted = true
	if s.err != nil {
		return s.err
	}
	if s.spill == nil {
		return s.eachInMemory(fn)
	}
	for len(s.entries) > 0 {
		if err := s.writeRun(math.MaxInt); err != nil {
			return err
		}
	}
	s.spill.endRun()
	s.arena, s.entries = nil, nil
	return s.spill.each(s.KeepAll, s.maxBytes, fn)
}

// Close removes the temporary file and frees the memory.
func (s *Sorter) Close() error {
	s.sorted = true
	s.arena, s.entries = nil, nil
	if s.spill == nil {
		return nil
	}
	err := s.spill.close()
	s.spill = nil
	return err
}

func (s *Sorter) budget() int { return s.maxBytes - writeBuffer(s.maxBytes) }

func writeBuffer(maxBytes int) int { return min(max(maxBytes/16, minBuffer), maxBuffer) }

func (s *Sorter) eachInMemory(fn func(int64, []byte) error) error {
	s.sort()
	for i, e := range s.entries {
		if !s.KeepAll && i+1 < len(s.entries) && s.entries[i+1].key == e.key {
			continue
		}
		if err := fn(e.key, s.arena[e.off+headSize:][:e.len:e.len]); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom writes out half of what is in memory, or more if size needs it.
func (s *Sorter) makeRoom(size int) error {
	if s.spill == nil {
		f, err := newSpill(s.dir, writeBuffer(s.maxBytes))
		if err != nil {
			return err
		}
		s.spill = f
	}
	room := max(s.budget()/2, size+entrySize)
	for free := 0; free < room && len(s.entries) > 0; {
		before := len(s.arena) + len(s.entries)*entrySize
		if err := s.writeRun(room - free); err != nil {
			return err
		}
		free += before - len(s.arena) - len(s.entries)*entrySize
	}
	return nil
}

// writeRun appends the lowest records to the current run until amount bytes
// of memory are free or the run ends because nothing else fits into it.
func (s *Sorter) writeRun(amount int) error {
	s.sort()
	n, free := 0, 0
	for ; n < len(s.entries) && s.entries[n].key >= s.last && free < amount; n++ {
		e := s.entries[n]
		end := e.off + headSize + e.len
		overwritten := !s.KeepAll && n+1 < len(s.entries) && s.entries[n+1].key == e.key
		if !overwritten {
			if err := s.spill.write(s.arena[e.off:end]); err != nil {
				return err
			}
		}
		s.last = e.key
		free += headSize + int(e.len) + entrySize
		binary.LittleEndian.PutUint32(s.arena[e.off+8:], e.len|dead)
	}
	if n < len(s.entries) && s.entries[n].key < s.last {
		s.spill.endRun()
		s.last = math.MinInt64
	}
	s.compact()
	return nil
}

// sort puts the entries of the current run first, each run in the order of
// keys, equal keys in the order of addition, which is that of the offsets.
func (s *Sorter) sort() {
	last := s.last
	slices.SortFunc(s.entries, func(a, b entry) int {
		if aWaits, bWaits := a.key < last, b.key < last; aWaits != bWaits {
			if aWaits {
				return 1
			}
			return -1
		}
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.off, b.off)
	})
}

// compact closes the gaps that the written records left in the arena.
func (s *Sorter) compact() {
	s.entries = s.entries[:0]
	to := 0
	for from := 0; from < len(s.arena); {
		n := binary.LittleEndian.Uint32(s.arena[from+8:])
		size := headSize + int(n&^dead)
		if n&dead == 0 {
			key := int64(binary.LittleEndian.Uint64(s.arena[from:]))
			s.entries = append(s.entries, entry{key, uint32(to), n})
			to += copy(s.arena[to:], s.arena[from:from+size])
		}
		from += size
	}
	s.arena = s.arena[:to]
}
