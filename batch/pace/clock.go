package pace

import (
	"math"
	"time"
)

// clock learns when a reset that the server names comes on the local clock.
//
// An offset is what a server time is ahead of the local time that belongs to
// it. The Date header gives a first idea of it. The turns of the windows tell
// it better: a request that still counted in the window of a reset was sent
// before that reset came; one that counted in the next window was sent after
// it. These bounds hold the rounding of Reset, the phase of the windows and the
// way of a request to the server as well, which Date cannot tell.
//
// What learning the turns gains, in the simulator, of the whole quota: windows
// of 60 s are used to 99.8% (by Date alone 98.9 to 99.8%), of 10 s to 99.4% (94
// to 99%), of 1 s to 96 to 98% (61 to 95%).
type clock struct {
	date   bounds        // of the offset, by Date
	turn   bounds        // of the offset, by turns
	dates  bool          // date holds
	turns  bool          // turn.lo holds; turn.hi always does
	beyond time.Duration // how far requests of this window were beyond turn.hi
	at     tick          // when the bounds were last widened
}

type bounds struct{ lo, hi time.Duration }

const (
	driftRate  = 20_000                  // clocks part by up to 50 ppm
	sway       = 100 * time.Millisecond  // by which turns may come later each time, for windows that begin with a request
	maxWay     = 250 * time.Millisecond  // a request's way to the server, at most; beyond, windows have moved
	phase      = 1200 * time.Millisecond // between what Date and what turns say, by their rounding
	minStep    = 20 * time.Millisecond   // back, when a turn was expected too early
	localTrust = 15 * time.Minute        // waits that the local clock alone is trusted with
)

func newClock() clock {
	all := bounds{math.MinInt64 / 4, math.MaxInt64 / 4} // halves of both can be subtracted
	return clock{date: all, turn: all}
}

// widen forgets slowly what was learned, for clocks that do not run alike.
func (c *clock) widen(now tick) {
	by := (now - c.at) / driftRate
	if by <= 0 {
		return
	}
	c.at = now
	c.date.lo -= by
	c.date.hi += by
	c.turn.hi += by
}

// dated takes in the Date header of an answer: whole seconds, rounded down.
func (c *clock) dated(sent, received tick, date time.Duration) {
	this := bounds{date - received, date + time.Second - sent}
	c.date = bounds{max(c.date.lo, this.lo), min(c.date.hi, this.hi)}
	if c.date.lo > c.date.hi { // somebody set a clock
		c.date = this
	}
	c.dates = true
}

// before notes that a request sent then counted in the window that ends with
// reset. This is hard evidence: its way to the server only makes it later.
func (c *clock) before(reset time.Duration, sent tick) {
	c.turn.hi = min(c.turn.hi, reset-sent)
	if early := c.turn.lo - c.turn.hi; c.turns && early > 0 {
		c.turn.lo = c.turn.hi - min(max(2*early, minStep), time.Second)
	}
}

// after notes that a request sent then counted in a window that follows the
// one of reset. It may have been sent before the turn and be long on its way.
func (c *clock) after(reset time.Duration, sent tick) {
	c.beyond = max(c.beyond, reset-sent-c.turn.hi)
	c.turn.lo = max(c.turn.lo, min(reset-sent, c.turn.hi))
	c.turns = true
}

// turned begins a new window. What requests of the last one were beyond the
// bound is more than a long way explains when the windows have moved: then the
// bound gives way.
func (c *clock) turned() {
	if c.beyond > maxWay {
		c.turn.hi += c.beyond / 2
	}
	c.beyond = 0
	if c.turns {
		c.turn.lo -= sway
	}
}

// late is the moment when reset is past for sure, for a window that counted a
// request sent then; false when nothing is known of the server's clock.
func (c *clock) late(reset time.Duration, sent tick) (tick, bool) {
	byTurn := reset - c.turn.lo
	if c.turns && c.plausible(reset, byTurn) {
		return byTurn, true
	}
	at := reset - c.date.lo
	if !c.dates {
		if at = reset; at < sent-phase || at > sent+localTrust {
			return 0, false
		}
	}
	if still := reset - c.turn.hi; still >= at { // it was not past then
		at = still + time.Second
	}
	return at, true
}

// plausible tells whether a turn fits what Date says.
func (c *clock) plausible(reset time.Duration, turn tick) bool {
	return !c.dates || turn <= reset-c.date.lo+phase && turn >= reset-c.date.hi-phase
}
