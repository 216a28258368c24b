package batch

import (
	"time"

	"taskbatch/client"
)

// Observer is told what a run does. It is called from Run's goroutine and must
// not block. An error of either method stops the run: the observer's file
// cannot be written.
type Observer interface {
	// Attempted tells of an attempt that came to its end; attempt counts
	// those of the row in this run.
	Attempted(row int64, taskID string, attempt int, r *client.Reply) error
	// Waited tells that nothing was sent for a while, and why.
	Waited(cause string, from, to time.Time) error
}

// shortestWait is what an observer is told of; less is the loop's own pace.
const shortestWait = time.Millisecond

// attempted tells the observer, if there is one.
func (d *dispatcher) attempted(it *item) {
	if d.cfg.Observer == nil {
		return
	}
	d.unobserved(d.cfg.Observer.Attempted(it.row.Number, it.row.TaskID, it.attempts, &it.reply))
}

// waited tells the observer, if there is one, of a wait that has ended.
func (d *dispatcher) waited(cause string, from time.Time) {
	if to := time.Now(); d.cfg.Observer != nil && to.Sub(from) >= shortestWait {
		d.unobserved(d.cfg.Observer.Waited(cause, from, to))
	}
}

// unobserved stops a run whose observer cannot go on.
func (d *dispatcher) unobserved(err error) {
	if err != nil {
		d.halt(&Stop{Local, err.Error(), "make room, then run the same command again: it continues"})
	}
}
