package pace

import (
	"time"

	"taskbatch/client"
)

// limit is one of the limits that the server names: its window, what is known
// of the window's end, and how its rest is spread over the time until then.
type limit struct {
	name    string
	share   float64
	maxWait time.Duration
	window  window
	clock   clock
	spread  pacer

	relative  bool // it tells the seconds left
	countdown countdown

	reset  time.Duration // the last that was named
	length time.Duration // of a window, for people; 0: not known yet

	gentle    bool // its headers contradict themselves: one in flight
	forgotten int  // answers in a row that count none but the requests in flight
}

const (
	maxLimits    = 4  // that are told apart
	enoughForgot = 10 // answers that show a limit which is not shared by our requests
	fullSpeed    = 40 // parts of a window in which a refilling one would be used up
)

func newLimit(name string, cfg *Config) limit {
	return limit{name: name, share: cfg.QuotaShare, maxWait: cfg.MaxWait, clock: newClock(), spread: pacer{mark: longAgo, slack: slack}}
}

// paces tells whether the limit says anything of our requests. One that has
// forgotten each before the next is not theirs: that of a task, say.
func (l *limit) paces() bool {
	return l.window.known && (l.forgotten < enoughForgot || l.window.spent)
}

// answered takes in what an answer says of the limit: q, or nil. It tells
// whether it speaks of a window that is over.
func (l *limit) answered(q *client.Quota, r *client.Reply, a answer, g *Gate) (over bool) {
	turn, _ := l.turn(g.sends.last())
	date, dated := g.serverTick(r.Quota.Date), !r.Quota.Date.IsZero()
	dated = dated && date.Abs() < horizon
	l.clock.widen(a.received)
	if dated {
		l.clock.dated(a.sent, a.received, date)
	}
	sound, past := false, false
	if q != nil {
		reset := g.serverTick(q.Reset)
		sound = q.Known && q.Limit > 0 && q.Remaining >= 0 && q.Remaining <= q.Limit
		if q.Relative {
			sound = sound && q.Left >= 0 && q.Left < horizon
		} else {
			sound = sound && reset.Abs() < horizon
			// A reset that was past when the server named it is nothing to go by.
			past = sound && dated && reset < date-time.Second-(a.received-a.sent)
		}
		l.gentle = past && q.Remaining == 0
		a.limit, a.remaining, a.reset = q.Limit, q.Remaining, reset
	}
	if !sound || past {
		if past || r.Health == client.Healthy && a.sent >= turn {
			l.window.known = false
		}
		return false
	}
	switch {
	case q.Relative:
		l.length = max(l.length, q.Left)
	case l.reset == 0:
		l.reset = a.reset
	case a.reset > l.reset:
		l.length, l.reset = a.reset-l.reset, a.reset
	}
	if w := &l.window; w.known && a.sent > w.sent && a.sent >= w.received {
		l.compare(a, turn)
	}
	if l.relative = q.Relative; l.relative {
		return l.counted(q.Left, a, turn)
	}
	over = l.window.answered(a, &l.clock, turn)
	if end, ok := l.clock.late(a.reset, a.sent); ok {
		l.window.span = max(l.window.span, end-a.received)
	}
	return over
}

// counted takes in an answer that tells the time left. The window is named by
// the end that its first answer showed.
func (l *limit) counted(left time.Duration, a answer, turn tick) (over bool) {
	w, c := &l.window, &l.countdown
	lo, hi := c.read(a.sent, a.received, left)
	moved := c.moved(lo, hi)
	if moved == 0 && w.known && a.received >= c.lo && w.empties(a) {
		moved = 1 // in seconds the next one looks the same
	}
	switch {
	case !w.known:
		c.turn(a.received, lo, hi)
		a.reset = hi
	case moved > 0:
		a.reset = max(w.reset+1, hi)
		if w.refills || w.empties(a) || a.received >= turn {
			c.turn(a.received, lo, hi)
		} else {
			c.lo, c.hi = lo, hi
		}
	case moved < 0:
		a.reset = w.prev
		if !w.hasPrev {
			a.reset = w.reset - c.span
		}
	default:
		a.reset = w.reset
		c.narrow(a.sent, lo, hi)
	}
	over = w.answered(a, &l.clock, turn)
	w.span = max(w.span, c.span)
	return over
}

