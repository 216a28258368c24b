package batch

// queue holds the rows that are ready for their first attempt, in order of
// arrival.
type queue struct {
	items []*item
	head  int
}

func (q *queue) push(it *item) {
	if q.head > 256 && q.head*2 > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, it)
}

func (q *queue) pop() *item {
	it := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	return it
}

func (q *queue) empty() bool { return q.head == len(q.items) }

func (q *queue) len() int { return len(q.items) - q.head }
