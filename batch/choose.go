package batch

import (
	"fmt"
	"sync"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
)

// dispatch sends all that may go now and returns when to look again at the
// latest; zero: when something happens.
func (d *dispatcher) dispatch(now time.Time) (wake time.Time) {
	for {
		if s := d.rules.expired(now, d.waits.paced); s != nil {
			d.halt(s)
		}
		if d.stopping.stop != nil {
			d.waits.end()
			d.settleWaiting()
			return d.stopWakes(now)
		}
		it, wake := d.choose(now)
		if it == nil {
			wake = earliest(wake, d.rules.durationEnds())
			if !d.waits.paced {
				wake = earliest(wake, d.rules.outageEnds())
			}
			return wake
		}
		d.launch(it, now)
	}
}

// choose takes the row that goes next out of its queue. A nil row waits for
// the given time, or for the next answer.
func (d *dispatcher) choose(now time.Time) (*item, time.Time) {
	if d.file.Busy() {
		d.waits.begin(nil, false, "waiting for the disk", time.Time{})
		return nil, time.Time{}
	}
	if d.lanes.suspects.len() > 0 || d.confirming {
		return d.chooseConfirm(now)
	}
	dec := d.gate.Next(now, d.inFlight, d.lanes.left)
	l := &d.lanes
	due := len(l.retry) > 0 && (!l.retry[0].due.After(now) || dec.Probe && l.ready.len() == 0)
	if !due && l.ready.len() == 0 && dec.Reason != pace.Outage {
		return nil, d.idle()
	}
	if at, ok := d.mayGo(now, dec); !ok {
		return nil, at
	}
	queue := l.ready.pop
	if due {
		queue = l.retry.pop
	}
	it := queue()
	it.probe = dec.Probe
	return it, time.Time{}
}

// chooseConfirm sends a row that was answered 401 once more, alone: only a
// second 401 says that the key is refused.
func (d *dispatcher) chooseConfirm(now time.Time) (*item, time.Time) {
	if d.inFlight > 0 {
		return nil, time.Time{}
	}
	dec := d.gate.Next(now, d.inFlight, d.lanes.left)
	if at, ok := d.mayGo(now, dec); !ok {
		return nil, at
	}
	it := d.lanes.suspects.pop()
	it.probe, it.confirm, d.confirming = dec.Probe, true, true
	return it, time.Time{}
}

// idle is when no row can go because none is ready.
func (d *dispatcher) idle() (due time.Time) {
	if len(d.lanes.retry) > 0 {
		due = d.lanes.retry[0].due
	}
	if d.inFlight == 0 && d.rows == nil && !due.IsZero() {
		d.waits.begin(&d.sum.Waited.Retry, false, "waiting to try again", due)
	} else {
		d.waits.end()
	}
	return due
}

// mayGo acts on what the gate says to one more request.
func (d *dispatcher) mayGo(now time.Time, dec pace.Decision) (time.Time, bool) {
	switch {
	case dec.TooLong:
		d.halt(&Stop{Rule, fmt.Sprintf("--max-wait: the server asks to wait until %s", dec.At.Format(time.DateTime)), "run the same command again then: it continues"})
		return now, false
	case dec.Go:
		d.waits.end()
		return time.Time{}, true
	case dec.Reason == pace.Outage:
		d.waits.begin(&d.sum.Waited.Outage, false, d.outageText(), dec.At)
	case dec.At.IsZero():
		d.waits.end()
	case dec.Reason == pace.Rate:
		d.waits.begin(&d.sum.Waited.Rate, true, "waiting for the rate", dec.At)
	case dec.Reason == pace.Quota:
		d.waits.begin(&d.sum.Waited.Quota, true, "waiting for the quota", dec.At)
	case dec.Reason == pace.Throttled:
		d.waits.begin(&d.sum.Waited.Quota, false, "the server asks to wait", dec.At)
	default:
		d.waits.begin(nil, false, "waiting for an answer", time.Time{})
	}
	return dec.At, false
}

// announceOutage tells people that the server is gone, or back.
func (d *dispatcher) announceOutage(change pace.Change, r *client.Reply) {
	switch change {
	case pace.Began:
		d.cfg.notify(true, fmt.Sprintf("%s (%s); trying again at growing intervals of up to 30 s", d.outageText(), r.Message))
	case pace.Ended:
		d.cfg.notify(false, fmt.Sprintf("the server is back at %s", r.Received.Format(time.TimeOnly)))
	}
}

func (d *dispatcher) outageText() string {
	what, o := "the server answers only errors", d.gate.Outage()
	if o.Unreachable {
		what = "server unreachable"
	}
	return what + " since " + o.Since.Format(time.TimeOnly)
}

// waits is why nothing goes at the moment.
type waits struct {
	counted *time.Duration // in the summary; nil: not counted
	paced   bool           // by our own choice: a row that is not settled tells nothing of the server

	mu    sync.Mutex
	why   string // "": it is sending
	until time.Time
}

func (w *waits) begin(counted *time.Duration, paced bool, why string, until time.Time) {
	w.counted, w.paced = counted, paced
	w.mu.Lock()
	w.why, w.until = why, until
	w.mu.Unlock()
}

func (w *waits) end() {
	if w.why != "" {
		w.begin(nil, false, "", time.Time{})
	}
}

// account adds d to what the present wait is counted as.
func (w *waits) account(d time.Duration) {
	if w.counted != nil {
		*w.counted += d
	}
}

// now may be called from any goroutine.
func (w *waits) now() (why string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why, w.until
}

// earliest is the first of the times that are set.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
