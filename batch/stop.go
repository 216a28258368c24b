package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// Stop says why a run ended before every row was tried, or why it did not
// begin.
type Stop struct {
	Cause Cause
	Why   string // one line
	Hint  string // what to do next; may be ""
}

// Error is a Stop as the error of a run that cannot begin, or not go on.
type Error struct{ Stop }

func (e *Error) Error() string { return e.Why }

func errorOf(cause Cause, why, hint string) *Error { return &Error{Stop{cause, why, hint}} }

// Cause is the kind of a Stop. The first reason to stop counts, but of those
// from Local on a later kind outranks an earlier one.
type Cause uint8

const (
	Signal   Cause = iota // somebody asked for it
	Declined              // somebody was asked and said no
	Setup                 // configuration, results that cannot be continued, a redirect at the start
	Input                 // the input cannot be used, or has changed
	Key                   // the API key was refused
	Rule                  // a limit of the run was reached, or nothing works
	Held                  // another run of the batch is going on
	Local                 // a local file cannot be written
	Bug                   // of taskbatch
)

// Exit is the exit code of the program; 0 for a signal, whose number decides.
func (c Cause) Exit() int {
	return [...]int{Declined: 1, Setup: 2, Input: 3, Key: 4, Rule: 5, Held: 6, Local: 7, Bug: 70}[c]
}

func (c Cause) outranks(other Cause) bool { return c >= Local && c > other }

// Rules are the conditions that end a run early; zero = off but for MaxOutage.
type Rules struct {
	MaxFailures      int64         // rows that ended failed, unknown or invalid
	MaxFailuresShare float64       // 0..1 of the rows settled, after 100 of them
	MaxDuration      time.Duration // start no attempt after this long
	MaxOutage        time.Duration // while no row gets settled
	KeepGoing        bool          // switches off the nothing-works rule
}

const (
	nothingWorksRows = 50  // so many first rows that all fail for good stop a run
	shareFrom        = 100 // rows settled before MaxFailuresShare counts
)

// ruleBook decides when a run stops early. It is told
// of every answer and every settled row.
type ruleBook struct {
	rules   Rules
	fresh   bool // the run starts from nothing: the nothing-works rule holds
	started time.Time

	answers   int64     // HTTP answers
	setUp     time.Time // the first answer that speaks of the set-up, while nothing was answered; zero: none
	applied   bool      // a 2xx came
	forbidden string
	sent      int64 // rows that were sent and settled
	through   int64 // of these, updated
	refused   int64 // of these, failed for good
	settled   int64
	bad       int64 // failed, unknown or invalid

	calm    time.Time     // last answer that settled a row, or the start
	trouble bool          // an answer since settled none
	refusal bool          // an answer since was a 429
	allowed time.Duration // since: the first announced wait, and waits for --rate and the quota
	first   bool          // an announced wait is among these
}

// answered looks at the answer to an attempt for a task.
func (b *ruleBook) answered(task string, r *client.Reply) *Stop {
	if r.Status != 0 {
		b.answers++
	}
	switch r.Verdict {
	case client.Applied, client.Refused, client.Redirected, client.Forbidden:
		b.calm, b.trouble, b.refusal, b.allowed, b.first = r.Received, false, false, 0, false
	default:
		b.trouble = true
		b.refusal = b.refusal || r.Verdict == client.Throttled
	}
	switch {
	case r.Verdict == client.Applied:
		b.applied = true
	case r.Verdict == client.Redirected && b.answers == 1:
		return &Stop{Setup, "the server redirects: " + r.Message, "check --base-url; a redirect is never followed, because the API key would go with it"}
	case r.Verdict == client.Forbidden && !b.applied:
		if b.forbidden != "" && b.forbidden != task {
			return &Stop{Key, "the API key may not update tasks: " + r.Message, "check the key's permissions, then run the same command again"}
		}
		b.forbidden = task
	case r.Setup && b.answers == 0:
		if !b.setUp.IsZero() && !r.Sent.Before(b.secondTry()) {
			return &Stop{Setup, "nothing can be sent: " + r.Message, "check --base-url, --ca-cert and the proxy; then run the same command again: it continues"}
		}
		if b.setUp.IsZero() {
			b.setUp = r.Received
		}
	}
	return nil
}

// secondTry is when to see whether the set-up is wrong indeed; zero: there is
// no doubt about it.
func (b *ruleBook) secondTry() time.Time {
	if b.setUp.IsZero() || b.answers > 0 {
		return time.Time{}
	}
	return b.setUp.Add(time.Second)
}

// settledRow looks at the outcome of a row. forGood: the server refused it,
// so that no retry could help.
func (b *ruleBook) settledRow(o record.Outcome, wasSent, forGood bool) *Stop {
	b.settled++
	if o == record.Failed || o == record.Unknown || o == record.Invalid {
		b.bad++
	}
	if wasSent {
		b.sent++
		switch {
		case o == record.Updated:
			b.through++
		case forGood:
			b.refused++
		}
		if b.fresh && !b.rules.KeepGoing && b.sent == nothingWorksRows && b.refused == nothingWorksRows {
			return &Stop{Rule, fmt.Sprintf("nothing works: the first %d rows sent all failed", nothingWorksRows), "look at the causes: the file or the target may be wrong; --keep-going switches this rule off"}
		}
	}
	if n := b.rules.MaxFailures; n > 0 && b.bad >= n {
		return &Stop{Rule, fmt.Sprintf("--max-failures: %d of the rows so far did not get through", b.bad), "the same command continues"}
	}
	if share := b.rules.MaxFailuresShare; share > 0 && b.settled >= shareFrom && float64(b.bad) >= share*float64(b.settled) {
		return &Stop{Rule, fmt.Sprintf("--max-failures: %d of %d rows did not get through", b.bad, b.settled), "the same command continues"}
	}
	return nil
}

