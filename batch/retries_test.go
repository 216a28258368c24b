package batch

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// The last retries of a run that is well do not wait for long, those of a
// server in trouble do.
func TestLoneRetries(t *testing.T) {
	took := func(rows int) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, manyTasks(rows))
			b.cfg.Attempts = 8
			s := newServer(func(task string, n int) step {
				if task == "t0" && n < 7 {
					return row500
				}
				return ok200
			})
			b.run(s, nil)
			for _, c := range s.calls {
				if c.task == "t0" {
					d = c.end.Sub(s.calls[0].begin)
				}
			}
		})
		return d
	}
	d := newDispatcher(t)
	d.random = rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		it := &item{reply: client.Reply{Received: time.Unix(1, 0)}}
		if d.waitFor(it, time.Hour); it.early.Before(it.reply.Received.Add(100*time.Millisecond)) || it.early.After(it.reply.Received.Add(200*time.Millisecond)) {
			t.Fatalf("early %s", it.early)
		}
	}
	if d := took(500); d > 7*200*time.Millisecond {
		t.Errorf("the last row of a run that is well took %s", d)
	}
	if d := took(10); d < 2*time.Second {
		t.Errorf("in trouble the retries took only %s", d)
	}
}

// Only a wait in which nothing else can be done is a wait before a retry.
func TestWaitedBeforeRetries(t *testing.T) {
	waited := func(rows int, others step) (w Waited) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, manyTasks(rows))
			s := newServer(func(task string, n int) step {
				switch {
				case task != "t0":
					return others
				case n < 4:
					return row500
				}
				return ok200
			})
			w = b.run(s, nil).Waited
		})
		return w
	}
	if w := waited(1, ok200); w.Retry == 0 || w.Rate+w.Quota+w.Outage != 0 {
		t.Errorf("alone: %+v", w)
	}
	if w := waited(8, ok200.after(time.Minute)); w.Retry != 0 {
		t.Errorf("beside others in flight: %+v", w)
	}
}

// Retries wait as long as ever while other rows go on.
func TestRetriesBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(5000))
		b.cfg.Attempts = 8
		began := time.Now()
		b.run(newServer(func(task string, n int) step {
			if task == "t0" && n < 7 {
				return row500
			}
			if took := time.Since(began); task == "t0" && took < 1400*time.Millisecond {
				t.Errorf("seven retries within %s", took)
			}
			return ok200.after(10 * time.Millisecond)
		}), nil)
	})
}

// A twentieth of the answers 503, by chance, costs little time.
func TestFaultsCostLittle(t *testing.T) {
	const rows = 30_000
	took := func(faults bool) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, manyTasks(rows))
			b.cfg.Pace.Concurrency = 64
			random := rand.New(rand.NewPCG(5, 5))
			began := time.Now()
			sum := b.run(newServer(func(string, int) step { // called under its lock
				if faults && random.IntN(20) == 0 {
					return gone503.after(20 * time.Millisecond)
				}
				return ok200.after(20 * time.Millisecond)
			}), nil)
			d = time.Since(began)
			if count(sum, record.Updated) != rows {
				t.Errorf("%v", sum.Outcomes)
			}
		})
		return d
	}
	clean, faulty := took(false), took(true)
	t.Logf("%s, without faults %s: %.3fx", faulty, clean, faulty.Seconds()/clean.Seconds())
	if faulty > clean*115/100 {
		t.Errorf("%s, without faults %s", faulty, clean)
	}
}

// A retry goes early only when nothing else is left and twenty times as many
// rows got through.
func TestEarlyRetry(t *testing.T) {
	early, due := time.Unix(1, 0), time.Unix(10, 0)
	for name, c := range map[string]struct {
		through int64
		ready   queue
		reading bool
		want    time.Time
	}{
		"nothing else is left":  {through: 20, want: early},
		"few rows got through":  {through: 19, want: due},
		"another row is ready":  {through: 20, ready: queue{{}}, want: due},
		"the reader goes on":    {through: 20, reading: true, want: due},
		"two retries, and more": {through: 40, want: early},
	} {
		d := newDispatcher(t)
		d.rules.through, d.lanes.ready = c.through, c.ready
		if c.reading {
			d.rows = make(chan []*item)
		}
		d.lanes.retry.insert(&item{early: early}, due)
		if c.through > 20 {
			d.lanes.retry.insert(&item{early: early}, due.Add(time.Second))
		}
		if got := d.nextRetry(); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if d := newDispatcher(t); !d.nextRetry().IsZero() {
		t.Error("a time without a retry")
	}
}
