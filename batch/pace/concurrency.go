package pace

import (
	"math"
	"time"
)

// concurrency is how much the server takes at a time, learned from what it
// refuses for load: with 503 or 429, by not answering, by refusing connections.
//
// The level is the number of requests in flight; below one it stretches the
// distance between them, so that a limit on the rate is felt by the same means.
// When a fifth of the answers, or more than ten of the last hundred, are
// refusals, the level falls to what got through. After some good answers a
// higher level is tried. A trial that fails brings the old level back, and the
// next one comes later, with a smaller step. So the level ends up just below
// what the server takes, and hardly ever asks for more. Trials that succeed far
// from where a limit was felt follow each other quickly, with larger steps.
type concurrency struct {
	max   float64
	level float64
	base  float64 // level before the trial that is on; 0: none is
	step  float64 // of the next trial, as a share of the level
	wait  int     // good answers before a trial, and of a trial

	since        tick  // last change of the level: what was sent before says nothing of it
	first, again tried // of the requests sent since: of tasks that had not failed before, that had
	quiet        int   // answers since

	usual float64 // share of refusals where nothing is tried
	felt  float64 // level that got through when the last limit was felt; 0: none was

	rtt   time.Duration // of answers that got through, smoothed
	pacer pacer
}

const (
	fewRefusals  = 4    // so many say nothing yet
	lastAnswers  = 100  // the share of refusals is that of so many
	accepted     = 10   // refusals among them that slow nothing down
	firstWait    = 10   // answers
	longestWait  = 1280 // answers
	firstStep    = 1. / 2
	smallestStep = 1. / 16
	largestFall  = 4    // in one go
	gain         = 1.25 // requests are paced a little faster than the level needs
	slowStart    = 16   // requests in the time for which the gate was shut, once it opens
	maxInterval  = 10 * time.Second
)

func newConcurrency(most int) concurrency {
	return concurrency{
		max: float64(most), level: float64(most), step: firstStep, wait: firstWait, since: longAgo,
		pacer: pacer{mark: longAgo, slack: time.Millisecond},
	}
}

// full tells whether there is no limit but the configured one.
func (c *concurrency) full() bool { return c.level >= c.max }

// inFlight is how many requests may be in flight.
func (c *concurrency) inFlight() int { return int(math.Ceil(c.level)) }

// interval is the distance between requests.
func (c *concurrency) interval() time.Duration {
	if c.full() {
		return 0
	}
	return min(time.Duration(float64(c.rtt)/c.level/gain), maxInterval)
}

func (c *concurrency) due() tick { return c.pacer.due(c.interval()) }

func (c *concurrency) sent(now tick) { c.pacer.sent(now, c.interval()) }

// timed takes in how long a good answer took. A single late one counts little,
// and a level that paces must not change with each.
func (c *concurrency) timed(took time.Duration) {
	if c.rtt == 0 {
		c.rtt = took
	}
	weight := time.Duration(8)
	if !c.full() {
		weight = 64
	}
	c.rtt += (min(took, 2*c.rtt+time.Millisecond) - c.rtt) / weight
}

// answered takes in an answer. What was sent before the level last changed, or
// with more in flight, says nothing of it.
func (c *concurrency) answered(a loadAnswer) {
	if a.sent < c.since || a.refused && a.older >= c.inFlight() {
		return
	}
	n := &c.first
	if a.again {
		n = &c.again
	}
	n.answers++
	if a.refused {
		n.bad++
	}
	c.quiet++
	switch {
	case a.refused && c.tooMany():
		c.fall(a.received, a.limiter)
	case !a.refused && c.quiet >= c.wait && c.long(a.received) && (c.base > 0 || !c.full()):
		c.rise(a.received)
	case c.first.answers+c.again.answers >= lastAnswers && c.base == 0:
		if c.full() {
			c.learnUsual()
		}
		c.first, c.again = c.first.half(), c.again.half()
	}
}

