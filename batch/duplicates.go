package batch

import (
	"container/heap"
	"slices"
)

const chunkLen = 1 << 16

// duplicates counts the hashes that were added more than once. It needs 8
// bytes for each.
type duplicates struct{ chunks hashChunks }

func (d *duplicates) add(hash uint64) {
	last := len(d.chunks) - 1
	if last < 0 || len(d.chunks[last]) == chunkLen {
		d.chunks = append(d.chunks, make([]uint64, 0, chunkLen))
		last++
	}
	d.chunks[last] = append(d.chunks[last], hash)
}

// count ends the adding.
func (d *duplicates) count() (n int64) {
	for _, c := range d.chunks {
		slices.Sort(c)
	}
	heap.Init(&d.chunks)
	var previous uint64
	for times := 0; len(d.chunks) > 0; {
		hash := d.chunks[0][0]
		if times > 0 && hash == previous {
			times++
		} else {
			previous, times = hash, 1
		}
		if times == 2 {
			n++
		}
		if d.chunks[0] = d.chunks[0][1:]; len(d.chunks[0]) == 0 {
			heap.Pop(&d.chunks)
		} else {
			heap.Fix(&d.chunks, 0)
		}
	}
	return n
}

// hashChunks is a heap of sorted chunks, the one with the smallest hash first.
type hashChunks [][]uint64

func (h hashChunks) Len() int           { return len(h) }
func (h hashChunks) Less(i, j int) bool { return h[i][0] < h[j][0] }
func (h hashChunks) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *hashChunks) Push(x any)        { *h = append(*h, x.([]uint64)) }
func (h *hashChunks) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
