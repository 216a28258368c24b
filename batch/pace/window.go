package pace

import (
	"math"
	"time"
)

// window is the server's quota window as its answers show it.
//
// What it still allows is the limit, less our own requests, which we can count,
// less those of others. These show as a Remaining that is lower than our own
// requests explain. Since requests in flight may or may not be counted in the
// Remaining of an answer, it gives only a range for them; as long as none are
// proven, there are none.
type window struct {
	known bool
	limit int64
	reset time.Duration // its end, as the server names it

	prev     time.Duration // reset of the window before, if
	hasPrev  bool          // that was seen
	from     tick          // when its first answer was received
	sent     tick          // of the answer now in force
	received tick          // of the answer now in force

	counted int64 // our requests that it counted, by their answers
	spent   bool  // the server refused one and said that nothing is left

	// A server that refills step by step, or looks back over the time before
	// each request, has no turns at which all is there again. Then only what
	// its last answer left counts.
	refills bool
	refunds int           // answers that gave some back, but not all
	left    int64         // what the answer in force left, less the requests since
	span    time.Duration // longest time to a reset

	others     int64         // what others used of it
	before     int64         // of that, before our first answer ever
	shared     bool          // others were seen, in it or in the window before
	prevOthers int64         // what others used of the window before
	prevSpan   time.Duration // how long that was
}

const (
	enoughRefunds = 5 // that show a server which refills
	fewCounted    = 4 // requests in a window that show nothing
)

// answer is what the accounting needs of one answer with rate headers.
type answer struct {
	sent, received   tick
	reset            time.Duration
	limit, remaining int64
	refused          bool  // 429: not counted
	older            int64 // requests in flight when it was sent
	younger          int64 // requests sent after it
	pending          int64 // requests still in flight
}

// answered takes in an answer. turn is when the window is expected to end. It
// tells whether the answer is of a window that is over.
func (w *window) answered(a answer, c *clock, turn tick) (over bool) {
	// An answer whose request was sent after the answer in force was received
	// supersedes it, whatever it says. One that crossed it may be older.
	newer := !w.known || a.sent >= w.received
	switch {
	case !w.known:
		*w = window{known: true, from: a.received, span: w.span}
		w.before = max(0, w.unexplained(a)-1) // less this one
	case w.refills:
		if a.reset < w.reset && !newer {
			return true
		}
	case a.reset < w.reset && !newer: // still of the window before
		if w.hasPrev && a.reset == w.prev {
			c.before(a.reset, a.sent)
		}
		return true
	case a.reset > w.reset && (w.empties(a) || a.received >= turn):
		w.turn(a, c)
		newer = true
	default:
		// A new reset, and what was used is used still.
		used := a.limit - a.remaining
		w.refills = a.reset > w.reset && !w.shared && w.others == 0 && w.counted >= fewCounted && 2*(used-a.older-1) >= w.counted
		if w.hasPrev && w.prev < a.reset {
			c.after(w.prev, a.sent)
		}
	}
	c.before(a.reset, a.sent)
	w.reset, w.limit = a.reset, a.limit
	if newer {
		w.sent, w.received = a.sent, a.received
		w.left = a.remaining - a.younger
	}
	w.count(a)
	return false
}

// turn begins the next window with its first answer.
func (w *window) turn(a answer, c *clock) {
	c.turned()
	c.after(w.reset, a.sent)
	was := *w
	*w = window{
		known: true, prev: was.reset, hasPrev: true, from: a.received, span: was.span,
		shared: was.others > 0, prevOthers: was.others - was.before, prevSpan: a.received - was.from,
	}
	// What nobody but us can have used in it was used in the one before.
	w.refills = !was.shared && was.others == 0 && was.counted >= fewCounted && 2*(w.unexplained(a)-a.younger) >= was.counted
}

// empties tells whether an answer shows a window of which next to nothing is
// used, although the one in force was used by more.
func (w *window) empties(a answer) bool {
	used := a.limit - a.remaining
	return w.unexplained(a)+a.older < 0 && 2*used <= used-w.unexplained(a)+w.others
}