// counted is what the answers are judged by: tasks that had failed before count
// only where there are hardly others, since a task that fails every time says
// nothing of load.
func (c *concurrency) counted() tried {
	if c.again.answers <= 4*c.first.answers {
		return c.first
	}
	return tried{c.first.answers + c.again.answers, c.first.bad + c.again.bad}
}

// tried counts answers, and the refusals among them.
type tried struct{ answers, bad int }

func (t tried) half() tried { return tried{t.answers / 2, t.bad / 2} }

func (t tried) share() float64 { return float64(t.bad) / float64(t.answers) }

// loadAnswer is what an answer says of load.
type loadAnswer struct {
	sent, received tick
	older          int // others in flight when it was sent
	refused        bool
	again          bool // the task failed before
	limiter        bool // refused by 503 or 429: only that takes the level below one
}

// long tells whether a trial took long enough: near the limit that was felt, a
// second, since many servers let a burst through.
func (c *concurrency) long(now tick) bool {
	return c.base == 0 || !c.near() || now-c.since >= time.Second
}

// near tells whether the level is about where a limit was felt.
func (c *concurrency) near() bool { return c.level >= 0.9*c.felt && c.level <= 1.5*c.felt }

// tooMany tells whether too many answers are refusals: in a trial a twentieth
// more than usual; else more, since errors that come by chance are no reason to
// slow down.
func (c *concurrency) tooMany() bool {
	n := c.counted()
	if n.bad < fewRefusals {
		return false
	}
	bad, answers := float64(n.bad), float64(n.answers)
	if c.base > 0 {
		return bad > (c.usual+1./20)*answers
	}
	few := float64(accepted)
	if !c.full() {
		few /= 2
	}
	return bad >= (c.usual+1./5)*answers || bad > few+c.usual*lastAnswers
}

// learnUsual takes in how many are refused where there is no limit.
func (c *concurrency) learnUsual() {
	if n := c.counted(); n.answers > 0 {
		weight := min(1, float64(n.answers)/(2*lastAnswers))
		c.usual += weight * (n.share() - c.usual)
	}
}

func (c *concurrency) fall(now tick, limiter bool) {
	least := 1.0
	if limiter {
		least = 0
	}
	if c.base > 0 {
		c.level, c.base = max(c.base*(1-smallestStep/2), min(least, c.base)), 0
		c.step, c.wait = max(c.step/2, smallestStep), min(2*c.wait, longestWait)
		c.felt = c.level
		c.changed(now)
		return
	}
	through := 1 - c.counted().share()
	c.felt = c.level * through
	c.level = max(c.level*max(through, 1./largestFall), min(least, c.level))
	if through < 0.5 {
		c.step, c.wait = firstStep, firstWait
	}
	c.changed(now)
}

// rise begins a trial, and ends the one before.
func (c *concurrency) rise(now tick) {
	if c.base > 0 {
		c.base = 0
		if !c.near() {
			c.step, c.wait = min(2*c.step, 1), firstWait
		}
	}
	if !c.full() {
		c.base = c.level
		c.level = min(c.level*(1+c.step), c.max)
	}
	c.changed(now)
}

func (c *concurrency) changed(now tick) {
	c.since, c.first, c.again, c.quiet = now, tried{}, tried{}, 0
}

// shut notes that the gate is shut so long because a limit was felt, of which
// nothing is known: it opens at a low rate.
func (c *concurrency) shut(now tick, wait time.Duration) {
	if c.base > 0 {
		c.fall(now, true)
		return
	}
	c.rtt = max(c.rtt, time.Millisecond)
	rate := float64(slowStart) / float64(wait)
	c.level = min(c.level, rate*float64(c.rtt)/gain)
	c.base, c.step, c.wait, c.felt = 0, 1, firstWait, 0
	c.changed(now)
}

// outageEnded starts again with one in flight at least.
func (c *concurrency) outageEnded(now tick) {
	c.level = max(c.level, 1)
	c.base = 0
	c.changed(now)
}
