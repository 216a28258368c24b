package pace

import (
	"math"
	"time"
)

// clock learns when a reset that the server names comes on the local clock.
//
// An offset is what a server time is ahead of the local time that belongs to
// it. The Date header gives a first idea of it. Better are the turns of the
// window themselves: a request that still counted in the window of a reset was
// sent before that reset; one that counted in the next window was sent after
// it. These bounds hold the rounding of Reset, the phase of the windows and the
// way of a request to the server as well, which Date cannot tell.
type clock struct {
	date   bounds
	turn   bounds
	turned bool // a turn was seen: turn.lo holds
	jump   time.Duration
	at     tick // when the bounds were last widened
}

// bounds are what is known of an offset.
type bounds struct{ lo, hi time.Duration }

func unbounded() bounds { return bounds{math.MinInt64 / 4, math.MaxInt64 / 4} }

func newClock() clock { return clock{date: unbounded(), turn: unbounded()} }

const (
	drift     = 5000                    // clocks part by up to 1/5000: bounds widen so fast
	phase     = 1200 * time.Millisecond // turns may differ from Date by rounding
	sway      = 100 * time.Millisecond  // windows that begin with a request wander
	bigJump   = 250 * time.Millisecond  // beyond what a slow request explains
	trustedNo = 15 * time.Minute        // resets that a local clock is trusted with, without a Date
)

// widen forgets bounds slowly, for clocks that do not run alike.
func (c *clock) widen(now tick) {
	by := (now - c.at) / drift
	if by <= 0 {
		return
	}
	c.at = now
	c.date.lo -= by
	c.date.hi += by
	c.turn.hi += by
}

// dated takes in the Date header of an answer.
func (c *clock) dated(sent, received tick, date time.Duration) {
	lo, hi := date-received, date+time.Second-sent
	c.date = bounds{max(c.date.lo, lo), min(c.date.hi, hi)}
	if c.date.lo > c.date.hi { // somebody set a clock
		c.date = bounds{lo, hi}
	}
}

// before notes that a request sent then still counted in the window of reset.
func (c *clock) before(reset time.Duration, sent tick) {
	c.turn.hi = min(c.turn.hi, reset-sent)
	if c.turned && c.turn.lo > c.turn.hi {
		// The window turned later than thought.
		missed := c.turn.lo - c.turn.hi
		c.turn.lo = c.turn.hi - min(max(2*missed, 20*time.Millisecond), time.Second)
	}
}

// after notes that a request sent then counted in the window that follows the
// one of reset.
func (c *clock) after(reset time.Duration, sent tick) {
	lo := reset - sent
	c.jump = max(c.jump, lo-c.turn.hi)
	c.turned = true
	c.turn.lo = max(c.turn.lo, min(lo, c.turn.hi))
}

// turns begins a new window. A request that was long on its way shows an early
// turn, so that bound is soft; but where it lies far from the others, windows
// have moved, and the old bound gives way.
func (c *clock) turns() {
	if c.jump > bigJump {
		c.turn.hi += c.jump / 2
	}
	c.jump = 0
	if c.turned {
		c.turn.lo -= sway
	}
}

// late is when reset is past for sure, and whether anything is known of that.
func (c *clock) late(reset time.Duration, sent tick) (tick, bool) {
	dated := c.date.lo > unbounded().lo
	if dated {
		at := reset - c.date.lo
		if c.turned {
			turn := reset - c.turn.lo
			if turn <= at+phase && turn >= reset-c.date.hi-phase {
				return turn, true
			}
		}
		if at <= reset-c.turn.hi { // yet it was not past
			at = reset - c.turn.hi + time.Second
		}
		return at, true
	}
	if c.turned {
		return reset - c.turn.lo, true
	}
	if reset > sent && reset-sent <= trustedNo {
		return reset, true
	}
	return 0, false
}
