package batch

import (
	"context"
	"errors"
	"time"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// settleWaiting gives every row that is not in flight its outcome, once the
// run has stopped.
func (d *dispatcher) settleWaiting() {
	for {
		var it *item
		switch {
		case len(d.suspects) > 0:
			it = d.suspects[0]
			d.suspects = d.suspects[1:]
		case !d.retry.empty():
			it = d.retry.pop()
		case !d.ready.empty():
			it = d.ready.pop()
		default:
			return
		}
		d.settleStopped(it)
	}
}

// settleStopped gives a row its outcome that gets no further attempt because
// the run has stopped.
func (d *dispatcher) settleStopped(it *item) {
	if it.attempts == 0 && d.unwritable {
		return
	}
	d.cut = true
	switch {
	case it.attempts > 0:
		d.exhausted(it)
	case it.past.stands(it.sum):
		d.keep(it)
	default:
		d.settle(it, record.Unsent, "")
	}
}

// keep leaves a row the record of an earlier run, which still tells the truth.
func (d *dispatcher) keep(it *item) {
	d.left--
	d.unsettled--
	d.bytes -= it.cost()
	if !it.past.inFile {
		d.file.AppendCarried(*it.past.head, it.row.Tail)
	}
	d.tally.outcomes[it.past.outcome].Add(1)
	d.advance(it, it.past.outcome)
}

// inputEnded looks at why the reader ended. A run whose input changed under it
// cannot know its rows any more.
func (d *dispatcher) inputEnded() {
	err := d.feedErr()
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	s := &Stop{Cause: Input, Why: err.Error()}
	var known *Error
	if errors.As(err, &known) {
		s.Cause = known.Cause
	}
	if errors.Is(err, csvmap.ErrChanged) {
		s.Hint = "run the same command again when nothing writes to the file: it continues, and checks what was sent against the file as it is then"
	}
	d.halt(s)
	d.giveUp = true
}

// diskFailed stops a run that cannot keep its records.
func (d *dispatcher) diskFailed() {
	d.unwritable, d.giveUp = true, true
	d.halt(&Stop{Cause: Local, Why: "cannot keep the records: " + d.file.Err().Error(),
		Hint: "make room, then run the same command again: it continues; the answers that could not be recorded stand on stderr"})
}

// halt stops the run: no new attempts. The first reason counts, but a disk
// that cannot be written and a bug of ours outrank the others.
func (d *dispatcher) halt(s *Stop) {
	if d.stop == nil || s.Cause.outranks(d.stop.Cause) {
		d.stop = s
	}
}

// signal handles a request to stop: the first lets the requests in flight
// end, the second does not.
func (d *dispatcher) signal(now time.Time) {
	if d.signalled.IsZero() {
		d.signalled = now
		d.halt(&Stop{Why: "stopped by a signal", Hint: "the same command continues"})
		return
	}
	d.abandonInFlight()
}

func (d *dispatcher) abandonInFlight() {
	d.abandoned = true
	d.abandon()
}

// stopping keeps the times of a stop by signal and returns the next of them.
func (d *dispatcher) stopping(now time.Time) time.Time {
	if d.signalled.IsZero() {
		return time.Time{}
	}
	if end := d.signalled.Add(grace); !d.abandoned {
		if now.Before(end) {
			return end
		}
		d.abandonInFlight()
	}
	end := d.signalled.Add(filesGrace)
	if !now.Before(end) {
		d.giveUp = true
		return time.Time{}
	}
	return end
}
