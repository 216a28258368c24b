package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// ratio is took, as a multiple of the ideal.
func ratio(took, ideal time.Duration) float64 { return took.Seconds() / ideal.Seconds() }

// TestOverload: a server that takes only so many at a time. Hardly any answer
// is a refusal, no row is lost, and the time is near the ideal.
func TestOverload(t *testing.T) {
	for _, c := range []struct{ most, rows int }{{8, 3000}, {2, 1500}, {20, 6000}} {
		for _, way := range []time.Duration{ms / 5, 2 * ms} {
			s := &overloaded{most: c.most, work: 20 * ms}
			o := run(NewGate(Config{Concurrency: 64}), s, c.rows, 64, constant(way), 1)
			slow := ratio(o.took, time.Duration(c.rows/c.most)*20*ms)
			late := float64(o.late) / float64(o.answers-100)
			t.Logf("beyond %2d, %5v on the way: %.2fx of the ideal, %.2f requests a row, %.1f%% refused after the first 100",
				c.most, way, slow, float64(o.sent)/float64(c.rows), 100*late)
			if o.stuck || o.failed > 0 || slow > 1.3 || late > 0.05 {
				t.Errorf("beyond %d: %+v", c.most, o)
			}
		}
	}
}

// TestFeltLimits: limits on the rate that no header tells, as nginx keeps them,
// with its 503 and with 429. The rate that gets through is learned.
func TestFeltLimits(t *testing.T) {
	for name, l := range map[string]limitReq{
		"rate=100r/s burst=20 nodelay": {rate: 100, burst: 20},
		"rate=500r/s burst=50 nodelay": {rate: 500, burst: 50},
		"rate=20r/s":                   {rate: 20},
		"rate=20r/s burst=20":          {rate: 20, burst: 20, delayed: true},
		"rate=100r/s burst=20":         {rate: 100, burst: 20, delayed: true},
	} {
		for _, status := range []int{503, 429} {
			for _, workers := range []int{8, 64} {
				if l.delayed && workers > 8 {
					continue // they are refused by the length of its queue
				}
				s := l
				s.status = status
				rows := int(30 * l.rate)
				o := run(NewGate(Config{Concurrency: workers}), &s, rows, workers, constant(2*ms), 1)
				slow := ratio(o.took, time.Duration((float64(rows)-l.burst)/l.rate*1e9))
				settled := float64(o.settled) / float64(rows/2)
				t.Logf("%-28s %d, %2d in flight: %.2fx of the ideal, %.2f requests a row, %.1f%% refused once settled",
					name, status, workers, slow, float64(o.sent)/float64(rows), 100*settled)
				if o.stuck || o.failed > 0 || slow > 1.3 || settled > 0.05 {
					t.Errorf("%s, %d, %d in flight: %+v", name, status, workers, o)
				}
			}
		}
	}
}

// TestFailingRows: rows that fail for ever are no outage and no sign of load.
// The others get through without much ado, and the run comes to its end.
func TestFailingRows(t *testing.T) {
	every12th := func(n int) bool { return n%12 == 0 }
	for name, c := range map[string]struct {
		faulty
		failed         int
		slow           float64 // when the last good row is through, at most, as a multiple of the ideal
		outage, probes int     // seconds, at most
	}{
		"none":                         {faulty{}, 0, 1.01, 0, 0},
		"a block of 40":                {faulty{poison: func(n int) bool { return n >= 1000 && n < 1040 }}, 40, 4, 4, 3},
		"every 12th":                   {faulty{poison: every12th}, 334, 2, 0, 0},
		"every 12th, and a pause":      {faulty{poison: every12th, from: time.Second, till: 4 * time.Second}, 334, 5, 5, 3},
		"5% by chance":                 {faulty{chance: 0.05, rng: rand.New(rand.NewPCG(1, 5))}, 0, 3, 0, 0},
		"a real outage, half a minute": {faulty{from: time.Second, till: 31 * time.Second}, 0, 30, 40, 9},
	} {
		for _, workers := range []int{8, 32} {
			s := c.faulty
			s.work = 20 * ms
			o := run(NewGate(Config{Concurrency: workers}), &s, 4000, workers, constant(ms), 1)
			slow := ratio(o.lastDone, 4000*21*ms/time.Duration(workers))
			t.Logf("%-29s %2d in flight: all good ones after %.2fx of the ideal, all after %.1f s, %.1f s of outage with %d probes",
				name, workers, slow, o.took.Seconds(), o.inOutage.Seconds(), o.probes)
			if o.stuck || o.failed > c.failed || o.done+o.failed != 4000 || slow > c.slow || o.inOutage > time.Duration(c.outage)*time.Second || o.probes > c.probes {
				t.Errorf("%s, %d in flight: %+v", name, workers, o)
			}
		}
	}
	o := run(NewGate(Config{Concurrency: 8}), &faulty{poison: func(int) bool { return true }}, 15, 8, constant(ms), 1)
	if o.failed != 15 || o.probes > 0 || o.took > time.Minute {
		t.Errorf("15 that are left over: %+v", o)
	}
}

// TestConcurrencyOfHealthyTasks: rows that fail for ever do not pull it down.
func TestConcurrencyOfHealthyTasks(t *testing.T) {
	g := NewGate(Config{Concurrency: 32})
	for i := range 3000 {
		at := after(time.Duration(i) * ms)
		g.Sent(at, false)
		r := good
		if i%3 == 0 {
			r = lost // one of twelve tasks, five times
		}
		r.Sent, r.Received = at, at.Add(ms/2)
		task := fmt.Sprint(i)
		if i%3 == 0 {
			task = fmt.Sprint("broken ", i/15)
		}
		if l := g.Answered(&r, task); l.Felt {
			t.Fatal("a lost answer is no limit that is felt")
		}
		if got := g.concurrency.inFlight(); got != 32 {
			t.Fatalf("concurrency %d after %d answers, want 32", got, i+1)
		}
	}
}
