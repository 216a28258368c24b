package batch

import (
	"math/rand/v2"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

const (
	enoughReady       = 256      // rows ready to go, beyond what the pool holds: no need to read on
	maxUnsettled      = 10_000   // rows read ahead, so that one hot task cannot eat the memory
	maxUnsettledBytes = 16 << 20 // the same for long rows
)

// dispatcher owns every row between the reader and the results file, and all
// waiting: one goroutine, one select. Workers make single attempts for it.
type dispatcher struct {
	cfg   *Config
	gate  *pace.Gate
	rules ruleBook
	tally *tally
	waits *waits
	sum   *Summary
	file  *results.Writer

	unchanged string // message of rows that are skipped as such

	rows    <-chan []*item // from the reader; nil when it has ended
	jobs    chan<- *item   // to the workers; as deep as the pool, never blocks
	replies <-chan *item   // back from the workers
	signals <-chan struct{}
	feedErr func() error // why the reader ended, once rows is closed

	lanes      lanes
	busy       <-chan struct{} // the disk cannot keep up: until its next step; else nil
	inFlight   int
	confirming bool // the request that confirms a 401 is in flight
	stopping   stopping

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
		d.tally.inFlight.Store(int64(d.inFlight))
		if d.inFlight == 0 && (d.stopping.giveUp || d.rows == nil && d.lanes.rows == 0) {
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
			d.account(now)
			d.settleReplies(it)
			return
		default:
		}
	}
	var timer <-chan time.Time
	if !wake.IsZero() {
		d.timer.Reset(wake.Sub(now))
		timer = d.timer.C
	}
	rows, failed := d.rows, d.file.Failed()
	if d.busy != nil || d.stopping.stop == nil && d.readAhead() {
		rows = nil
	}
	if d.stopping.unwritable {
		failed = nil
	}
	if len(d.signals) > 0 { // to stop comes before any new row
		rows = nil
	}
	handle := func() {}
	select {
	case it := <-d.replies:
		handle = func() { d.settleReplies(it) }
	case batch, ok := <-rows:
		handle = func() { d.takeRows(batch, ok) }
	case <-d.signals:
		handle = func() { d.signal(time.Now()) }
	case <-failed:
		handle = d.diskFailed
	case <-d.busy:
	case <-timer:
	}
	d.account(now)
	handle()
}

// takeRows takes what the reader hands over; more is false when it has ended.
func (d *dispatcher) takeRows(rows []*item, more bool) {
	if !more {
		d.rows = nil
		d.inputEnded()
	}
	for _, it := range rows {
		d.admit(it)
	}
}

// account counts the wait since then, before what ended it has its effect.
func (d *dispatcher) account(then time.Time) {
	if d.waits.counted != nil {
		waited := time.Since(then)
		*d.waits.counted += waited
		d.rules.waited(waited, d.waits.whose)
	}
}

// readAhead tells whether enough rows are read for now.
func (d *dispatcher) readAhead() bool {
	l := &d.lanes
	// During an outage the probes come from as far ahead as may be.
	enough := len(l.ready) >= enoughReady+cap(d.jobs) && !d.gate.Outage().Active
	return enough || l.rows >= maxUnsettled || l.bytes >= maxUnsettledBytes
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
	switch it.fate {
	case carried:
		d.file.Carry(it.row.Number, it.past.head, it.row.Tail)
		d.tally.outcomes[it.past.outcome].Add(1)
	case noChange:
		d.record(it, record.Skipped, "")
	case same:
		d.record(it, record.Skipped, d.unchanged)
	case invalid:
		d.record(it, record.Invalid, invalidMessage(it.row))
	case held:
		d.record(it, record.Blocked, heldMessage(it.by))
	case behind:
		d.record(it, record.Blocked, blockedMessage(it.by))
	case send:
		if c, closed := d.lanes.closed.by(it.task); closed {
			d.lanes.left--
			d.record(it, record.Blocked, blockedMessage(c))
			return
		}
		d.lanes.admit(it)
	}
}

// launch hands a row to the pool.
func (d *dispatcher) launch(it *item, now time.Time) {
	if it.attempts > 0 {
		d.sum.Retries++
	} else {
		it.firstSent = now
	}
	d.sum.Requests++
	d.inFlight++
	d.gate.Sent(now, it.probe)
	d.jobs <- it
}
