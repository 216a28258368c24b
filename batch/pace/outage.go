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

// OutageState tells whether the server as a whole is out of order.
type OutageState struct {
	Active      bool
	Unreachable bool      // the API does not answer; else it answers errors only
	Since       time.Time // the first bad answer; zero without an outage
}

// Change is what an answer changed about an outage.
type Change uint8

// The changes.
const (
	Unchanged Change = iota
	Began
	Ended
)

// outage notices that the server as a whole is out of order, and tells when to
// try it again. The zero value is not ready; use newOutage.
type outage struct {
	seed  maphash.Seed
	tasks [errorAnswers]uint64 // hashes of the tasks of the last answers, a ring
	free  int                  // where the next answer goes in tasks

	ill    int // answers in a row that were Ill
	errors int // answers in a row that were Ill or a 500

	firstIll   time.Time // when the first of these came
	firstError time.Time

	active   bool
	byIll    bool      // begun by the first rule
	since    time.Time // the first answer of the outage
	noticed  time.Time // the answer that showed it
	next     time.Time // probe
	interval time.Duration
	probing  bool // a probe is in flight
}

func newOutage() outage { return outage{seed: maphash.MakeSeed()} }

// answered takes in what an attempt for a task, sent and answered then, said
// about the server.
func (o *outage) answered(sent, now time.Time, h client.Health, task string) Change {
	if o.active {
		if sent.Before(o.noticed) {
			return Unchanged // under way before: it tells nothing of the outage's end
		}
		o.probing = false
		// After an outage of refused connections, a 500 that speaks of a row
		// shows that the API is back; where 500s began the outage it does not.
		if h == client.Healthy || h == client.RowError && o.byIll {
			*o = outage{seed: o.seed}
			return Ended
		}
		return Unchanged
	}
	switch h {
	case client.Healthy:
		o.ill, o.errors = 0, 0
		return Unchanged
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
	o.tasks[o.free] = maphash.String(o.seed, task)
	o.free = (o.free + 1) % len(o.tasks)

	switch {
	case o.ill >= illAnswers && o.distinct(illAnswers) >= illTasks:
		return o.begin(o.firstIll, now, true)
	case o.errors >= errorAnswers && o.distinct(errorAnswers) >= errorTasks:
		return o.begin(o.firstError, now, false)
	}
	return Unchanged
}

func (o *outage) begin(since, now time.Time, byIll bool) Change {
	o.active, o.byIll = true, byIll
	o.since, o.noticed, o.interval = since, now, firstProbe
	o.next = now.Add(firstProbe)
	return Began
}

// distinct counts the tasks among the last n answers.
func (o *outage) distinct(n int) int {
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
func (o *outage) last(i int) uint64 {
	return o.tasks[(o.free-1-i+len(o.tasks))%len(o.tasks)]
}

// wait holds back all but single probes: reason Outage until the next one may
// go, which is not told while one is in flight.
func (o *outage) wait(now time.Time) (reason Reason, until time.Time) {
	switch {
	case !o.active:
		return None, time.Time{}
	case o.probing:
		return Outage, time.Time{}
	case now.Before(o.next):
		return Outage, o.next
	}
	return None, time.Time{}
}

// probed notes that a probe is being sent now. The next one may follow after
// 2 s, then 4 s, and so on up to 30 s.
func (o *outage) probed(now time.Time) {
	if !o.active {
		return
	}
	o.interval = min(2*o.interval, maxProbe)
	o.next = now.Add(o.interval)
	o.probing = true
}
