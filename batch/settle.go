package batch

import (
	"fmt"
	"strings"
	"time"

	"taskbatch/batch/results"
	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

const (
	patientThrottles = 3  // so often a row answered 429 goes before new ones
	patientFelt      = 10 // refusals of a row for load or a felt limit that use up no attempt
)

// answered learns from an attempt and decides what becomes of its row.
func (d *dispatcher) answered(it *item) {
	d.inFlight--
	it.attempts++
	r := &it.reply
	if it.panicked != nil {
		it.unanswered = true
		d.halt(&Stop{Bug, fmt.Sprintf("a bug in taskbatch: row %d: %v", it.row.Number, it.panicked), "please report it; the same command continues"})
		d.settle(it, record.Unknown, "taskbatch failed while the request was in flight")
		return
	}
	if r.Status != 0 {
		it.status = r.Status
	}
	it.message = r.Message
	d.tally.answered(r.Received.Sub(r.Sent))
	d.attempted(it)
	felt := false
	if cancelled := r.Verdict == client.Unanswered || r.Verdict == client.Unconnected; d.stopping.abandoned && cancelled {
		it.message = "stopped while the request was in flight"
	} else {
		felt = d.observe(it, r)
	}
	probe, confirm := it.probe, it.confirm
	it.probe, it.confirm = false, false
	if confirm {
		d.confirming = false
		if r.Verdict == client.Unauthorized {
			d.halt(&Stop{Key, "the API key was refused: " + r.Message, "check the key, then run the same command again: it continues"})
		}
	}
	if !d.decide(it, r) {
		d.retryLater(it, r, probe, felt)
	}
}

// observe tells the policies of an answer, and whether it refuses only for
// load or for a limit that is only felt.
func (d *dispatcher) observe(it *item, r *client.Reply) (felt bool) {
	learned := d.gate.Answered(r, it.row.TaskID)
	d.announceOutage(learned.Outage, r)
	if s := d.rules.answered(it.row.TaskID, r); s != nil {
		d.halt(s)
	}
	return learned.Felt && d.rules.applied // where nothing gets through nothing is felt
}

// decide settles the row if the verdict on its attempt is final, or puts it
// where it waits without an attempt having counted.
func (d *dispatcher) decide(it *item, r *client.Reply) bool {
	switch r.Verdict {
	case client.Applied:
		warning := ""
		if r.Warning != "" {
			warning = "warning: " + r.Warning
			d.sum.Warnings++
		}
		d.settle(it, record.Updated, warning)
	case client.Unauthorized:
		d.lanes.suspects.push(it)
	case client.Refused, client.Redirected, client.Forbidden:
		outcome := record.Failed
		if final4xx := r.Status >= 400 && r.Status < 500; it.unanswered && !final4xx {
			outcome = record.Unknown
		}
		d.settle(it, outcome, it.message)
	case client.Throttled:
		d.sum.Throttled++
		switch it.throttled++; {
		case r.Quota.OwnTask:
			d.waitFor(it, ownWait(r))
		case it.throttled >= patientThrottles:
			d.lanes.ready.push(it) // perhaps it is only this row: others may try
		default:
			d.waitFor(it, 0)
		}
	default:
		return false
	}
	return true
}

// retryLater counts an attempt that failed and may pass.
func (d *dispatcher) retryLater(it *item, r *client.Reply, probe, felt bool) {
	if r.Verdict == client.Unanswered {
		it.unanswered = true
	}
	switch {
	case felt && it.felt < patientFelt:
		it.felt++
	case !probe || r.Health == client.RowError:
		it.tries++
	}
	if it.tries >= d.cfg.Attempts {
		d.exhausted(it)
		return
	}
	d.waitFor(it, client.Backoff(max(1, it.tries, it.felt), d.random))
}

// waitFor puts the row into the retry queue.
func (d *dispatcher) waitFor(it *item, wait time.Duration) {
	it.early = it.reply.Received.Add(aloneWait + time.Duration(d.random.Int64N(int64(aloneWait))))
	if it.reply.Verdict == client.Throttled {
		it.early = it.reply.Received.Add(wait)
	}
	d.lanes.retry.insert(it, it.reply.Received.Add(wait))
}

// ownWait is for how long a server that counts each task by itself refuses
// this one.
func ownWait(r *client.Reply) time.Duration {
	const rounding = time.Second // of the reset and the date
	q := &r.Quota
	switch {
	case r.RetryAfter > 0:
		return r.RetryAfter
	case q.Relative:
		return q.Left + rounding
	case q.Date.IsZero():
		return max(rounding, q.Reset.Sub(r.Received)+rounding)
	}
	return max(rounding, q.Reset.Sub(q.Date)+rounding)
}

// exhausted settles a row that gets no further attempt.
func (d *dispatcher) exhausted(it *item) {
	switch {
	case !it.unanswered:
		d.settle(it, record.Failed, it.message)
	case it.reply.Verdict == client.Unanswered:
		d.settle(it, record.Unknown, it.message)
	default:
		d.settle(it, record.Unknown, it.message+" (an earlier attempt was not answered)")
	}
}

// settle gives a row of a lane its outcome and lets its lane move on.
func (d *dispatcher) settle(it *item, o record.Outcome, message string) {
	d.record(it, o, message)
	d.advance(it, o)
}

// keep leaves a row of a lane the record of an earlier run, which still tells
// the truth.
func (d *dispatcher) keep(it *item) {
	if !it.past.inFile {
		d.file.Carry(it.row.Number, it.past.head, it.row.Tail)
	}
	d.tally.outcomes[it.past.outcome].Add(1)
	d.advance(it, it.past.outcome)
}

// advance lets the lane of a settled row move on: the next row becomes ready,
// or all that wait behind a row that did not get through are blocked.
func (d *dispatcher) advance(it *item, o record.Outcome) {
	through := o == record.Updated || o == record.Unsent
	c := closing{it.row.Number, o}
	if !through {
		d.lanes.closed.close(it.task, c.row, o)
	}
	for next := d.lanes.release(it); next != nil; next = d.lanes.release(next) {
		if through {
			d.lanes.ready.push(next)
			return
		}
		d.record(next, record.Blocked, blockedMessage(c))
	}
}

// record writes a row's outcome.
func (d *dispatcher) record(it *item, o record.Outcome, message string) {
	rec := results.Record{
		Outcome: o, Row: it.row.Number, Status: it.status, Attempts: it.attempts, At: it.reply.Received,
		Target: d.cfg.Target, Error: message, Sum: it.sum, HasSum: it.row.Err == nil, Tail: it.row.Tail,
	}
	if p := it.row.Prior; p != nil && p.WasTask != "" {
		rec.Sum, rec.HasSum = p.Head.Sum() // so that the next rerun knows it, too
	}
	if it.attempts > 0 {
		rec.MS = it.reply.Received.Sub(it.firstSent).Milliseconds()
	} else {
		rec.At = time.Now()
	}
	d.file.Add(&rec)
	d.tally.outcomes[o].Add(1)
	d.sum.Settled++
	if s := d.rules.settledRow(o, it.attempts > 0, o == record.Failed && forGood(it.reply.Verdict)); s != nil {
		d.halt(s)
	}
}

// forGood tells whether no retry could change the answer.
func forGood(v client.Verdict) bool {
	return v == client.Refused || v == client.Forbidden || v == client.Redirected || v == client.Unauthorized
}

// invalidMessage says in the results file why a row is invalid, and where.
func invalidMessage(row *csvmap.Row) string {
	if row.Prior != nil && row.Prior.Raw && row.Prior.Head[record.ColError] != "" {
		return row.Prior.Head[record.ColError]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", row.Err.Line)
	if row.Err.Column != "" {
		fmt.Fprintf(&b, ", column %s", row.Err.Column)
	}
	b.WriteString(": ")
	b.WriteString(row.Err.Reason)
	return b.String()
}

func blockedMessage(c closing) string {
	if c.row == 0 {
		return fmt.Sprintf("an earlier row of this task ended %s", c.outcome)
	}
	return fmt.Sprintf("row %d of this task ended %s", c.row, c.outcome)
}

func heldMessage(c closing) string {
	return fmt.Sprintf("row %d is newer: it is updated already", c.row)
}
