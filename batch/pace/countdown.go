package pace

import "time"

// countdown estimates when a window ends of which the server tells only the
// whole seconds left: as a rule rounded up, so the end lies within a second
// before the one that an answer names. Every answer narrows that down, and
// where windows follow each other at a fixed distance, so does the last one.
type countdown struct {
	known  bool
	lo, hi tick          // the window ends between them
	span   time.Duration // of a window: the longest time left
	floor  bool          // the server rounds down
	wander bool          // windows begin with a request: at no fixed distance
}

const (
	jitter = 50 * time.Millisecond // of a server's timers
	drift  = 2 * time.Millisecond  // of its windows
)

// read is what one answer says of the end.
func (c *countdown) read(sent, received tick, left time.Duration) (lo, hi tick) {
	if c.known && left <= 0 && !c.floor { // rounded up there would be one more
		c.floor = true
		c.lo, c.hi = c.lo+time.Second, c.hi+time.Second
	}
	if c.floor {
		left += time.Second
	}
	c.span = max(c.span, left)
	return sent + left - time.Second, received + left
}

// moved compares an answer with the window in force: -1: of one before, 1: of
// one after, 0: of the same, as far as can be told.
func (c *countdown) moved(lo, hi tick) int {
	switch {
	case !c.known, lo > c.hi+jitter:
		return 1
	case hi < c.lo-jitter:
		return -1
	}
	return 0
}

// narrow takes in an answer of the window in force.
func (c *countdown) narrow(sent, lo, hi tick) {
	if sent > c.hi { // so it does not end as the last ones did
		c.wander = true
		c.lo, c.hi = lo, hi
		return
	}
	c.lo, c.hi = max(c.lo, lo), min(c.hi, hi)
	if c.lo > c.hi {
		c.lo, c.hi = lo, hi
	}
}

// turn begins a new window with its first answer.
func (c *countdown) turn(received, lo, hi tick) {
	was := *c
	c.known, c.lo, c.hi = true, lo, hi
	if !was.known || was.wander {
		return
	}
	from, to := was.lo+was.span-drift, min(was.hi, received)+was.span+drift
	if from, to = max(lo, from), min(hi, to); from <= to {
		c.lo, c.hi = from, to
	}
}
