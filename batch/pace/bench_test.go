package pace

import (
	"fmt"
	"testing"
	"time"

	"taskbatch/client"
)

// BenchmarkGate is the cost of one request: Next, Sent and Answered with rate
// headers, 64 in flight.
func BenchmarkGate(b *testing.B) {
	g := NewGate(Config{Rate: 1e6, Concurrency: 64})
	ring := make([]time.Time, 64)
	now := start
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(50 * time.Microsecond)
		if i >= len(ring) {
			g.Answered(&client.Reply{
				Sent: ring[i%len(ring)], Received: now, Status: 200,
				Quota: client.Quota{Known: true, Limit: 1 << 40, Remaining: 1<<40 - int64(i), Reset: start.Add(time.Hour), Date: now},
			}, "")
		}
		g.Next(now, min(i, len(ring)-1), 1<<30)
		g.Sent(now, false)
		ring[i%len(ring)] = now
	}
}

// BenchmarkOutage is the cost of one answer while things go badly.
func BenchmarkOutage(b *testing.B) {
	for _, h := range []client.Health{client.Healthy, client.Ill} {
		b.Run(fmt.Sprint(h), func(b *testing.B) {
			o := newOutage()
			tasks := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} // too few for an outage
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				o.answered(start, start, h, tasks[i%len(tasks)])
			}
		})
	}
}
