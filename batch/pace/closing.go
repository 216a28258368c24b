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
	goods     int  // good answers since the last of these
	felt      int  // refusals in a row that did not shut it

	excused bool // a refusal was left to the quota window, and no good answer came since

	allowed int  // in flight while it opens; 0: open
	trial   int  // in flight, of those sent
	since   tick // since the gate was told to hold
}

const (
	maxBackoff  = 60 * time.Second
	enoughGoods = 10 // good answers that a rate can be told from
	mostFelt    = 12 // refusals in a row that leave the gate open
)

// closes tells whether a reply shuts the gate. A task that has a window of its
// own shuts it for nobody else.
func closes(r *client.Reply) bool {
	return r.Verdict == client.Throttled && !ownWindow(r) || r.Status == 503 && r.RetryAfter > 0
}

// ownWindow tells whether a refusal speaks of the window of its own task.
func ownWindow(r *client.Reply) bool {
	own := r.Quota.OwnTask && r.Quota.Remaining == 0
	for i := range r.More {
		q := &r.More[i]
		if !q.OwnTask && q.Known && q.Remaining == 0 {
			return false
		}
		own = own || q.OwnTask && q.Remaining == 0
	}
	return r.Verdict == client.Throttled && own && (r.Quota.OwnTask || r.Quota.Remaining > 0)
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
// for how long: to its end, which may be past already; trial, that the run tries
// how much the server takes. The result is how long the gate is shut without the
// server having said so; 0: it is not.
func (c *closing) shut(r *client.Reply, sent, received tick, quota, trial bool) (unannounced time.Duration) {
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
	case trial, c.goods >= enoughGoods && c.felt < mostFelt:
		c.felt++ // a limit that is only felt: the level falls instead
	default:
		unannounced = min(time.Second<<min(c.failures, 6), maxBackoff)
		c.hold(received, unannounced, false)
		c.failures++
		c.goods = 0
	}
	return unannounced
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
	c.failures, c.felt, c.excused = 0, 0, false
	c.goods++
	if c.allowed > 0 {
		c.allowed++
	}
	if c.allowed >= concurrency {
		c.allowed = 0
	}
}
