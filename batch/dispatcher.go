package batch

import (
	"context"
	"math/rand/v2"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/batch/results"
	"taskbatch/client"
	"taskbatch/csvmap/record"
)

const (
	patientThrottles  = 3                // so often a row answered 429 goes before new ones
	enoughReady       = 256              // rows ready to go, beyond what the pool holds: no need to read on
	maxUnsettled      = 10_000           // rows read ahead, so that one hot task cannot eat the memory
	maxUnsettledBytes = 16 << 20         // the same for long rows
	grace             = 10 * time.Second // for requests in flight after a signal
	filesGrace        = 10800 * time.Millisecond
)

// dispatcher owns every row between the reader and the results file, and all
// waiting: one goroutine, one select. Workers make single attempts for it.
type dispatcher struct {
	cfg   *Config
	gate  *pace.Gate
	rules ruleBook
	tally *tally
	file  *results.Writer

	rows    <-chan []*item // from the reader; nil when it has ended
	jobs    chan<- *item   // to the workers; as deep as the pool, never blocks
	replies <-chan *item   // back from the workers
	signals <-chan struct{}

	lanes      lanes
	ready      queue
	retry      retryQueue
	suspects   []*item // answered 401, to be confirmed
	unsettled  int     // rows admitted and not settled
	bytes      int     // memory of these
	left       int64   // rows that are still to be sent
	inFlight   int
	confirming bool // the request that confirms a 401 is in flight

	stop       *Stop
	signalled  time.Time          // first signal; zero: none
	abandon    context.CancelFunc // ends the attempts in flight
	abandoned  bool
	giveUp     bool // no more rows are read: the .partial stays
	unwritable bool // the .partial cannot be written any more

	feedErr func() error // why the reader ended, once rows is closed
	cut     bool         // a row was settled only because the run stopped

	waits  waitKind // why nothing goes at the moment
	why    string
	random *rand.Rand
	timer  *time.Timer
	turn   int // of await
}

// run serves until every row is settled, or the run was given up.
func (d *dispatcher) run() {
	d.timer = time.NewTimer(time.Hour)
	defer d.timer.Stop()
	for {
		now := time.Now()
		wake := d.dispatch(now)
		if d.inFlight == 0 && (d.giveUp || d.rows == nil && d.unsettled == 0) {
			return
		}
		d.await(now, wake)
	}
}

// await blocks until something happens that can change what may be sent.
func (d *dispatcher) await(now, wake time.Time) {
	if d.turn++; d.turn%8 != 0 { // else the other events have their turn
		select {
		case it := <-d.replies: // the usual event, without the price of the others
			d.settleReplies(it)
			d.waits.account(d.tally, time.Since(now))
			return
		default:
		}
	}
	var timer <-chan time.Time
	if !wake.IsZero() {
		d.timer.Reset(wake.Sub(now))
		timer = d.timer.C
	}
	rows := d.rows
	busy := d.file.Busy()
	if busy || d.stop == nil && d.readAhead() {
		rows = nil
	}
	var drained <-chan struct{}
	if busy {
		drained = d.file.Drained()
	}
	failed := d.file.Failed()
	if d.unwritable {
		failed = nil
	}
	select {
	case it := <-d.replies:
		d.settleReplies(it)
	case batch, ok := <-rows:
		if !ok {
			d.rows = nil
			d.inputEnded()
			break
		}
		for _, it := range batch {
			d.admit(it)
		}
	case <-d.signals:
		d.signal(time.Now())
	case <-failed:
		d.diskFailed()
	case <-drained:
	case <-timer:
	}
	d.waits.account(d.tally, time.Since(now))
}

// readAhead tells whether enough rows are read for now.
func (d *dispatcher) readAhead() bool {
	return d.ready.len() >= enoughReady+cap(d.jobs) || d.unsettled >= maxUnsettled || d.bytes >= maxUnsettledBytes
}

// settleReplies takes all the replies that are there, so that the pool is
// filled in one go.
func (d *dispatcher) settleReplies(it *item) {
	for {
		d.answered(it)
		select {
		case it = <-d.replies:
		default:
			return
		}
	}
}

// admit takes a row from the reader.
func (d *dispatcher) admit(it *item) {
	task := it.row.TaskID
	switch it.fate {
	case recorded:
		return
	case carried:
		d.file.AppendCarried(*it.past.head, it.row.Tail)
		d.tally.outcomes[it.past.outcome].Add(1)
		return
	case noChange:
		d.record(it, record.Skipped, "")
		return
	case held:
		d.record(it, record.Blocked, heldMessage(it))
		return
	case invalid:
		if task == "" || d.lanes.tail[task] == nil {
			d.record(it, record.Invalid, invalidMessage(it.row))
			d.lanes.close(task, it.row.Number, record.Invalid)
			return
		}
	}
	if _, closed := d.lanes.blockedBy(task); closed && it.fate == send {
		d.left--
		d.block(it)
		return
	}
	d.unsettled++
	d.bytes += it.cost()
	if d.lanes.join(it) {
		d.ready.push(it)
	}
}

// launch hands a row to the pool.
func (d *dispatcher) launch(it *item, now time.Time) {
	if it.firstSent.IsZero() {
		it.firstSent = now
	}
	if it.attempts > 0 {
		d.tally.retries++
	}
	d.tally.requests++
	d.inFlight++
	d.tally.inFlight.Store(int64(d.inFlight))
	d.gate.Sent(now, it.probe)
	d.jobs <- it
}