// announced tells of an announced wait now in force; 0: there is none.
func (b *ruleBook) announced(wait time.Duration) {
	if b.refusal && !b.first && wait > 0 {
		b.first = true
		b.allowed += wait
	}
}

// waited tells of a wait that is over.
func (b *ruleBook) waited(d time.Duration, w whose) {
	if b.patient(w) {
		b.allowed += d
	}
}

// patient tells whether a wait is no sign that the server is gone.
func (b *ruleBook) patient(w whose) bool { return w == ours || w == quota && !b.refusal }

// ends is when the first of the two rules strikes that only the clock decides,
// and whether that is the one on outages; zero: never.
func (b *ruleBook) ends(w whose) (at time.Time, outage bool) {
	if b.rules.MaxDuration > 0 {
		at = b.started.Add(b.rules.MaxDuration)
	}
	if b.trouble && b.rules.MaxOutage > 0 && !b.patient(w) {
		if end := b.calm.Add(b.rules.MaxOutage + b.allowed); at.IsZero() || end.Before(at) {
			return end, true
		}
	}
	return at, false
}

// expired looks at these two rules.
func (b *ruleBook) expired(now time.Time, w whose) *Stop {
	end, outage := b.ends(w)
	switch {
	case end.IsZero() || now.Before(end):
		return nil
	case outage:
		return &Stop{Rule, fmt.Sprintf("--max-outage: no row got through since %s", b.calm.Format(time.TimeOnly)), "the same command continues when the server is back"}
	}
	return &Stop{Rule, fmt.Sprintf("--max-duration: %s are over", b.rules.MaxDuration), "the same command continues"}
}

// stopping is how far the end of a stopped run has come.
type stopping struct {
	stop       *Stop              // nil: the run goes on
	signalled  time.Time          // first signal; zero: none
	abandon    context.CancelFunc // ends the attempts in flight
	abandoned  bool
	giveUp     bool // no more rows are read: the .partial stays
	unwritable bool // the .partial cannot be written any more
	cut        bool // a row was settled only because the run stopped
}

const (
	grace      = 10 * time.Second       // for requests in flight after a signal
	filesGrace = 800 * time.Millisecond // more for the files, so that the process is gone within 11 s of the signal
)

// halt stops the run: no new attempts.
func (d *dispatcher) halt(s *Stop) {
	if d.stopping.stop == nil || s.Cause.outranks(d.stopping.stop.Cause) {
		d.stopping.stop = s
		d.tally.phase.Store(int32(Stopping))
	}
}

// signal handles a request to stop: the first lets the requests in flight
// end, the second does not.
func (d *dispatcher) signal(now time.Time) {
	if d.stopping.signalled.IsZero() {
		d.stopping.signalled = now
		d.halt(&Stop{Signal, "stopped by a signal", "the same command continues"})
		return
	}
	d.abandonInFlight()
}

func (d *dispatcher) abandonInFlight() {
	d.stopping.abandoned = true
	d.stopping.abandon()
}

// inputEnded looks at why the reader ended. A run whose input changed under it
// cannot know its rows any more.
func (d *dispatcher) inputEnded() {
	err := d.feedErr()
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	s := Stop{Cause: Input, Why: err.Error()}
	if known := (*Error)(nil); errors.As(err, &known) {
		s = known.Stop
	}
	if errors.Is(err, csvmap.ErrChanged) {
		s.Hint = "run the same command again when nothing writes to the file: it continues, and checks what was sent against the file as it is then"
	}
	d.halt(&s)
	d.stopping.giveUp = true
}

// diskFailed stops a run that cannot keep its records.
func (d *dispatcher) diskFailed() {
	d.stopping.unwritable, d.stopping.giveUp = true, true
	d.halt(&Stop{Local, "cannot keep the records: " + d.file.Err().Error(), "make room, then run the same command again: it continues; the answers that could not be recorded stand on stderr"})
}

// settleWaiting gives every row that is not in flight its outcome: it gets no
// further attempt.
func (d *dispatcher) settleWaiting() {
	for it := d.lanes.waiting(); it != nil; it = d.lanes.waiting() {
		if it.attempts == 0 && d.stopping.unwritable {
			continue
		}
		d.stopping.cut = true
		switch {
		case it.attempts > 0:
			d.exhausted(it)
		case it.stands():
			d.keep(it)
		default:
			d.settle(it, record.Unsent, "")
		}
	}
}

// stopWakes keeps the times of a stop by signal and returns the next of them.
func (d *dispatcher) stopWakes(now time.Time) time.Time {
	s := &d.stopping
	if s.signalled.IsZero() {
		return time.Time{}
	}
	if end := s.signalled.Add(grace); !s.abandoned {
		if now.Before(end) {
			return end
		}
		d.abandonInFlight()
	}
	end := s.signalled.Add(grace + filesGrace)
	if !now.Before(end) {
		s.giveUp = true
		return time.Time{}
	}
	return end
}
