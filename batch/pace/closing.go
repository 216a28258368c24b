package pace

import (
	"time"

	"taskbatch/client"
)

// closing holds the gate shut after 429, or 503 with Retry-After, and opens it
// gently: with one request, and one more for every good answer.
type closing struct {
	at        tick // when the last answer came that shut it
	until     tick // shut before
	announced bool // the server said for how long
	failures  int  // times in a row that it was shut and the server did not

	excused bool // a refusal was left to the quota window, and no good answer came since

	allowed int  // in flight while it opens; 0: open
	trial   int  // in flight, of those sent
	since   tick // since the gate was told to hold
}

const maxBackoff = 60 * time.Second

// closes tells whether a reply shuts the gate.
func closes(r *client.Reply) bool {
	return r.Verdict == client.Throttled || r.Status == 503 && r.RetryAfter > 0
}

func (c *closing) wait(now tick, inFlight int) wait {
	switch {
	case now < c.until:
		return wait{reason: Throttled, until: c.until, announced: c.announced}
	case c.allowed > 0 && min(c.trial, inFlight) >= c.allowed:
		return wait{reason: Throttled}
	}
	return wait{}
}

// again tells whether a request was sent after the gate was shut. What was
// sent before belongs to the burst that shut it, and says nothing new.
func (c *closing) again(sent tick) bool { return sent >= c.at }

// shut takes in a reply that closes. quota tells whether the quota window says
// for how long: to its end, which may be past already.
func (c *closing) shut(r *client.Reply, sent, received tick, quota bool) {
	again := c.again(sent)
	c.at = max(c.at, received)
	switch {
	case r.RetryAfter > 0:
		c.hold(received, r.RetryAfter, true)
	case !again:
	case quota && !c.excused:
		// The window keeps the gate shut until its end, and the next one opens
		// gently. A request that was refused at its turn came early at most.
		c.excused = true
	default:
		c.hold(received, min(time.Second<<min(c.failures, 6), maxBackoff), false)
		c.failures++
	}
}

func (c *closing) hold(now tick, wait time.Duration, announced bool) {
	if until := now + min(wait, horizon); until > c.until {
		c.until, c.announced = until, announced
	}
	c.allowed, c.trial, c.since = 1, 0, now
}

func (c *closing) sent() {
	if c.allowed > 0 {
		c.trial++
	}
}

// answered takes in that a request is no longer in flight.
func (c *closing) answered(sent tick) {
	if sent >= c.since {
		c.trial = max(0, c.trial-1)
	}
}

// opens takes in a good answer, one of a server that is well.
func (c *closing) opens(sent tick, concurrency int) {
	if !c.again(sent) {
		return
	}
	c.failures, c.excused = 0, false
	if c.allowed > 0 {
		c.allowed++
	}
	if c.allowed >= concurrency {
		c.allowed = 0
	}
}
