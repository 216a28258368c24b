package batch

import (
	"cmp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// before answers differently until a moment of the run.
func before(d time.Duration, then, later step) *server {
	began := time.Now()
	return newServer(func(string, int) step {
		if time.Since(began) < d {
			return then
		}
		return later
	})
}

// What counts for --max-outage is the time since the last settled row, less the
// first wait that the server announced since, and less waits for --rate and
// the quota.
func TestMaxOutage(t *testing.T) {
	ok := ok200.after(10 * time.Millisecond)
	tests := []struct {
		name   string
		server func() *server
		rate   float64
		exit   int
		took   time.Duration // at least, and no second more
	}{
		{"an announced wait", func() *server { return before(time.Second, wait429.retryAfter(4*time.Second), ok) }, 0, 0, 4 * time.Second},
		{"a reset", func() *server { return before(time.Second, wait429.resetIn(6*time.Second), ok) }, 0, 0, 6 * time.Second},
		{"announced again and again", func() *server { return always(wait429.retryAfter(4 * time.Second)) }, 0, 5, 6 * time.Second},
		{"resets again and again", func() *server { return always(wait429.resetIn(4 * time.Second)) }, 0, 5, 6 * time.Second},
		{"only 503", func() *server { return always(gone503) }, 0, 5, 2 * time.Second},
		{"a slow rate and one error", func() *server { return before(time.Second, row500, ok) }, 20. / 60, 0, 57 * time.Second},
		{"a slow rate and only errors", func() *server { return always(row500) }, 1000, 5, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, manyTasks(20))
				b.cfg.Rules.MaxOutage = 2 * time.Second
				b.cfg.Attempts = 50
				b.cfg.Pace.Rate = tt.rate
				began := time.Now()
				sum := b.run(tt.server(), nil)
				exit := 0
				if sum.Stop != nil {
					exit = sum.Stop.Cause.Exit()
				}
				took := time.Since(began)
				if exit != tt.exit || took < tt.took || tt.exit != 0 && took > tt.took+4*time.Second {
					t.Errorf("exit %d after %s, want %d after %s; %+v", exit, took, tt.exit, tt.took, sum.Stop)
				}
				if tt.exit == 0 && count(sum, record.Updated) != 20 {
					t.Errorf("%v", sum.Outcomes)
				}
			})
		})
	}
}

// Some of the refusals of a key or a set-up.
func TestRefusals(t *testing.T) {
	setup := refused
	setup.reply = func(r *client.Reply) { r.Setup = true }
	tests := []struct {
		name   string
		rows   []string
		script map[string][]step
		cause  Cause // Signal: none
		want   string
	}{
		{"unanswered, then 401 twice", []string{"a"}, map[string][]step{"a": {timeout, noKey}}, Key, "unknown"},
		{"403 after a 2xx", []string{"z", "a", "b", "c"}, map[string][]step{"z": {ok200}, "a": {noRight}, "b": {noRight}, "c": {noRight}}, Signal, "updated failed failed failed"},
		{"403 for one task again and again", []string{"a", "a"}, map[string][]step{"a": {noRight}}, Signal, "failed blocked"},
		{"403 for two tasks", []string{"a", "b", "c"}, map[string][]step{"a": {noRight}, "b": {noRight}}, Key, "failed failed unsent"},
		{"a wrong set-up", []string{"a", "b", "c"}, map[string][]step{"a": {setup}, "b": {setup}}, Setup, "failed unsent unsent"},
		{"a wrong set-up after an answer", []string{"z", "a", "b"}, map[string][]step{"z": {ok200}, "a": {setup}, "b": {setup}}, Signal, "updated failed failed"},
		{"a set-up that was right", []string{"a", "b"}, map[string][]step{"a": {setup, ok200}}, Signal, "updated updated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, tasks(tt.rows...))
				b.cfg.Pace.Concurrency = 1
				sum := b.run(perTask(tt.script), nil)
				if got := b.outcomes(); got != tt.want {
					t.Errorf("outcomes %s, want %s", got, tt.want)
				}
				if (sum.Stop != nil) != (tt.cause != Signal) || sum.Stop != nil && sum.Stop.Cause != tt.cause {
					t.Errorf("%+v, want cause %d", sum.Stop, tt.cause)
				}
			})
		})
	}
}

// A wrong set-up is tried again only after a while, and by one row.
func TestSecondTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		setup := refused
		setup.reply = func(r *client.Reply) { r.Setup = true }
		b, s := newBench(t, manyTasks(100)), always(setup)
		b.run(s, nil)
		if len(s.calls) != 2 || s.calls[1].begin.Sub(s.calls[0].end) < time.Second {
			t.Errorf("%d requests: %+v", len(s.calls), s.calls)
		}
	})
}

// The server is not said to be back because a signal ends the probe.
func TestSignalEndsProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(100))
		var notices []string
		b.cfg.Notify = func(n Notice) { notices = append(notices, n.Text) }
		began := time.Now()
		s := newServer(func(string, int) step {
			if time.Since(began) > time.Second {
				return refused.after(time.Hour)
			}
			return refused.after(time.Millisecond)
		})
		stop := make(chan struct{}, 2)
		go func() {
			time.Sleep(20 * time.Second)
			stop <- struct{}{}
			stop <- struct{}{}
		}()
		sum := b.run(unconnected{s}, stop)
		if len(notices) != 1 || sum.Stop == nil || sum.Stop.Cause != Signal {
			t.Errorf("notices %q, %+v", notices, sum.Stop)
		}
	})
}

