package batch

import (
	"container/heap"
	"time"
)

// retryQueue holds the rows that wait for their next attempt, earliest first.
// It stands outside the pool: a waiting row keeps no worker from its work.
type retryQueue struct{ heap dueHeap }

func (q *retryQueue) push(it *item, due time.Time) {
	it.due = due
	heap.Push(&q.heap, it)
}

func (q *retryQueue) pop() *item { return heap.Pop(&q.heap).(*item) }

func (q *retryQueue) empty() bool { return len(q.heap) == 0 }

// due is when the earliest row may go; the queue must not be empty.
func (q *retryQueue) due() time.Time { return q.heap[0].due }

type dueHeap []*item

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(*item)) }
func (h *dueHeap) Pop() any {
	old := *h
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return it
}