// count brings the books in line with an answer.
func (w *window) count(a answer) {
	if !a.refused {
		w.counted++
	} else if a.remaining == 0 {
		w.spent = true
	}
	switch n := w.unexplained(a); {
	case n+a.older < 0: // more is left than we thought
		w.counted += n
		w.others, w.spent = 0, false
		w.refunds++
		w.refills = w.refills || w.refunds >= enoughRefunds
	case n+a.older < w.others:
		w.others = max(0, n)
	case n-a.younger > w.others, w.shared && n > w.others:
		w.others, w.shared = n, true
	}
}

// unexplained is how many requests an answer counts beyond our own. It counts
// up to a.older fewer and a.younger more of our own than is assumed here.
func (w *window) unexplained(a answer) int64 {
	return a.limit - a.remaining - (w.counted + a.pending - a.younger)
}

// free is how many more requests may be sent in the window.
func (w *window) free(now tick, share float64, inFlight int64) int64 {
	if w.spent {
		return 0
	}
	return min(ours(share, w.limit), w.limit-w.others-w.unseen(now)) - w.counted - inFlight
}

// ours is what the run may use of a limit, at least one.
func ours(share float64, limit int64) int64 {
	if n := share * float64(limit); n < float64(limit) {
		return max(1, int64(n))
	}
	return limit
}

// unseen is what others may have used since the answer in force was asked for.
func (w *window) unseen(now tick) int64 {
	seen := w.others - w.before + w.prevOthers
	if !w.shared || seen <= 0 {
		return 0
	}
	span := max(w.received-w.from+w.prevSpan, time.Second)
	return int64(math.Ceil(float64(seen) / float64(span) * float64(now-w.sent)))
}

// guard is how much after its expected end a window is given up, so that the
// jitter of a request's way does not matter: too small a part to lose anything.
func (w *window) guard() time.Duration { return min(20*time.Millisecond, w.length()/500) }

// patience is how long to wait for a first answer from the next window before
// one more request goes.
func (w *window) patience() time.Duration {
	if length := w.length(); length > 0 {
		return min(patience, length/50)
	}
	return patience
}

// length is the length of a window; 0 while it is not known.
func (w *window) length() time.Duration {
	if !w.hasPrev {
		return 0
	}
	return max(0, w.reset-w.prev)
}

// sends remembers the last requests, to tell which of them were sent before an
// answered one and which after it. What fell out of the ring was sent long ago.
type sends struct {
	ring []send // its length is a power of two
	n    int    // requests so far
}

type send struct {
	at       tick
	inFlight int // others in flight then
}

func newSends(concurrency int) sends {
	size := 4096
	for size < 4*concurrency {
		size *= 2
	}
	return sends{ring: make([]send, size)}
}

func (s *sends) add(at tick, inFlight int) {
	*s.get(s.n) = send{at, inFlight}
	s.n++
}

// around tells how many requests were sent after t, and how many were in
// flight when the last one before t was sent.
func (s *sends) around(t tick) (younger, older int) {
	from, to := max(0, s.n-len(s.ring)), s.n
	for from < to {
		if i := (from + to) / 2; s.get(i).at > t {
			to = i
		} else {
			from = i + 1
		}
	}
	if from > max(0, s.n-len(s.ring)) {
		older = s.get(from - 1).inFlight
	}
	return s.n - from, older
}

// between is how many requests were sent after from, until to at the latest.
func (s *sends) between(from, to tick) int64 {
	all, _ := s.around(from)
	later, _ := s.around(to)
	return int64(max(0, all-later))
}

// after is when the first request after t was sent; false: there is none.
func (s *sends) after(t tick) (tick, bool) {
	younger, _ := s.around(t)
	if younger == 0 {
		return 0, false
	}
	return s.get(s.n - younger).at, true
}

// last is when the last request was sent.
func (s *sends) last() tick {
	if s.n == 0 {
		return longAgo
	}
	return s.get(s.n - 1).at
}

// get is request number i, which must still be remembered.
func (s *sends) get(i int) *send { return &s.ring[i&(len(s.ring)-1)] }
