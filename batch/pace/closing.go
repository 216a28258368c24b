package pace

import (
	"time"

	"taskbatch/client"
)

// closing holds the gate shut after 429, or 503 with Retry-After, and opens it
// gently.
type closing struct {
	until     tick // shut before
	at        tick // when the answer came that shut it
	announced bool // the server said for how long
	failures  int  // closings in a row whose end was not announced

	allowed int // in flight while opening: grows with every good answer; 0: open
	trial   int // requests in flight since it opens
}

const maxUnannounced = 60 * time.Second

// closes tells whether a reply shuts the gate.
func closes(r client.Reply) bool {
	return r.Verdict == client.Throttled || r.Status == 503 && r.RetryAfter > 0
}

// shut takes in a reply that closes. wait is how long, as far as the server
// said so: for sure, or as its quota is understood.
func (c *closing) shut(sent, received tick, wait time.Duration, sure bool) {
	burst := c.allowed > 0 && sent < c.at // of a burst that shut it already
	c.allowed, c.trial, c.at = 1, 0, max(c.at, received)
	if burst && !sure {
		return
	}
	c.announced = wait > 0
	if !sure {
		wait = max(wait, c.backoff())
		c.failures++
	}
	c.until = max(c.until, received+wait)
}

// backoff is how long to wait for want of better knowledge.
func (c *closing) backoff() time.Duration {
	return min(time.Second<<min(c.failures, 6), maxUnannounced)
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
	c.failures = 0
	if c.allowed++; c.allowed >= concurrency {
		c.allowed = 0
	}
}
