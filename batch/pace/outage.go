package pace

import (
	"hash/maphash"
	"time"

	"taskbatch/client"
)

// The two rules of an outage: so many answers in a row, each of another task,
// none of them good.
const (
	illTasks   = 20 // all of them Ill
	errorTasks = 50 // all of them Ill or a 500
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
// try it again.
type outage struct {
	ill    int // tasks in a row that were Ill
	errors int // tasks in a row that were Ill or a 500

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

// answered takes in what an attempt for a task, sent and answered then, said
// about the server. again: the task failed before and did not get through
// since. It counts only once: a task that goes on failing tells of itself.
func (o *outage) answered(sent, now time.Time, h client.Health, again bool) Change {
	if o.active {
		if sent.Before(o.noticed) {
			return Unchanged // under way before: it tells nothing of the outage's end
		}
		o.probing = false
		// After an outage of refused connections, a 500 that speaks of a row
		// shows that the API is back; where 500s began the outage it does not.
		if h == client.Healthy || h == client.RowError && o.byIll {
			*o = outage{}
			return Ended
		}
		return Unchanged
	}
	switch {
	case h == client.Healthy:
		o.ill, o.errors = 0, 0
		return Unchanged
	case h != client.Ill:
		o.ill = 0
	case !again:
		if o.ill++; o.ill == 1 {
			o.firstIll = now
		}
	}
	if again {
		return Unchanged
	}
	if o.errors++; o.errors == 1 {
		o.firstError = now
	}
	switch {
	case o.ill >= illTasks:
		return o.begin(o.firstIll, now, true)
	case o.errors >= errorTasks:
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

// failing remembers the tasks that failed and did not get through since: some
// thousand of them, then the older half is forgotten.
type failing struct {
	seed       maphash.Seed
	tasks, old map[uint64]struct{}
}

const mostFailing = 1 << 14

func newFailing() failing { return failing{seed: maphash.MakeSeed(), tasks: map[uint64]struct{}{}} }

// answered takes in whether a task failed. It tells whether it had failed
// before.
func (f *failing) answered(task string, failed bool) (again bool) {
	if !failed && len(f.tasks)+len(f.old) == 0 {
		return false
	}
	h := maphash.String(f.seed, task)
	_, isNew := f.tasks[h]
	_, isOld := f.old[h]
	switch {
	case !failed:
		delete(f.tasks, h)
		delete(f.old, h)
	case len(f.tasks) == mostFailing/2:
		f.tasks, f.old = map[uint64]struct{}{}, f.tasks
		fallthrough
	default:
		f.tasks[h] = struct{}{}
	}
	return isNew || isOld
}
