package pace

import (
	"time"

	"taskbatch/client"
)

// closing holds the gate shut after 429, or 503 with Retry-After, and opens it
// gently.
type closing struct {
	until       tick // shut before
	at          tick // when the answer came that shut it
	announced   bool // the server said for how long
	unannounced int  // closings in a row of which it did not

	allowed int // in flight while opening: grows with every good answer; 0: open
	trial   int // requests in flight since it opens
}

const maxUnannounced = 60 * time.Second

// closes tells whether a reply shuts the gate.
func closes(r client.Reply) bool {
	return r.Verdict == client.Throttled || r.Status == 503 && r.RetryAfter > 0
}

// shut takes in a reply that closes. wait is the announced time, 0 for none.
func (c *closing) shut(sent, received tick, wait time.Duration) {
	same := c.allowed > 0 && sent < c.at // of the burst that was shut already
	switch {
	case wait > 0:
		c.until = max(c.until, received+wait)
		c.announced, c.unannounced = true, 0
	case same:
		return
	default:
		c.until = max(c.until, received+min(time.Second<<min(c.unannounced, 10), maxUnannounced))
		c.announced = false
		c.unannounced++
	}
	c.allowed, c.trial = 1, 0
	c.at = received
}

func (c *closing) sent() {
	if c.allowed > 0 {
		c.trial++
	}
}

// answered takes in a reply that does not close.
func (c *closing) answered(sent tick, good bool, concurrency int) {
	if c.allowed == 0 || sent < c.at {
		return
	}
	c.trial = max(0, c.trial-1)
	if !good {
		return
	}
	c.unannounced = 0
	if c.allowed++; c.allowed >= concurrency {
		c.allowed = 0
	}
}
