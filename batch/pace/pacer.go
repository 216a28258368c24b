package pace

import "time"

// tick is a moment on the local clock, as time since the gate's epoch.
type tick = time.Duration

// longAgo is before everything; nothing has happened then.
const longAgo tick = -horizon

// pacer keeps a distance between requests. A request that goes late, because
// timers are coarse, does not delay those behind it: up to slack is caught up.
type pacer struct {
	mark  tick          // when the last request was due; never later than it went
	slack time.Duration // lateness that is caught up
}

func (p *pacer) due(interval time.Duration) tick { return p.mark + interval }

func (p *pacer) sent(now tick, interval time.Duration) {
	p.mark = min(now, max(p.due(interval), now-p.slack))
}