// What was waited for before the last settled row counts no more, and the next
// announced wait is the first again.
func TestMaxOutageStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newServer(func(string, int) step {
			if d := time.Since(began) % (20 * time.Second); d < time.Second {
				return wait429.retryAfter(4 * time.Second)
			}
			return ok200.after(500 * time.Millisecond)
		})
		b := newBench(t, manyTasks(120))
		b.cfg.Pace.Concurrency = 1
		b.cfg.Rules.MaxOutage = 2 * time.Second
		if sum := b.run(s, nil); count(sum, record.Updated) != 120 || time.Since(began) < 60*time.Second {
			t.Errorf("%v, %+v", sum.Outcomes, sum.Stop)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a long good time allows nothing for a bad one
		s := before(60*time.Second, ok200.after(time.Millisecond), gone503)
		b := newBench(t, manyTasks(3000))
		b.cfg.Pace = pace.Config{Concurrency: 1, Rate: 20}
		b.cfg.Attempts = 1000
		b.cfg.Rules.MaxOutage = 2 * time.Second
		began := time.Now()
		if sum := b.run(s, nil); sum.Stop == nil || sum.Stop.Cause != Rule || time.Since(began) > 75*time.Second {
			t.Errorf("%v, %+v after %s", sum.Outcomes, sum.Stop, time.Since(began))
		}
	})
}

// A run that cannot write its records in time after a signal gives up.
func TestNoTimeLeft(t *testing.T) {
	now := time.Now()
	tests := []struct {
		after             time.Duration
		abandoned, giveUp bool
		wake              time.Duration
	}{
		{0, false, false, 10 * time.Second},
		{10 * time.Second, true, false, 10800 * time.Millisecond},
		{10800 * time.Millisecond, true, true, 0},
	}
	for _, tt := range tests {
		d := newDispatcher(t)
		d.stopping = stopping{signalled: now, abandon: func() {}}
		wake := d.stopWakes(now.Add(tt.after))
		if d.stopping.abandoned != tt.abandoned || d.stopping.giveUp != tt.giveUp || tt.wake > 0 && !wake.Equal(now.Add(tt.wake)) {
			t.Errorf("after %s: %+v, wake %s", tt.after, d.stopping, wake)
		}
	}
}

// A bug that loses a record or an outcome is told.
func TestReconcile(t *testing.T) {
	full := Outcomes{record.Updated: 2, record.Failed: 1}
	tests := []struct {
		name    string
		rows    int64
		counted Outcomes
		ok      bool
	}{
		{"all there", 3, full, true},
		{"a record is missing", 3, Outcomes{record.Updated: 2}, false},
		{"a row has no record", 4, full, false},
		{"another outcome", 3, Outcomes{record.Updated: 1, record.Failed: 2}, false},
	}
	for _, tt := range tests {
		s := &Summary{Rows: tt.rows, Outcomes: full}
		new(Plan).reconcile(tt.counted, s)
		if ok := s.Stop == nil; ok != tt.ok || !ok && s.Stop.Cause != Bug {
			t.Errorf("%s: %+v", tt.name, s.Stop)
		}
	}
}

// The cause that outranks the others is told: the first one, but a disk that
// cannot be written comes before that, and a bug before all.
func TestRanks(t *testing.T) {
	for _, tt := range []struct{ first, then, want Cause }{
		{Signal, Rule, Signal}, {Rule, Key, Rule}, {Key, Local, Local}, {Local, Bug, Bug}, {Bug, Local, Bug}, {Local, Signal, Local},
	} {
		d := newDispatcher(t)
		d.halt(&Stop{Cause: tt.first})
		d.halt(&Stop{Cause: tt.then})
		if got := d.stopping.stop.Cause; got != tt.want {
			t.Errorf("%d, then %d: %d", tt.first, tt.then, got)
		}
	}
}

// The two limits of failures strike at their bound, not before.
func TestMaxFailuresBounds(t *testing.T) {
	tests := []struct {
		name         string
		rules        Rules
		good, failed int
		stops        bool
	}{
		{"fewer", Rules{MaxFailures: 3}, 5, 2, false},
		{"so many", Rules{MaxFailures: 3}, 5, 3, true},
		{"a smaller share", Rules{MaxFailuresShare: 0.5}, 51, 49, false},
		{"such a share", Rules{MaxFailuresShare: 0.5}, 50, 50, true},
		{"a share of few", Rules{MaxFailuresShare: 0.5}, 0, 99, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := ruleBook{rules: tt.rules}
			var stop *Stop
			for i := range tt.good + tt.failed {
				o := record.Updated
				if i >= tt.good {
					o = record.Failed
				}
				stop = b.settledRow(o, true, false)
			}
			if (stop != nil) != tt.stops {
				t.Errorf("%+v", stop)
			}
		})
	}
}

// The nothing-works rule is for 50 refusals that no retry could change.
func TestNothingWorks(t *testing.T) {
	for _, tt := range []struct {
		answer step
		stops  bool
	}{{bad400, true}, {slow408, false}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, manyTasks(60))
			b.cfg.Pace.Concurrency, b.cfg.Attempts = 1, 1
			sum := b.run(always(tt.answer), nil)
			if (sum.Stop != nil) != tt.stops || tt.stops && count(sum, record.Failed) != 50 {
				t.Errorf("%d: %+v, %v", tt.answer.status, sum.Stop, sum.Outcomes)
			}
		})
	}
}

// A server that is gone is told from one that answers only errors.
func TestOutageText(t *testing.T) {
	for want, answer := range map[string]step{"server unreachable since ": refused, "the server answers only errors since ": row500} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, manyTasks(100))
			var first string
			b.cfg.Notify = func(n Notice) { first = cmp.Or(first, n.Text) }
			b.run(always(answer), nil)
			if !strings.HasPrefix(first, want) {
				t.Errorf("%q, want %q", first, want)
			}
		})
	}
}