// answered learns from an attempt and decides what becomes of its row.
func (d *dispatcher) answered(it *item) {
	d.inFlight--
	d.tally.inFlight.Store(int64(d.inFlight))
	it.attempts++
	if it.panicked != nil {
		it.unanswered = true
		d.halt(panicStop(it))
		d.settle(it, record.Unknown, "taskbatch failed while the request was in flight")
		return
	}
	r := &it.reply
	if r.Status != 0 {
		it.status = r.Status
	}
	it.message = r.Message
	d.tally.answered(r.Received.Sub(r.Sent))
	if d.abandoned && r.Verdict == client.Unanswered {
		it.message = "stopped while the request was in flight"
	} else {
		d.observe(it, r)
	}
	d.judge(it, r)
}

// observe tells the policies of an answer.
func (d *dispatcher) observe(it *item, r *client.Reply) {
	learned := d.gate.Answered(r, it.row.TaskID)
	if wait := d.gate.Announced(r.Received); wait > 0 {
		d.rules.announced(wait)
	}
	if learned.Outage != pace.Unchanged {
		d.announceOutage(learned.Outage == pace.Began, r)
	}
	if s := d.rules.answered(it.row.TaskID, r); s != nil {
		d.halt(s)
	}
}

// judge turns the verdict on an attempt into the next step of its row.
func (d *dispatcher) judge(it *item, r *client.Reply) {
	probe, confirm := it.probe, it.confirm
	it.probe, it.confirm = false, false
	if confirm {
		d.confirming = false
	}
	switch r.Verdict {
	case client.Applied:
		warning := ""
		if r.Warning != "" {
			warning = "warning: " + r.Warning
			d.tally.warnings++
		}
		d.settle(it, record.Updated, warning)
		return
	case client.Unauthorized:
		if confirm {
			d.halt(&Stop{Cause: Key, Why: "the API key was refused: " + r.Message, Hint: "check the key, then run the same command again: it continues"})
		}
		d.suspects = append(d.suspects, it)
		return
	case client.Refused, client.Redirected, client.Forbidden:
		if final4xx := r.Status >= 400 && r.Status < 500; it.unanswered && !final4xx {
			d.settle(it, record.Unknown, it.message)
		} else {
			d.settle(it, record.Failed, it.message)
		}
		return
	case client.Throttled:
		d.tally.throttled++
		if it.throttled++; it.throttled >= patientThrottles {
			d.ready.push(it) // perhaps it is only this row: others may try
		} else {
			d.retry.push(it, r.Received)
		}
		return
	case client.Unanswered:
		it.unanswered = true
	}
	if !probe || r.Health == client.RowError {
		it.tries++
	}
	if it.tries >= d.cfg.Attempts {
		d.exhausted(it)
		return
	}
	d.retry.push(it, r.Received.Add(client.Backoff(max(1, it.tries), d.random)))
}

// exhausted settles a row that gets no further attempt.
func (d *dispatcher) exhausted(it *item) {
	switch {
	case !it.unanswered:
		d.settle(it, record.Failed, it.message)
	case it.reply.Verdict == client.Unanswered || it.attempts == 0:
		d.settle(it, record.Unknown, it.message)
	default:
		d.settle(it, record.Unknown, it.message+" (an earlier attempt was not answered)")
	}
}

// settle gives an admitted row its outcome and lets its lane move on.
func (d *dispatcher) settle(it *item, o record.Outcome, message string) {
	d.left--
	d.unsettled--
	d.bytes -= it.cost()
	d.record(it, o, message)
	d.advance(it, o)
}

// advance lets the lane of a settled row move on: the next row becomes ready,
// or all that wait behind a row that did not get through are blocked.
func (d *dispatcher) advance(it *item, o record.Outcome) {
	task := it.row.TaskID
	if o != record.Updated && o != record.Unsent {
		d.lanes.close(task, it.row.Number, o)
	}
	for next := d.lanes.leave(it); next != nil; next = d.lanes.leave(next) {
		_, closed := d.lanes.blockedBy(task)
		if next.fate == send && !closed {
			d.ready.push(next)
			return
		}
		d.unsettled--
		d.bytes -= next.cost()
		if next.fate == invalid {
			d.record(next, record.Invalid, invalidMessage(next.row))
			d.lanes.close(task, next.row.Number, record.Invalid)
			continue
		}
		d.left--
		d.block(next)
	}
}

// block records a row whose task's lane is closed.
func (d *dispatcher) block(it *item) {
	c, _ := d.lanes.blockedBy(it.row.TaskID)
	d.record(it, record.Blocked, blockedMessage(c))
}

// record writes a row's outcome.
func (d *dispatcher) record(it *item, o record.Outcome, message string) {
	now := time.Now()
	rec := results.Record{
		Outcome: o, Row: it.row.Number, Status: it.status, Attempts: it.attempts, At: now,
		Target: d.cfg.Target, Error: message, Sum: it.sum, HasSum: it.row.Err == nil, Tail: it.row.Tail,
	}
	if it.attempts > 0 {
		rec.MS = it.reply.Received.Sub(it.firstSent).Milliseconds()
	}
	d.file.Append(&rec)
	d.tally.outcomes[o].Add(1)
	d.tally.settled++
	if s := d.rules.settledRow(o, it.attempts > 0, o == record.Failed && forGood(it.reply.Verdict)); s != nil {
		d.halt(s)
	}
}

// forGood tells whether no retry could change the answer.
func forGood(v client.Verdict) bool {
	return v == client.Refused || v == client.Forbidden || v == client.Redirected || v == client.Unauthorized
}
