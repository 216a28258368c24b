package pace

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"taskbatch/client"
)

// model is a server with a fixed-window quota, in virtual time.
type model struct {
	limit      int64
	window     time.Duration
	phase      time.Duration // of the windows, against the server's clock
	lazy       bool          // a window begins with its first request
	skew       time.Duration // the server's clock is ahead by
	date       bool
	retryAfter bool
	floor      bool // Reset is rounded down
	latency    func(*rand.Rand) (up, down time.Duration)
	others     float64 // requests per second of other clients
	ill        float64 // share of answers 503

	begin, end time.Time
	count      int64
	windows    []usage
}

// usage is what became of one whole window.
type usage struct {
	begin                 time.Time
	own, others, rejected int64
}

func (m *model) turn(now time.Time) {
	if now.Before(m.end) {
		return
	}
	m.count = 0
	if m.lazy {
		m.begin = now
	} else {
		m.begin = now.Add(-m.phase).Truncate(m.window).Add(m.phase)
	}
	m.end = m.begin.Add(m.window)
	m.windows = append(m.windows, usage{begin: m.begin})
}

func (m *model) serve(at time.Time, rng *rand.Rand) client.Reply {
	now := at.Add(m.skew)
	m.turn(now)
	u := &m.windows[len(m.windows)-1]
	r := client.Reply{Status: 200}
	if m.count >= m.limit {
		r.Verdict, r.Status = client.Throttled, 429
		u.rejected++
		if m.retryAfter {
			r.RetryAfter = m.end.Sub(now).Truncate(time.Second) + time.Second
		}
	} else {
		m.count++
		u.own++
		if m.ill > 0 && rng.Float64() < m.ill {
			r.Verdict, r.Status, r.Health = client.Erring, 503, client.Ill
		}
	}
	reset := m.end.Truncate(time.Second)
	if !m.floor && reset.Before(m.end) {
		reset = reset.Add(time.Second)
	}
	r.Quota = client.Quota{Known: true, Limit: m.limit, Remaining: m.limit - m.count, Reset: reset}
	if m.date {
		r.Quota.Date = now.Truncate(time.Second)
	}
	return r
}

func (m *model) other(at time.Time) {
	m.turn(at.Add(m.skew))
	if m.count < m.limit {
		m.count++
		m.windows[len(m.windows)-1].others++
	}
}

type event struct {
	at    time.Time
	kind  int // 0: reaches the server, 1: answer, 2: other client
	reply client.Reply
	down  time.Duration
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	x := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return x
}

// result is what a simulated run came to.
type result struct {
	took      time.Duration
	throttled int
	sent      int
	tooLong   bool
	lastOK    time.Time
	stuck     bool
}

var start = time.Date(2026, 11, 23, 10, 0, 0, 300e6, time.UTC)

// simulate runs rows through a gate against the model. Rows that are throttled
// or erring go again. late is how much later than asked a timer may fire.
func simulate(g *Gate, m *model, rows int64, workers int, late time.Duration, seed uint64) result {
	rng := rand.New(rand.NewPCG(seed, 1))
	now := start
	var q events
	var res result
	left, inFlight, waiting := rows, 0, rows
	if m.others > 0 {
		heap.Push(&q, event{at: now, kind: 2})
	}
	wake := now
	for left > 0 {
		if !wake.IsZero() && (len(q) == 0 || !wake.After(q[0].at)) {
			now = wake
			wake = time.Time{}
		} else if len(q) == 0 {
			res.stuck = true
			return res
		} else {
			e := heap.Pop(&q).(event)
			now = e.at
			switch e.kind {
			case 0:
				r := m.serve(now, rng)
				r.Sent = e.reply.Sent
				heap.Push(&q, event{at: now.Add(e.down), kind: 1, reply: r})
				continue
			case 2:
				m.other(now)
				heap.Push(&q, event{at: now.Add(time.Duration(rng.ExpFloat64() / m.others * 1e9)), kind: 2})
				continue
			}
			e.reply.Received = now
			inFlight--
			g.Answered(&e.reply, "")
			if e.reply.Verdict == client.Applied {
				left--
				res.lastOK = now
			} else {
				waiting++
			}
			if e.reply.Verdict == client.Throttled {
				res.throttled++
			}
		}
		for waiting > 0 && inFlight < workers {
			d := g.Next(now, inFlight, left)
			if !d.Go {
				if d.TooLong {
					res.tooLong = true
					return res
				}
				wake = d.At
				if !wake.IsZero() {
					if !wake.After(now) {
						panic("asked to wait for the past")
					}
					wake = wake.Add(time.Duration(rng.Int64N(int64(late) + 1)))
				}
				break
			}
			wake = time.Time{}
			g.Sent(now, false)
			inFlight++
			waiting--
			res.sent++
			up, down := m.latency(rng)
			heap.Push(&q, event{at: now.Add(up), kind: 0, reply: client.Reply{Sent: now}, down: down})
		}
	}
	res.took = now.Sub(start)
	return res
}

// used is the share of the quota that was used in whole windows, and the worst
// number of 429s in one of them. The last window is not whole, nor the first.
func (m *model) used(skip int) (share float64, worst int64) {
	var sum int64
	if len(m.windows) < skip+2 {
		return 1, 0
	}
	whole := m.windows[skip : len(m.windows)-1]
	span := m.windows[len(m.windows)-1].begin.Sub(whole[0].begin)
	for _, u := range m.windows {
		worst = max(worst, u.rejected)
	}
	for _, u := range whole {
		sum += u.own + u.others
	}
	return float64(sum) / (float64(m.limit) * float64(span) / float64(m.window)), worst
}

// The ways to the server and back. arrival: nearly all of it after the server
// has counted the request.
func arrival(max time.Duration) func(*rand.Rand) (time.Duration, time.Duration) {
	return func(r *rand.Rand) (time.Duration, time.Duration) {
		d := time.Duration(r.Int64N(int64(max) + 1))
		return d / 50, d - d/50
	}
}
func middle(max time.Duration) func(*rand.Rand) (time.Duration, time.Duration) {
	return func(r *rand.Rand) (time.Duration, time.Duration) {
		d := time.Duration(r.Int64N(int64(max) + 1))
		return d / 2, d - d/2
	}
}
func constant(d time.Duration) func(*rand.Rand) (time.Duration, time.Duration) {
	return func(r *rand.Rand) (time.Duration, time.Duration) { return d / 2, d / 2 }
}
