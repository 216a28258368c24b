package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// crowd is what the sandbox remembers for the faults that depend on more than
// one request: limit and overload.
type crowd struct {
	faults   Faults
	mu       sync.Mutex
	next     time.Time // when the limit's next request is due
	inFlight int64     // requests that the gateway let through
}

// enter asks the gateway in front of the API. ok is false if it refuses; else
// leave must follow.
func (c *crowd) enter(now time.Time) (a answer, fault string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.due(now):
		return gatewayPage(c.faults.limitStatus), faultLimit, false
	case c.faults.overload > 0 && c.inFlight >= c.faults.overload:
		return gatewayPage(http.StatusServiceUnavailable), faultOverload, false
	}
	c.inFlight++
	return answer{}, "", true
}

// leave ends what enter began.
func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
}

// due takes a request out of the limit; false if it came too fast. A tenth of
// a second's requests may come early.
func (c *crowd) due(now time.Time) bool {
	limit := c.faults.limit
	if limit.N == 0 {
		return true
	}
	if c.next.Before(now) {
		c.next = now
	}
	if c.next.Sub(now) >= time.Second/10 {
		return false
	}
	c.next = c.next.Add(limit.Window / time.Duration(limit.N))
	return true
}
