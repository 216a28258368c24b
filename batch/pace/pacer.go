package pace

import "time"

// pacer keeps a distance between requests. A request that goes a little late,
// because timers are coarse, does not delay those behind it: up to slack is
// caught up.
type pacer struct {
	mark  tick          // when the last request was due
	slack time.Duration // lateness that is caught up
}

// tick is a moment on the local clock, as time since the gate's epoch.
type tick = time.Duration

func (p *pacer) sent(now tick, interval time.Duration) {
	due := p.mark + interval
	p.mark = min(now, max(due, now-p.slack))
}
