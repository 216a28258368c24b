package pace

import (
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

// BenchmarkFailing is the cost of one answer to a task, good or bad.
func BenchmarkFailing(b *testing.B) {
	f := newFailing()
	tasks := []string{"task-000001", "task-000002", "task-000003"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.answered(tasks[i%len(tasks)], i%5 == 0)
	}
}
