package batch

import (
	"taskbatch/csvmap/record"
)

// lanes keep the rows of one task in row order: only the first unsettled row
// of a task is ever ready. A task whose row did not get through is closed: its
// later rows are blocked, so that no rerun puts an older value over a newer
// one.
type lanes struct {
	tail   map[string]*item   // last unsettled row of each task that has one
	closed map[string]closing // tasks with a row that did not get through
}

// closing is the row that closed a lane.
type closing struct {
	row     int64
	outcome record.Outcome
}

func newLanes() lanes {
	return lanes{tail: map[string]*item{}, closed: map[string]closing{}}
}

// join puts a row behind the unsettled rows of its task. It is true when the
// row is first, and may go at once.
func (l *lanes) join(it *item) bool {
	task := it.row.TaskID
	last := l.tail[task]
	l.tail[task] = it
	if last == nil {
		return true
	}
	last.next = it
	return false
}

// leave takes the settled first row out of its lane and returns the row that
// is first now, or nil.
func (l *lanes) leave(it *item) *item {
	next := it.next
	it.next = nil
	if next == nil {
		delete(l.tail, it.row.TaskID)
	}
	return next
}

// close notes that a row of the task did not get through. The first such row
// is the one that later rows are blocked by.
func (l *lanes) close(task string, row int64, o record.Outcome) {
	if _, ok := l.closed[task]; !ok {
		l.closed[task] = closing{row, o}
	}
}

// blockedBy tells which row closed the task's lane, if any.
func (l *lanes) blockedBy(task string) (closing, bool) {
	c, ok := l.closed[task]
	return c, ok
}
