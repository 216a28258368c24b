package pace

import (
	"fmt"
	"testing"
	"time"
)

func TestTrace(t *testing.T) {
	m := &model{limit: 500, window: time.Second, date: true, latency: arrival(200 * time.Millisecond)}
	g := NewGate(Config{QuotaShare: 1, Concurrency: 64})
	traceFn = func(now time.Time, g *Gate, s string) {
		turn, _ := g.turn()
		fmt.Printf("%8.3f %s free=%d pend=%d counted=%d others=%d turn=%.3f lo=%v hi=%v date=%v until=%.3f\n", g.tick(now).Seconds(), s, g.quota.free(g.tick(now), 1, int64(g.pending)), g.pending, g.quota.counted, g.quota.others, turn.Seconds(), g.clock.turn.lo, g.clock.turn.hi, g.clock.date, g.closing.until.Seconds())
	}
	simulate(g, m, 5000, 64, time.Millisecond, 7)
	traceFn = nil
}
