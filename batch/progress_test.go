package batch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// watch runs the input and reads the progress at the given times.
func watch(b *bench, s Sender, stop <-chan struct{}, at ...time.Duration) (seen []Progress, sum *Summary) {
	b.cfg.Sender = func() Sender { return s }
	p, err := b.prepare("in.csv")
	if err != nil {
		b.t.Fatal(err)
	}
	defer p.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := time.Duration(0)
		for _, d := range at {
			time.Sleep(d - last)
			last = d
			seen = append(seen, p.Progress())
		}
	}()
	if sum, err = p.Run(context.Background(), stop); err != nil {
		b.t.Fatal(err)
	}
	<-done
	return seen, sum
}

// What sets the pace is known also between the short waits.
func TestProgressTellsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(100))
		b.cfg.Pace.Rate = 20
		seen, _ := watch(b, always(ok200), nil, time.Second, 4*time.Second, 20*time.Second)
		if seen[0].Pace != "--rate" || seen[1].Pace != "--rate" || seen[2].Pace != "" {
			t.Errorf("%q, %q, %q", seen[0].Pace, seen[1].Pace, seen[2].Pace)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(400))
		used, began := 0, time.Now()
		s := newServer(func(string, int) step {
			st, window := ok200.after(time.Millisecond), time.Since(began)/(20*time.Second)
			if used++; time.Since(began) < 20*time.Second*(window+1) && used > 50*int(window+1) {
				used = 50*int(window) + 1
			}
			left := int64(50 - (used-1)%50 - 1)
			st.reply = func(r *client.Reply) {
				r.Quota = client.Quota{Known: true, Limit: 50, Remaining: left, Date: r.Received.Truncate(time.Second),
					Reset: began.Add(20 * time.Second * (window + 1)).Truncate(time.Second)}
			}
			return st
		})
		seen, _ := watch(b, s, nil, 10*time.Second, 70*time.Second)
		if got, want := seen[0].Pace, "quota 50, 80% of it"; got != want {
			t.Errorf("pace %q, want %q", got, want)
		}
		if got, want := seen[1].Pace, "quota 50 per 20 s, 80% of it"; got != want {
			t.Errorf("pace %q, want %q", got, want)
		}
	})
}

// What is only felt sets the pace, too.
func TestProgressTellsAFeltPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(300))
		var last time.Time
		s := newServer(func(string, int) step {
			if now := time.Now(); now.Sub(last) >= 100*time.Millisecond {
				last = now
				return ok200.after(time.Millisecond)
			}
			return wait429.after(time.Millisecond)
		})
		seen, _ := watch(b, s, nil, 20*time.Second)
		if got, want := seen[0].Pace, "what the server takes"; got != want {
			t.Errorf("pace %q, want %q", got, want)
		}
	})
}

// After a signal the progress says what it waits for, and rows that are only
// written down as unsent do not count as settled.
func TestProgressOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(100))
		s := newServer(func(task string, _ int) step {
			if task == "t0" {
				return ok200.after(time.Millisecond)
			}
			return ok200.after(3 * time.Second)
		})
		stop := make(chan struct{}, 1)
		go func() {
			time.Sleep(time.Second)
			stop <- struct{}{}
		}()
		seen, sum := watch(b, s, stop, 500*time.Millisecond, 2*time.Second, 5*time.Second)
		if seen[0].Phase != Sending || seen[1].Phase != Stopping || seen[1].InFlight != 8 || seen[2].Phase != Writing {
			t.Errorf("%+v", seen)
		}
		if seen[0].Total != 100 || seen[1].Settled != 1 || seen[2].Settled != 9 || count(sum, record.Unsent) != 91 {
			t.Errorf("of %d rows settled %d, then %d; %v", seen[0].Total, seen[1].Settled, seen[2].Settled, sum.Outcomes)
		}
	})
}

// The summary tells this run from the batch.
func TestEarlierOutcomes(t *testing.T) {
	b := newBench(t, tasks("a", "b", "c"))
	b.run(perTask(map[string][]step{"b": {bad400}}), nil)
	sum := b.run(always(ok200), nil)
	if sum.Earlier[record.Updated] != 2 || sum.Earlier[record.Failed] != 0 || count(sum, record.Updated) != 3 {
		t.Errorf("%v earlier, %v in all", sum.Earlier, sum.Outcomes)
	}
}

// Requests, those that are retries or throttled, and how long they took are counted.
func TestSummaryOfAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "c"))
		b.cfg.Pace.Concurrency = 1
		took := ok200.after(200 * time.Millisecond)
		sum := b.run(perTask(map[string][]step{"a": {slow408.after(time.Second), took}, "b": {took}, "c": {wait429.after(200 * time.Millisecond), took}}), nil)
		if sum.Requests != 5 || sum.Retries != 2 || sum.Throttled != 1 || sum.LatencyMS.Attempts != 5 {
			t.Errorf("%d requests, %d retries, %d throttled, %+v", sum.Requests, sum.Retries, sum.Throttled, sum.LatencyMS)
		}
		if l := sum.LatencyMS; l.P50 < 198 || l.P50 > 202 || l.Max < 990 || l.Max > 1010 || l.Sum < 1780 || l.Sum > 1820 {
			t.Errorf("%+v", l)
		}
		if got := b.records(b.cfg.Results)[1]["_ms"]; got != "200" {
			t.Errorf("_ms %s of a row that was sent once", got)
		}
	})
}
