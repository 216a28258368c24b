package batch

import (
	"fmt"
	"sync"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
)

const (
	aloneWait  = 100 * time.Millisecond // and up to twice that, before a retry that is alone
	aloneShare = 20                     // rows that got through for each one that waits to be alone
)

// dispatch sends all that may go now and returns when to look again at the
// latest; zero: when something happens.
func (d *dispatcher) dispatch(now time.Time) (wake time.Time) {
	d.busy = d.file.Busy()
	for {
		if s := d.rules.expired(now, d.waits.whose); s != nil {
			d.halt(s)
		}
		if d.stopping.stop != nil {
			d.waits.end()
			d.settleWaiting()
			return d.stopWakes(now)
		}
		it, wake := d.choose(now)
		if it == nil {
			end, _ := d.rules.ends(d.waits.whose)
			return earliest(wake, end)
		}
		d.launch(it, now)
	}
}

// choose takes the row that goes next out of its queue. A nil row waits for
// the given time, or for the next answer. A row that was answered 401 is sent
// once more, alone: only a second 401 says that the key is refused.
func (d *dispatcher) choose(now time.Time) (*item, time.Time) {
	if d.busy != nil {
		d.waits.begin(nil, theirs, "waiting for the disk", time.Time{})
		return nil, time.Time{}
	}
	confirm := len(d.lanes.suspects) > 0
	if d.inFlight > 0 && (confirm || d.confirming) {
		return nil, time.Time{}
	}
	if at := d.rules.secondTry(); now.Before(at) {
		d.waits.begin(nil, theirs, "trying once more", at)
		return nil, at
	}
	dec, l := d.ask(now), &d.lanes
	next := d.nextRetry()
	take := l.ready.pop
	switch {
	case confirm:
		take = l.suspects.pop
	case dec.Probe && len(l.retry)+len(l.ready) > 0:
		take = l.probe
	case !next.IsZero() && !next.After(now):
		take = l.retry.popLast
	case len(l.ready) == 0 && dec.Reason != pace.Outage:
		return nil, d.idle(next)
	}
	if at, ok := d.mayGo(now, dec); !ok {
		return nil, at
	}
	it := take()
	it.probe, it.confirm, d.confirming = dec.Probe, confirm, confirm
	return it, time.Time{}
}

// ask asks the gate whether one more request may go.
func (d *dispatcher) ask(now time.Time) pace.Decision {
	dec := d.gate.Next(now, d.inFlight, d.lanes.left)
	if dec.Announced {
		d.rules.announced(dec.At.Sub(now))
	}
	return dec
}

// nextRetry is when the first row in the retry queue may go; zero: there is
// none. At the end of a run whose rows get through nothing is gained by a long
// wait.
func (d *dispatcher) nextRetry() time.Time {
	l := &d.lanes
	if len(l.retry) == 0 {
		return time.Time{}
	}
	first := l.retry[len(l.retry)-1]
	if alone := d.rows == nil && len(l.ready) == 0; alone && d.rules.through >= aloneShare*int64(len(l.retry)) {
		return earliest(first.due, first.early)
	}
	return first.due
}

// idle is when no row can go because none is ready.
func (d *dispatcher) idle(due time.Time) time.Time {
	if d.inFlight == 0 && d.rows == nil && !due.IsZero() {
		d.waits.begin(&d.sum.Waited.Retry, theirs, "waiting to try again", due)
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
		d.waits.begin(&d.sum.Waited.Outage, theirs, d.outageText(), dec.At)
	case dec.At.IsZero():
		d.waits.end()
	case dec.Reason == pace.Rate:
		d.waits.keepPace(now, "--rate")
		d.waits.begin(&d.sum.Waited.Rate, ours, "waiting for the rate", dec.At)
	case dec.Reason == pace.Quota:
		d.waits.keepPace(now, d.quotaText())
		d.waits.begin(&d.sum.Waited.Quota, quota, "waiting for the quota", dec.At)
	case dec.Reason == pace.Load:
		d.waits.keepPace(now, "what the server takes")
		d.waits.begin(&d.sum.Waited.Quota, theirs, "the server takes no more", dec.At)
	case dec.Reason == pace.Throttled:
		d.waits.begin(&d.sum.Waited.Quota, theirs, "the server asks to wait", dec.At)
	default:
		d.waits.begin(nil, theirs, "waiting for an answer", time.Time{})
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

// quotaText is the quota and the share of it that the run may use.
func (d *dispatcher) quotaText() string {
	limit, window := d.gate.Quota()
	per := ""
	if window > 0 {
		per = fmt.Sprintf(" per %.0f s", window.Seconds())
	}
	return fmt.Sprintf("quota %d%s, %.0f%% of it", limit, per, 100*d.cfg.Pace.QuotaShare)
}

// whose is what a wait tells of the server when no row gets settled.
type whose uint8

const (
	theirs whose = iota // it does not answer well
	quota               // nothing, as long as it refuses nothing
	ours                // nothing
)

// waits is why nothing goes at the moment.
type waits struct {
	counted *time.Duration // in the summary; nil: not counted
	whose   whose

	since time.Time                           // when the present wait began, if it is counted
	over  func(cause string, since time.Time) // told of every counted wait that is over

	mu    sync.Mutex
	why   string // "": it is sending
	until time.Time
	pace  string    // the last wait of our own choice
	paced time.Time // when it began
}

func (w *waits) begin(counted *time.Duration, whose whose, why string, until time.Time) {
	if why != w.why {
		if w.counted != nil && w.over != nil {
			w.over(w.why, w.since)
		}
		if counted != nil {
			w.since = time.Now()
		}
	}
	w.counted = counted
	w.mu.Lock()
	w.whose, w.why, w.until = whose, why, until
	w.mu.Unlock()
}

func (w *waits) end() {
	if w.why != "" {
		w.begin(nil, theirs, "", time.Time{})
	}
}

// keepPace notes what sets the pace of the run.
func (w *waits) keepPace(now time.Time, pace string) {
	w.mu.Lock()
	w.pace, w.paced = pace, now
	w.mu.Unlock()
}

// look may be called from any goroutine.
func (w *waits) look(now time.Time) (why string, until time.Time, pace string) {
	const news = 3 * time.Second
	w.mu.Lock()
	defer w.mu.Unlock()
	if waiting := w.why != "" && w.whose != theirs; waiting || now.Sub(w.paced) < news {
		pace = w.pace
	}
	return w.why, w.until, pace
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
