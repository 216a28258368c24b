package pace

import (
	"fmt"
	"math/rand/v2"
	"time"

	"taskbatch/client"
)

// server is one that the runs of this file meet. arrive takes in a request, and
// tells its answer and how long it is at work on it; done follows then.
type server interface {
	arrive(at time.Time, task string) (r client.Reply, work time.Duration)
	done(at time.Time)
}

// The kinds of limits.
const (
	fixed   = "fixed"     // windows on the clock
	begun   = "begun"     // a window begins with its first request
	sliding = "sliding"   // the time before each request counts; Reset is when the oldest of it is forgotten
	nest    = "throttler" // the same, but Reset counts down fixed windows, and who goes beyond is shut out for one
	bucket  = "leaky"     // Reset is when it is empty
)

// quotaServer keeps one limit, for all requests or for every task.
type quotaServer struct {
	kind    string
	form    string
	limit   int64
	window  time.Duration
	perTask bool
	named   bool // it says that windows are those of the task
	name    string

	skew time.Duration
	all  map[string]*books
	days map[int64]*usage // what became of each window's length of time
}

// books are those of one limit.
type books struct {
	end     time.Time
	count   int64
	log     []time.Time
	level   float64
	at      time.Time
	blocked time.Time
}

func (s *quotaServer) done(time.Time) {}

func (s *quotaServer) arrive(at time.Time, task string) (client.Reply, time.Duration) {
	if s.all == nil {
		s.all, s.days = map[string]*books{}, map[int64]*usage{}
	}
	if !s.perTask {
		task = ""
	}
	b := s.all[task]
	if b == nil {
		b = &books{at: at}
		s.all[task] = b
	}
	r := client.Reply{Status: 200}
	ok, remaining, reset := b.take(s, at)
	if !ok {
		r.Status, r.Verdict = 429, client.Throttled
		if s.kind == nest {
			r.RetryAfter = seconds(reset.Sub(at))
		}
	}
	day := int64(at.Sub(start) / s.window)
	u := s.days[day]
	if u == nil {
		u = &usage{}
		s.days[day] = u
	}
	if ok {
		u.own++
	} else {
		u.rejected++
	}
	if ok || s.kind != nest {
		r.Quota = s.told(at, remaining, reset)
	}
	return r, 0
}

// take counts a request. reset is when the server says that its limit is whole
// again.
func (b *books) take(s *quotaServer, at time.Time) (ok bool, remaining int64, reset time.Time) {
	switch s.kind {
	case fixed, begun:
		if !at.Before(b.end) {
			b.count = 0
			b.end = at.Add(s.window)
			if s.kind == fixed {
				b.end = at.Truncate(s.window).Add(s.window)
			}
		}
		if ok = b.count < s.limit; ok {
			b.count++
		}
		return ok, s.limit - b.count, b.end
	case bucket:
		rate := float64(s.limit) / s.window.Seconds()
		b.level = max(0, b.level-rate*at.Sub(b.at).Seconds())
		b.at = at
		if ok = b.level+1 <= float64(s.limit); ok {
			b.level++
		}
		return ok, int64(float64(s.limit) - b.level), at.Add(time.Duration(b.level / rate * 1e9))
	}
	for len(b.log) > 0 && at.Sub(b.log[0]) >= s.window {
		b.log = b.log[1:]
	}
	if s.kind == nest {
		if at.Before(b.blocked) {
			return false, 0, b.blocked
		}
		if !at.Before(b.end) {
			b.end = at.Add(s.window)
		}
	}
	if ok = int64(len(b.log)) < s.limit; ok {
		b.log = append(b.log, at)
	} else if s.kind == nest {
		b.blocked = at.Add(s.window)
		return false, 0, b.blocked
	}
	reset = b.log[0].Add(s.window)
	if s.kind == nest {
		reset = b.end
	}
	return ok, s.limit - int64(len(b.log)), reset
}

func seconds(d time.Duration) time.Duration { return (d + time.Second - 1).Truncate(time.Second) }

