package batch

import (
	"testing"
	"testing/synctest"
	"time"

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

// A stopped continuation keeps what an earlier run learned of a row, unless the
// row is another one now.
func TestStopKeepsRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "c", "d", "d"))
		b.cfg.Attempts = 1
		b.run(perTask(map[string][]step{"a": {timeout}, "b": {bad400}, "c": {bad400}, "d": {timeout}}), nil)
		if got, want := b.outcomes(), "unknown failed failed unknown blocked"; got != want {
			t.Fatalf("outcomes %s, want %s", got, want)
		}
		b.write("taskId,title\na,row 2\nb,row 3\nc,other\nd,row 5\nd,row 6\ne,row 7\ne,row 8\n")
		stop := make(chan struct{}, 1)
		stop <- struct{}{}
		sum := b.run(always(ok200), stop)
		if got, want := b.outcomes(), "unknown failed unsent unknown blocked unsent unsent"; got != want {
			t.Errorf("outcomes %s, want %s", got, want)
		}
		if sum.Stop == nil || sum.Stop.Cause != Signal || sum.Requests != 0 {
			t.Errorf("%+v, %d requests", sum.Stop, sum.Requests)
		}
	})
}

// Rows behind an unsent one are unsent, those behind one that did not get
// through are blocked.
func TestStopInLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "a", "b", "b", "c", "c"))
		b.cfg.Pace.Concurrency = 1
		b.cfg.Rules.MaxDuration = 1500 * time.Millisecond
		b.run(perTask(map[string][]step{"a": {ok200.after(time.Second)}, "c": {bad400}, "b": {row500.after(time.Second)}}), nil)
		if got, want := b.outcomes(), "updated unsent failed blocked unsent unsent"; got != want {
			t.Errorf("outcomes %s, want %s", got, want)
		}
	})
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