// compare holds an answer that supersedes the one in force against what was
// expected of it.
func (l *limit) compare(a answer, turn tick) {
	w := &l.window
	apart := jitter
	if l.relative || l.clock.dates {
		apart = (turn - w.received) / 10
	}
	if a.sent > w.received+apart || a.received > turn-2*time.Second {
		return // a window may have turned between the two
	}
	used := a.limit - a.remaining
	switch {
	case used <= min(a.older, a.limit/4)+1:
		l.forgotten = min(l.forgotten+1, enoughForgot+3)
	case l.forgotten >= enoughForgot:
		l.forgotten--
	default:
		l.forgotten = 0
	}
}

// turn is when the window ends, and whether the server announced that in a way
// that can be told. Where nothing is known of its clock, the window is assumed
// to last as long again as it has lasted: so some requests are always left to
// notice the next one by.
func (l *limit) turn(lastSent tick) (at tick, announced bool) {
	w := &l.window
	if l.relative {
		return l.countdown.hi + w.guard(), true
	}
	if at, ok := l.clock.late(w.reset, w.sent); ok {
		return at + w.guard(), true
	}
	if w.spent && w.reset-w.sent > l.maxWait {
		return w.reset, true
	}
	last := max(w.received, lastSent)
	return last + min(max(last-w.from, patience), maxGuess, l.maxWait), false
}

// interval is the distance that spreads free requests until turn.
func (l *limit) interval(turn tick, free int64) time.Duration {
	left := float64(turn-l.spread.mark) * frontLoad
	if w := &l.window; w.refills {
		ours := ours(l.share, w.limit)
		if left = float64(w.span) / fullSpeed; free < ours/4 {
			left = max(left, float64(free)/float64(ours)*float64(l.shortest())*frontLoad)
		}
	}
	return time.Duration(min(max(left/float64(free), 0), float64(l.maxWait)))
}

// free is how many more requests may be sent now. Where a window refills, that
// is what the last answer left, and what it looked back at and no longer does.
func (l *limit) free(now tick, inFlight int64, s *sends) int64 {
	w := &l.window
	if !w.refills || w.spent {
		return w.free(now, l.share, inFlight)
	}
	free := w.left - (w.limit - ours(l.share, w.limit))
	if free > 0 {
		return free
	}
	back := w.span + l.margin()
	return free + s.between(w.sent-back, now-back)
}

// shortest is how long a window lasts at least.
func (l *limit) shortest() time.Duration {
	if l.relative {
		return l.window.span
	}
	return max(l.window.span-time.Second, min(l.window.span, time.Second)) // of Date and Reset the fractions are not known
}

// margin is how much later than expected a request is given back.
func (l *limit) margin() time.Duration { return min(20*time.Millisecond, l.window.span/50) }

// sent notes that a request is sent now, with so many others in flight.
func (l *limit) sent(now tick, inFlight int, s *sends) {
	if !l.window.known {
		return
	}
	turn, _ := l.turn(s.last())
	l.spread.sent(now, l.interval(turn, max(1, l.free(now, int64(inFlight), s))))
	l.window.left--
}

// wait keeps to the limit.
func (l *limit) wait(now tick, inFlight int, left int64, s *sends) wait {
	if !l.paces() {
		return wait{}
	}
	turn, sure := l.turn(s.last())
	free := l.free(now, int64(inFlight), s)
	if now >= turn && (!l.window.refills || free <= 0) {
		// A new window, which no answer has shown yet. One request tries it.
		if s.last() >= turn {
			return l.tried(now, s)
		}
		return wait{}
	}
	if free <= 0 {
		return l.used(now, turn, sure, s)
	}
	if !l.window.refills && left-int64(inFlight) <= free || l.forgotten > 1 {
		return wait{}
	}
	if due := l.spread.due(l.interval(turn, free)); now < due {
		return wait{reason: Quota, until: due}
	}
	return wait{}
}

// tried waits for the answer to the request that tries a new window.
func (l *limit) tried(now tick, s *sends) wait {
	if at, ok := l.back(now, s); ok {
		return wait{reason: Quota, until: at}
	}
	return patient(now, s.last(), l.window.patience())
}

// used waits until something is left again.
func (l *limit) used(now, turn tick, sure bool, s *sends) wait {
	if at, ok := l.back(now, s); ok && at < turn && !l.window.spent {
		return wait{reason: Quota, until: at}
	}
	return wait{reason: Quota, until: turn, announced: sure}
}

// back is when a window that refills gives back the first request that it looks
// back at.
func (l *limit) back(now tick, s *sends) (tick, bool) {
	if !l.window.refills {
		return 0, false
	}
	length := l.window.span + l.margin()
	first, ok := s.after(now - length)
	return first + length, ok
}