// told puts what the books say into the form of the server's headers.
func (s *quotaServer) told(at time.Time, remaining int64, reset time.Time) client.Quota {
	q := client.Quota{Name: s.name, Known: true, Limit: s.limit, Remaining: remaining, OwnTask: s.named}
	q.Date = at.Add(s.skew).Truncate(time.Second)
	switch s.form {
	case "seconds":
		q.Reset = reset.Add(s.skew + time.Second - 1).Truncate(time.Second)
	case "milliseconds":
		q.Reset = reset.Add(s.skew).Truncate(ms)
	case "left":
		q.Relative, q.Left = true, seconds(reset.Sub(at))
	case "left, rounded down":
		q.Relative, q.Left = true, reset.Sub(at).Truncate(time.Second)
	case "left, no Date":
		q.Relative, q.Left, q.Date = true, seconds(reset.Sub(at)), time.Time{}
	}
	return q
}

// used is the share of the limit that was used between the first window's
// length of time and the last, and the worst number of 429s in one after the
// first.
func (s *quotaServer) used(share float64) (used float64, worst int64) {
	last := int64(0)
	for day := range s.days {
		last = max(last, day)
	}
	var sum int64
	for day := int64(1); day <= last; day++ {
		u := s.days[day]
		if u == nil {
			u = &usage{}
		}
		worst = max(worst, u.rejected)
		if day < last {
			sum += u.own
		}
	}
	if last < 2 {
		return 1, worst
	}
	return float64(sum) / (float64(ours(share, s.limit)) * float64(last-1)), worst
}

// twoLimits keeps two limits at once.
type twoLimits struct{ short, long *quotaServer }

func (s *twoLimits) done(time.Time) {}
func (s *twoLimits) arrive(at time.Time, task string) (client.Reply, time.Duration) {
	r, _ := s.short.arrive(at, task)
	r2, _ := s.long.arrive(at, task)
	r.More = []client.Quota{r2.Quota}
	if r2.Status == 429 {
		r.Status, r.Verdict = r2.Status, r2.Verdict
	}
	return r, 0
}

// limitReq is nginx's limit_req: no header, an excess of burst at most, which
// is delayed or not.
type limitReq struct {
	rate    float64
	burst   float64
	delayed bool
	status  int

	excess float64
	last   time.Time
}

func (s *limitReq) done(time.Time) {}
func (s *limitReq) arrive(at time.Time, _ string) (client.Reply, time.Duration) {
	excess := max(0, s.excess-s.rate*at.Sub(s.last).Seconds()+1)
	if s.last.IsZero() {
		excess = 0
	}
	if excess > s.burst {
		if s.status == 429 {
			return client.Reply{Status: 429, Verdict: client.Throttled}, 0
		}
		return client.Reply{Status: 503, Verdict: client.Erring, Health: client.Ill}, 0
	}
	s.excess, s.last = excess, at
	if s.delayed {
		return client.Reply{Status: 200}, time.Duration(excess / s.rate * 1e9)
	}
	return client.Reply{Status: 200}, 0
}

// overloaded takes so many at a time, each for a while, and refuses the others.
type overloaded struct {
	most     int
	work     time.Duration
	inFlight int
}

func (s *overloaded) done(time.Time) { s.inFlight-- }
func (s *overloaded) arrive(time.Time, string) (client.Reply, time.Duration) {
	if s.inFlight++; s.inFlight > s.most {
		return client.Reply{Status: 503, Verdict: client.Erring, Health: client.Ill}, 0
	}
	return client.Reply{Status: 200}, s.work
}

// faulty answers 502 to some tasks for ever, to others by chance, and to all
// during a pause.
type faulty struct {
	poison     func(task int) bool
	from, till time.Duration
	chance     float64
	rng        *rand.Rand
	work       time.Duration
}

func (s *faulty) done(time.Time) {}
func (s *faulty) arrive(at time.Time, task string) (client.Reply, time.Duration) {
	var n int
	fmt.Sscan(task, &n)
	d := at.Sub(start)
	if s.poison != nil && s.poison(n) || d >= s.from && d < s.till || s.chance > 0 && s.rng.Float64() < s.chance {
		return client.Reply{Status: 502, Verdict: client.Unanswered, Health: client.Ill}, s.work
	}
	return client.Reply{Status: 200}, s.work
}
