package pace

import (
	"math"
	"time"

	"taskbatch/client"
)

// window is the server's quota window as its answers show it.
//
// What it allows is the limit less what is counted already: our own requests,
// which we can count exactly, and those of others, which show as a Remaining
// that is lower than our own requests explain. What is in flight may or may
// not be counted in the Remaining of an answer, so that gives an interval; the
// requests of others are assumed to be as few as it allows.
type window struct {
	known   bool
	limit   int64
	reset   time.Duration // on the server's clock, since the gate's epoch
	prev    time.Duration // reset of the window before
	hasPrev bool

	from       tick          // when the first answer of the window was received
	sent       tick          // when the request of the answer in force was sent
	received   tick          // when that answer was received
	counted    int64         // our requests whose answers named this window
	others     int64         // requests of others that it counted
	shared     bool          // others were seen in this window or the last
	spent      bool          // the server said that nothing is left
	lastSpan   time.Duration // how long the last window was, and
	lastOthers int64         // what others took of it
}

// answer is what the accounting needs of one answer.
type answer struct {
	sent, received   tick
	reset            time.Duration
	limit, remaining int64
	refused          bool  // 429: not counted
	older, younger   int64 // requests in flight when it was sent; requests sent after it
	pending          int64 // requests in flight now, without this one
}

// valid tells whether headers make sense. client sees to that; here it keeps
// the arithmetic within bounds.
func valid(q client.Quota) bool {
	return q.Known && q.Limit > 0 && q.Remaining >= 0 && q.Remaining <= q.Limit
}

// answered takes in an answer and tells whether it opened a new window.
func (w *window) answered(a answer, c *clock, expected tick) (turned bool) {
	causal := a.sent >= w.received
	switch {
	case !w.known:
		*w = window{known: true, reset: a.reset, from: a.received}
		w.force(a)
	case a.reset < w.reset && !causal:
		if w.hasPrev && a.reset == w.prev {
			c.before(a.reset, a.sent)
		}
		return false
	case a.reset > w.reset && (w.rose(a) || a.received >= expected):
		c.turns()
		c.after(w.reset, a.sent)
		*w = window{known: true, reset: a.reset, prev: w.reset, hasPrev: true, from: a.received,
			shared: w.others > 0, lastOthers: w.others, lastSpan: a.received - w.from}
		w.force(a)
		turned = true
	default:
		w.reset = a.reset
		if w.hasPrev && w.prev < a.reset {
			c.after(w.prev, a.sent)
		}
		if causal {
			w.force(a)
		}
	}
	c.before(a.reset, a.sent)
	w.limit = a.limit
	w.count(a)
	return turned
}

func (w *window) force(a answer) { w.sent, w.received = a.sent, a.received }

// rose tells whether an answer leaves more than our own requests explain.
func (w *window) rose(a answer) bool { return w.unexplained(a)+a.older < 0 }

// unexplained is how many requests an answer counts beyond our own. Up to
// a.older less and a.younger more of our own may be counted in it.
func (w *window) unexplained(a answer) int64 {
	return a.limit - a.remaining - (w.counted + a.pending - a.younger)
}

func (w *window) count(a answer) {
	if a.refused {
		w.spent = a.remaining == 0
	} else {
		w.counted++
	}
	switch n := w.unexplained(a); {
	case n+a.older < 0: // more is left than we thought
		w.counted += n
		w.others, w.spent = 0, false
	case n+a.older < w.others:
		w.others = max(0, n)
	case n-a.younger > w.others || w.shared && n > w.others:
		w.others, w.shared = n, true
	}
}

// free is how many more requests may be sent in the window.
func (w *window) free(now tick, share float64, inFlight int64) int64 {
	if w.spent {
		return 0
	}
	own := max(1, int64(share*float64(w.limit)))
	return min(own, w.limit-w.others-w.unseen(now)) - w.counted - inFlight
}

// unseen is what others may have used since the last answer was on its way.
func (w *window) unseen(now tick) int64 {
	if !w.shared {
		return 0
	}
	span := max(w.received-w.from, 0) + w.lastSpan
	rate := float64(w.others+w.lastOthers) / float64(max(span, time.Second))
	return int64(math.Ceil(rate * float64(now-w.sent)))
}
