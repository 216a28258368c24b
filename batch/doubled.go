package batch

import "math/bits"

// taskCounter counts the tasks that occur more than once, by their hashes. It
// keeps 8 bytes for each that is added.
type taskCounter struct {
	parts [256][][]uint64 // by the first byte, in pieces, so that none is ever copied
}

func (c *taskCounter) add(task uint64) {
	const piece = 512
	part := &c.parts[task>>56]
	if n := len(*part); n == 0 || len((*part)[n-1]) == piece {
		*part = append(*part, make([]uint64, 0, piece))
	}
	last := &(*part)[len(*part)-1]
	*last = append(*last, task)
}

// doubled is their number. Each part goes through the same small hash table.
func (c *taskCounter) doubled() (n int64) {
	var table []uint64
	for _, part := range c.parts {
		size := 0
		for _, piece := range part {
			size += len(piece)
		}
		clear(table)
		if slots := 2 << bits.Len(uint(size)); len(table) < slots {
			table = make([]uint64, slots)
		}
		for _, piece := range part {
			n += countDoubled(table, piece)
		}
	}
	return n
}

// countDoubled puts the tasks of one part into the table, and counts those that
// are in it for the second time.
func countDoubled(table, tasks []uint64) (n int64) {
	const once, again = 1, 2 // in place of the byte that all tasks of the part have
	for _, task := range tasks {
		slot := int(task) & (len(table) - 1)
		for task <<= 8; table[slot] != 0 && table[slot]>>8 != task>>8; {
			slot = (slot + 1) & (len(table) - 1)
		}
		switch table[slot] {
		case 0:
			table[slot] = task | once
		case task | once:
			table[slot] = task | again
			n++
		}
	}
	return n
}
