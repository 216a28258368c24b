package batch

import (
	"slices"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// item is a row on its way from the reader to its record.
type item struct {
	row  *csvmap.Row
	task uint64 // hash of the taskId; 0: it has none
	sum  record.Sum
	past past
	fate fate
	by   closing // fate held or behind: the row that holds it back

	next *item // the row behind it in its lane

	tries      int  // attempts that count against Config.Attempts
	attempts   int  // all attempts of this run
	throttled  int  // of these, answered 429
	felt       int  // of these, refused for load or a limit that is only felt
	unanswered bool // an attempt, of this run or an earlier one, may have been applied
	probe      bool // in flight as the probe of an outage
	confirm    bool // in flight to confirm that the key is refused
	firstSent  time.Time
	due        time.Time // of its retry: not before
	early      time.Time // of its retry, when nothing else is left to do
	status     int       // last HTTP status
	message    string    // why the last attempt did not get through

	reply    client.Reply // of the attempt just made
	panicked any          // what a worker's panic said
}

// cost is roughly the memory that the item holds, in bytes.
func (it *item) cost() int { return 512 + len(it.row.Body) + len(it.row.Tail) }

// stands tells whether the row's earlier record still tells the truth as long
// as this run has not tried it: the server saw this very update.
func (it *item) stands() bool {
	p := &it.past
	tried := p.outcome == record.Failed || p.outcome == record.Unknown
	return tried && p.hasSum && p.sum == it.sum
}

// lanes hold the rows that are to be sent and not settled. The rows of one
// task stand in its lane, in row order, and only the first is ever ready: it
// waits for its first attempt, is in flight, or waits for its next one. A
// waiting row keeps no worker from its work.
type lanes struct {
	tail     map[uint64]*item // last row of each lane, by task
	closed   closings         // lanes with a row that did not get through
	ready    queue
	retry    queue // by due, that which goes first at the end
	suspects queue // answered 401, to be confirmed
	untried  bool  // the last probe was a row that had not been tried

	rows  int   // in all lanes
	bytes int   // memory of these
	left  int64 // rows that are still to be sent, those not read yet included
}

func newLanes(left int64) lanes {
	return lanes{tail: map[uint64]*item{}, closed: closings{}, left: left}
}

// admit puts a row behind the others of its task.
func (l *lanes) admit(it *item) {
	l.rows++
	l.bytes += it.cost()
	last := l.tail[it.task]
	l.tail[it.task] = it
	if last == nil {
		l.ready.push(it)
	} else {
		last.next = it
	}
}

// release takes a settled row, which is first, out of its lane and returns the
// row that is first now, or nil.
func (l *lanes) release(it *item) *item {
	l.left--
	l.rows--
	l.bytes -= it.cost()
	next := it.next
	it.next = nil
	if next == nil {
		delete(l.tail, it.task)
	}
	return next
}

// probe takes out a row to try with whether the server is back: turn about one
// that has failed, and of those that have not been tried the last, which may
// be none of the failing tasks' neighbours.
func (l *lanes) probe() *item {
	l.untried = !l.untried && len(l.ready) > 0
	if l.untried || len(l.retry) == 0 {
		return l.ready.popLast()
	}
	return l.retry.popLast()
}

// waiting takes out a row that is not in flight; nil: there is none.
func (l *lanes) waiting() *item {
	switch {
	case len(l.suspects) > 0:
		return l.suspects.pop()
	case len(l.retry) > 0:
		return l.retry.popLast()
	case len(l.ready) > 0:
		return l.ready.pop()
	}
	return nil
}

// closing is a row that did not get through.
type closing struct {
	row     int64
	outcome record.Outcome
}

// closings are, by task, the first row of it that did not get
// through. There can be millions: one needs some 20 bytes.
type closings map[[2]uint32]uint32

func closingKey(task uint64) [2]uint32 { return [2]uint32{uint32(task), uint32(task >> 32)} }

func (c closings) close(task uint64, row int64, o record.Outcome) {
	key := closingKey(task)
	if _, ok := c[key]; ok {
		return
	}
	if row >= 1<<29 {
		row = 0 // its number is not kept
	}
	c[key] = uint32(row)<<3 | uint32(o)
}

// by tells which row closed the task, if any.
func (c closings) by(task uint64) (closing, bool) {
	v, ok := c[closingKey(task)]
	return closing{int64(v >> 3), record.Outcome(v & 7)}, ok
}

// queue holds rows in order of arrival.
type queue []*item

func (q *queue) push(it *item) { *q = append(*q, it) }

func (q *queue) pop() *item {
	it := (*q)[0]
	(*q)[0] = nil
	*q = (*q)[1:]
	return it
}

func (q *queue) popLast() *item {
	last := len(*q) - 1
	it := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return it
}

// insert keeps a queue in descending order of due.
func (q *queue) insert(it *item, due time.Time) {
	it.due = due
	i, _ := slices.BinarySearchFunc(*q, due, func(it *item, due time.Time) int { return due.Compare(it.due) })
	*q = slices.Insert(*q, i, it)
}
