package pace

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"taskbatch/client"
)

// row is one of a simulated run: all of different tasks.
type row struct {
	task  string
	tries int // that count
	felt  int
	probe bool
	due   time.Time
	reply client.Reply
}

const (
	attempts   = 5
	mostSpared = 10 // refusals that use up no attempt of a row
)

// outcome is what a run came to.
type outcome struct {
	took     time.Duration
	lastDone time.Duration // when the last row got through
	done     int           // rows that got through
	failed   int
	sent     int
	refused  int // answers 503 and 429
	late     int // of these, after the first 100 answers
	settled  int // of these, in the second half of the run, by the rows that got through
	answers  int
	probes   int
	inOutage time.Duration
	stuck    bool
	tooLong  bool
}

// run sends rows through a gate as the dispatcher does: retries before new
// rows, probes turn about with a row that failed and one from far ahead.
func run(g *Gate, s server, rows, workers int, way func(*rand.Rand) (up, down time.Duration), seed uint64) (o outcome) {
	rng := rand.New(rand.NewPCG(seed, 2))
	var ready, retry []*row
	for i := range rows {
		ready = append(ready, &row{task: fmt.Sprint(i)})
	}
	var q happenings
	add := func(at time.Time, what func(now time.Time)) {
		heap.Push(&q, happening{at, len(q), what})
	}
	now, wake := start, start
	inFlight, left := 0, rows
	var since time.Time // of the outage
	later := func(r *row, at time.Time) {
		r.due = at
		i, _ := slices.BinarySearchFunc(retry, at, func(r *row, at time.Time) int { return r.due.Compare(at) })
		retry = slices.Insert(retry, i, r)
	}
	answered := func(r *row) {
		inFlight--
		o.answers++
		learned := g.Answered(&r.reply, r.task)
		switch learned.Outage {
		case Began:
			since = now
		case Ended:
			o.inOutage += now.Sub(since)
		}
		if r.reply.Status == 503 || r.reply.Status == 429 {
			o.refused++
			if o.answers > 100 {
				o.late++
			}
			if 2*o.done > rows {
				o.settled++
			}
		}
		probe := r.probe
		r.probe = false
		switch {
		case r.reply.Verdict == client.Applied:
			o.done++
			o.lastDone = now.Sub(start)
			left--
		case r.reply.Verdict == client.Throttled:
			later(r, now)
		default:
			if learned.Felt && r.felt < mostSpared {
				r.felt++
			} else if !probe {
				r.tries++
			}
			if r.tries >= attempts {
				o.failed++
				left--
				return
			}
			later(r, now.Add(client.Backoff(max(1, r.tries), rng)))
		}
	}
	send := func(r *row, probe bool) {
		g.Sent(now, probe)
		inFlight++
		o.sent++
		r.probe = probe
		if probe {
			o.probes++
		}
		sent := now
		up, down := way(rng)
		add(now.Add(up), func(now time.Time) {
			reply, work := s.arrive(now, r.task)
			add(now.Add(work), func(then time.Time) {
				s.done(then)
				add(then.Add(down), func(then time.Time) {
					reply.Sent, reply.Received = sent, then
					r.reply = reply
					answered(r)
				})
			})
		})
	}
	for left > 0 {
		switch {
		case !wake.IsZero() && (len(q) == 0 || !wake.After(q[0].at)):
			now, wake = wake, time.Time{}
		case len(q) == 0:
			o.stuck = true
			return o
		default:
			e := heap.Pop(&q).(happening)
			now = e.at
			if now.Sub(start) > 2*time.Hour {
				o.stuck = true
				return o
			}
			e.what(now)
		}
		for wake = (time.Time{}); len(ready)+len(retry) > 0 && inFlight < workers; {
			d := g.Next(now, inFlight, int64(left))
			due := len(retry) > 0 && !retry[0].due.After(now)
			if d.TooLong {
				o.tooLong = true
				return o
			}
			if !d.Go || !due && len(ready) == 0 && !d.Probe {
				if wake = d.At; d.Go {
					wake = retry[0].due
				}
				if !wake.IsZero() {
					wake = wake.Add(time.Duration(rng.Int64N(int64(ms))))
				}
				break
			}
			var r *row
			switch {
			case d.Probe && len(ready) > 0 && (o.probes%2 == 1 || len(retry) == 0):
				i := len(ready) / 2
				r, ready = ready[i], slices.Delete(ready, i, i+1)
			case due || d.Probe:
				r, retry = retry[0], retry[1:]
			default:
				r, ready = ready[0], ready[1:]
			}
			send(r, d.Probe)
		}
	}
	o.took = now.Sub(start)
	return o
}

type happening struct {
	at   time.Time
	n    int
	what func(now time.Time)
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}
