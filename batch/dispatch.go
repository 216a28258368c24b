package batch

import (
	"fmt"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
)

// dispatch sends all that may go now and returns when to look again at the
// latest; zero: when something happens.
func (d *dispatcher) dispatch(now time.Time) (wake time.Time) {
	for {
		if d.stop == nil {
			if s := d.rules.expired(now, d.waits.paced()); s != nil {
				d.halt(s)
			}
		}
		if d.stop != nil {
			d.note(waitNone, "", time.Time{})
			d.settleWaiting()
			return d.stopping(now)
		}
		it, wake := d.choose(now)
		if it == nil {
			wake = earliest(wake, d.rules.durationEnds())
			if !d.waits.paced() {
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
		d.note(waitNone, "waiting for the disk", time.Time{})
		return nil, time.Time{}
	}
	if len(d.suspects) > 0 || d.confirming {
		return d.chooseConfirm(now)
	}
	dec := d.gate.Next(now, d.inFlight, d.left)
	if dec.Reason == pace.Outage {
		d.note(waitOutage, d.outageText(), dec.At)
		return nil, dec.At
	}
	due := !d.retry.empty() && (!d.retry.due().After(now) || dec.Probe && d.ready.empty())
	if !due && d.ready.empty() {
		return d.idle()
	}
	if at, ok := d.mayGo(now, dec); !ok {
		return nil, at
	}
	var it *item
	if due {
		it = d.retry.pop()
	} else {
		it = d.ready.pop()
	}
	it.probe = dec.Probe
	return it, time.Time{}
}

// chooseConfirm sends a row that was answered 401 once more, alone: only a
// second 401 says that the key is refused.
func (d *dispatcher) chooseConfirm(now time.Time) (*item, time.Time) {
	if d.inFlight > 0 {
		return nil, time.Time{}
	}
	dec := d.gate.Next(now, d.inFlight, d.left)
	if at, ok := d.mayGo(now, dec); !ok {
		return nil, at
	}
	it := d.suspects[0]
	d.suspects = d.suspects[1:]
	it.probe, it.confirm, d.confirming = dec.Probe, true, true
	return it, time.Time{}
}

// idle is when no row can go because none is ready.
func (d *dispatcher) idle() (*item, time.Time) {
	if d.retry.empty() {
		d.note(waitNone, "", time.Time{})
		return nil, time.Time{}
	}
	due := d.retry.due()
	if d.inFlight == 0 && d.rows == nil {
		d.note(waitRetry, "waiting to try again", due)
	} else {
		d.note(waitNone, "", time.Time{})
	}
	return nil, due
}

// mayGo acts on what the gate says to one more request.
func (d *dispatcher) mayGo(now time.Time, dec pace.Decision) (time.Time, bool) {
	switch {
	case dec.TooLong:
		d.halt(&Stop{Cause: Rule, Why: fmt.Sprintf("--max-wait: the server asks to wait until %s", dec.At.Format(time.DateTime)),
			Hint: "run the same command again then: it continues"})
		return now, false
	case dec.Go:
		d.note(waitNone, "", time.Time{})
		return time.Time{}, true
	case dec.At.IsZero():
		d.note(waitNone, "", time.Time{})
		return time.Time{}, false
	}
	switch dec.Reason {
	case pace.Rate:
		d.note(waitRate, "waiting for the rate", dec.At)
	case pace.Quota:
		d.note(waitQuota, "waiting for the quota", dec.At)
	case pace.Throttled:
		d.note(waitThrottled, "the server asks to wait", dec.At)
	case pace.Outage:
		d.note(waitOutage, d.outageText(), dec.At)
	default:
		d.note(waitAnswer, "waiting for an answer", time.Time{})
	}
	return dec.At, false
}

// announceOutage tells people that the server is gone, or back.
func (d *dispatcher) announceOutage(active bool, r *client.Reply) {
	if active {
		d.cfg.notify(true, fmt.Sprintf("%s (%s); trying again at growing intervals of up to 30 s", d.outageText(), r.Message))
		return
	}
	d.cfg.notify(false, fmt.Sprintf("the server is back at %s", r.Received.Format(time.TimeOnly)))
}

func (d *dispatcher) outageText() string {
	what, o := "the server answers only errors", d.gate.Outage()
	if o.Unreachable {
		what = "server unreachable"
	}
	return what + " since " + o.Since.Format(time.TimeOnly)
}

// note keeps why nothing goes at the moment.
func (d *dispatcher) note(kind waitKind, why string, until time.Time) {
	if kind == waitNone && d.waits == waitNone && why == d.why {
		return
	}
	d.waits, d.why = kind, why
	d.tally.wait(why, until)
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
