package pace

import (
	"hash/maphash"
	"time"

	"taskbatch/client"
)

// The two rules of an outage: so many answers in a row, from at least so many
// tasks, none of them good.
const (
	illAnswers, illTasks     = 20, 10 // all of them Ill
	errorAnswers, errorTasks = 50, 25 // all of them Ill or a 500
)

// The intervals between probes during an outage.
const (
	firstProbe = 1 * time.Second
	maxProbe   = 30 * time.Second
)

// Outage tells whether the server as a whole is out of order, and when to try
// it again. The zero value is not ready; use NewOutage.
type Outage struct {
	seed  maphash.Seed
	tasks [errorAnswers]uint64 // hashes of the tasks of the last answers, a ring
	next  int                  // where the next answer goes in tasks

	ill    int // answers in a row that were Ill
	errors int // answers in a row that were Ill or a 500

	firstIll   time.Time // when the first of these came
	firstError time.Time

	active   bool
	byIll    bool      // begun by the first rule
	since    time.Time // the first answer of the outage
	noticed  time.Time // the answer that showed it
	probe    time.Time
	interval time.Duration
}

// NewOutage returns the state of a server of which nothing is known.
func NewOutage() *Outage { return &Outage{seed: maphash.MakeSeed()} }

// Answered takes in what an attempt for a task, sent and answered then, said
// about the server.
func (o *Outage) Answered(sent, now time.Time, h client.Health, task string) {
	if o.active {
		if sent.Before(o.noticed) {
			return // under way before: it tells nothing of the outage's end
		}
		// After an outage of refused connections, a 500 that speaks of a row
		// shows that the API is back; where 500s began the outage it does not.
		if h == client.Healthy || h == client.RowError && o.byIll {
			*o = Outage{seed: o.seed}
		}
		return
	}
	switch h {
	case client.Healthy:
		o.ill, o.errors = 0, 0
		return
	case client.Ill:
		if o.ill++; o.ill == 1 {
			o.firstIll = now
		}
	default:
		o.ill = 0
	}
	if o.errors++; o.errors == 1 {
		o.firstError = now
	}
	o.tasks[o.next] = maphash.String(o.seed, task)
	o.next = (o.next + 1) % len(o.tasks)

	switch {
	case o.ill >= illAnswers && o.distinct(illAnswers) >= illTasks:
		o.begin(o.firstIll, now, true)
	case o.errors >= errorAnswers && o.distinct(errorAnswers) >= errorTasks:
		o.begin(o.firstError, now, false)
	}
}

func (o *Outage) begin(since, now time.Time, byIll bool) {
	o.active, o.byIll = true, byIll
	o.since, o.noticed, o.interval = since, now, firstProbe
	o.probe = now.Add(firstProbe)
}

// distinct counts the tasks among the last n answers.
func (o *Outage) distinct(n int) int {
	count := 0
	for i := range n {
		first := true
		for j := range i {
			if o.last(i) == o.last(j) {
				first = false
				break
			}
		}
		if first {
			count++
		}
	}
	return count
}

// last is the task of the answer i answers ago.
func (o *Outage) last(i int) uint64 {
	return o.tasks[(o.next-1-i+len(o.tasks))%len(o.tasks)]
}

// Active tells whether there is an outage: nothing but probes should be sent.
func (o *Outage) Active() bool { return o.active }

// Unreachable tells an outage in which the API does not answer from one in
// which it answers errors only.
func (o *Outage) Unreachable() bool { return o.byIll }

// Since is when the outage began; zero without one.
func (o *Outage) Since() time.Time { return o.since }

// NextProbe is when the next single request may be tried; zero without an
// outage.
func (o *Outage) NextProbe() time.Time { return o.probe }

// Probed notes that a probe is being sent now. The next one may follow after
// 2 s, then 4 s, and so on up to 30 s.
func (o *Outage) Probed(now time.Time) {
	if !o.active {
		return
	}
	o.interval = min(2*o.interval, maxProbe)
	o.probe = now.Add(o.interval)
}
