package batch

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// always answers every attempt the same.
func always(s step) *server { return newServer(func(string, int) step { return s }) }

// perTask answers the attempts for a task one after the other as listed, the
// last one for ever; other tasks are answered 200.
func perTask(script map[string][]step) *server {
	return newServer(func(task string, n int) step {
		steps := script[task]
		if len(steps) == 0 {
			return ok200.after(10 * time.Millisecond)
		}
		return steps[min(n, len(steps)-1)]
	})
}

func TestOutcomes(t *testing.T) {
	tests := []struct {
		name   string
		tasks  []string
		script map[string][]step
		want   string
		calls  int
	}{
		{"all updated", []string{"a", "b", "c"}, nil, "updated updated updated", 3},
		{"refused at once", []string{"a", "b"}, map[string][]step{"a": {bad400}}, "failed updated", 2},
		{"later rows of a refused task are blocked", []string{"a", "b", "a", "a"}, map[string][]step{"a": {bad400}}, "failed updated blocked blocked", 2},
		{"500 until the attempts are out", []string{"a", "b"}, map[string][]step{"a": {row500}}, "failed updated", 6},
		{"503, then well", []string{"a"}, map[string][]step{"a": {gone503, gone503, ok200}}, "updated", 3},
		{"no connection", []string{"a", "a"}, map[string][]step{"a": {refused}}, "failed blocked", 5},
		{"timeouts", []string{"a"}, map[string][]step{"a": {timeout}}, "unknown", 5},
		{"a timeout, then errors", []string{"a"}, map[string][]step{"a": {timeout, gone503}}, "unknown", 5},
		{"a timeout, then refused", []string{"a"}, map[string][]step{"a": {timeout, bad400}}, "failed", 2},
		{"a timeout, then well", []string{"a"}, map[string][]step{"a": {timeout, ok200}}, "updated", 2},
		{"429 does not count", []string{"a"}, map[string][]step{"a": {wait429, wait429, wait429, wait429, wait429, wait429, ok200}}, "updated", 7},
		{"one 401, not confirmed", []string{"a", "b"}, map[string][]step{"a": {noKey, ok200}}, "updated updated", 3},
		{"403 for one task", []string{"a", "b", "a"}, map[string][]step{"b": {noRight}}, "updated failed updated", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, tasks(tt.tasks...))
				s := perTask(tt.script)
				b.run(s, nil)
				if got := b.outcomes(); got != tt.want {
					t.Errorf("outcomes %s, want %s", got, tt.want)
				}
				if len(s.calls) != tt.calls {
					t.Errorf("%d requests, want %d", len(s.calls), tt.calls)
				}
			})
		})
	}
}

func TestStopRules(t *testing.T) {
	tests := []struct {
		name   string
		rows   int
		server *server
		rules  Rules
		exit   int
		unsent bool // some rows are not tried
		calls  int  // 0: not checked
	}{
		{"key refused", 30, always(noKey), Rules{}, 4, true, 2},
		{"key refused, one row", 1, always(noKey), Rules{}, 4, false, 2},
		{"key may not", 30, always(noRight.after(time.Millisecond)), Rules{}, 4, true, 0},
		{"redirect", 30, always(redirect), Rules{}, 2, true, 1},
		{"nothing works", 90, always(bad400), Rules{}, 5, true, 0},
		{"nothing works, keep going", 90, always(bad400), Rules{KeepGoing: true}, 0, false, 90},
		{"nothing works, few rows", 49, always(bad400), Rules{}, 0, false, 49},
		{"max failures", 90, always(bad400.after(time.Second)), Rules{MaxFailures: 3, KeepGoing: true}, 5, true, 0},
		{"max failures share", 400, always(bad400.after(time.Second)), Rules{MaxFailuresShare: 0.5, KeepGoing: true}, 5, true, 0},
		{"max failures at the end", 3, always(bad400), Rules{MaxFailures: 3}, 0, false, 3},
		{"max duration", 90, always(ok200.after(time.Second)), Rules{MaxDuration: 3500 * time.Millisecond}, 5, true, 0},
		{"max outage", 90, always(refused), Rules{MaxOutage: time.Minute}, 5, true, 0},
		{"max outage, only 500", 90, always(row500), Rules{MaxOutage: time.Minute}, 5, true, 0},
		{"max outage, only 429", 90, always(wait429), Rules{MaxOutage: time.Minute}, 5, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, manyTasks(tt.rows))
				b.cfg.Rules = tt.rules
				if b.cfg.Rules.MaxOutage == 0 {
					b.cfg.Rules.MaxOutage = 30 * time.Minute
				}
				began := time.Now()
				sum := b.run(tt.server, nil)
				exit := 0
				if sum.Stop != nil {
					exit = sum.Stop.Cause.Exit()
				}
				if exit != tt.exit {
					t.Fatalf("exit %d, want %d (%+v)", exit, tt.exit, sum.Stop)
				}
				if got := count(sum, record.Unsent) > 0; got != tt.unsent {
					t.Errorf("%v", sum.Outcomes)
				}
				if tt.calls > 0 && len(tt.server.calls) != tt.calls {
					t.Errorf("%d requests, want %d", len(tt.server.calls), tt.calls)
				}
				if took := time.Since(began); tt.rules.MaxOutage > 0 && (took < tt.rules.MaxOutage || took > tt.rules.MaxOutage+30*time.Second) {
					t.Errorf("stopped after %s, max outage %s", took, tt.rules.MaxOutage)
				}
			})
		})
	}
}

// A server that is gone for a while costs no row, and few probes.
func TestOutageIsRiddenOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newServer(func(string, int) step {
			if d := time.Since(began); d > 2*time.Second && d < 32*time.Second {
				return refused.after(20 * time.Millisecond)
			}
			return ok200.after(20 * time.Millisecond)
		})
		b := newBench(t, manyTasks(2000))
		sum := b.run(s, nil)
		if count(sum, record.Updated) != 2000 {
			t.Fatalf("%v", sum.Outcomes)
		}
		var refusals int
		for _, c := range s.calls {
			if c.step.verdict == refused.verdict {
				refusals++
			}
		}
		if refusals > 20+8+10 {
			t.Errorf("%d attempts while the server was gone", refusals)
		}
		if sum.Waited.Outage < 20*time.Second {
			t.Errorf("waited %+v", sum.Waited)
		}
	})
}

func TestStopSignals(t *testing.T) {
	tests := []struct {
		name    string
		latency time.Duration
		second  bool // another signal a second after the first
		took    time.Duration
		unknown int
	}{
		{"requests in flight may end", 3 * time.Second, false, 3 * time.Second, 0},
		{"but not for ever", time.Hour, false, 10 * time.Second, 8},
		{"a second signal does not wait", time.Hour, true, time.Second, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, manyTasks(100))
				stop := make(chan struct{}, 2)
				s := newServer(func(task string, _ int) step {
					if task == "t0" {
						return ok200
					}
					return ok200.after(tt.latency)
				})
				began := time.Now()
				go func() {
					time.Sleep(time.Millisecond)
					stop <- struct{}{}
					if tt.second {
						time.Sleep(time.Second)
						stop <- struct{}{}
					}
				}()
				sum := b.run(s, stop)
				if took := time.Since(began).Truncate(100 * time.Millisecond); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}
				if !sum.Complete || count(sum, record.Unknown) != tt.unknown || count(sum, record.Unsent) != 91 {
					t.Errorf("complete %v, %v", sum.Complete, sum.Outcomes)
				}
			})
		})
	}
}

// The same command again sends what is not finished, and nothing else.
func TestContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "c", "b"))
		b.run(perTask(map[string][]step{"b": {bad400}}), nil)
		if got, want := b.outcomes(), "updated failed updated blocked"; got != want {
			t.Fatalf("outcomes %s, want %s", got, want)
		}
		s := perTask(nil)
		b.run(s, nil)
		if got, want := b.outcomes(), "updated updated updated updated"; got != want {
			t.Fatalf("outcomes %s, want %s", got, want)
		}
		if len(s.calls) != 2 || s.calls[0].task != "b" || s.calls[1].body != `{"title":"row 5"}` {
			t.Errorf("%v", s.calls)
		}
	})
}

func TestContinueRefusesChangedRows(t *testing.T) {
	tests := []struct {
		name, input string
		want        string // in the error; "": it runs
	}{
		{"finished row changed", "taskId,title\na,other\nb,row 3\nc,row 4\n", "row 2"},
		{"finished row gone", "taskId,title\na,row 2\nb,row 3\n", "row 4"},
		{"finished row invalid", "taskId,title\na b,row 2\nb,row 3\nc,row 4\n", "row 2"},
		{"failed row changed", "taskId,title\na,row 2\nb,other\nc,row 4\n", ""},
		{"rows added", "taskId,title\na,row 2\nb,row 3\nc,row 4\nd,row 5\n", ""},
		{"columns added", "taskId,title,status\na,row 2,\nb,row 3,OPEN\nc,row 4,\n", ""},
		{"columns in another order", "title,taskId\nrow 2,a\nrow 3,b\nrow 4,c\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tasks("a", "b", "c"))
			b.run(perTask(map[string][]step{"b": {bad400}}), nil)
			before, _ := os.ReadFile(b.cfg.Results)
			b.write(tt.input)
			if tt.want == "" {
				b.run(perTask(nil), nil)
				for _, r := range b.records(b.cfg.Results) {
					if r["_outcome"] != "updated" {
						t.Errorf("row %s is %s", r["_row"], r["_outcome"])
					}
				}
				return
			}
			_, err := b.prepare("in.csv")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one about %s", err, tt.want)
			}
			if after, _ := os.ReadFile(b.cfg.Results); string(after) != string(before) {
				t.Error("the results file changed")
			}
		})
	}
}

// A row of a results file that is older than an updated one of its task is
// never sent.
func TestRerunHoldsOlderRows(t *testing.T) {
	b := newBench(t, "")
	file := "_outcome,_row,_status,_attempts,_ms,_at,_target,_error,_sum,taskId,title\n" +
		"failed,2,400,1,5,2026-01-01T00:00:00.000Z,,no,,a,old\n" +
		"updated,3,200,1,5,2026-01-01T00:00:00.000Z,,,,a,new\n" +
		"failed,4,400,1,5,2026-01-01T00:00:00.000Z,,no,,a,newest\n" +
		"failed,5,400,1,5,2026-01-01T00:00:00.000Z,,no,,b,other\n"
	if err := os.WriteFile(b.dir+"/old.csv", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	s := perTask(nil)
	b.runFile("old.csv", s, nil)
	if got, want := b.outcomes(), "blocked updated updated updated"; got != want {
		t.Errorf("outcomes %s, want %s", got, want)
	}
	if len(s.calls) != 2 {
		t.Errorf("%v", s.calls)
	}
	if got := b.records(b.cfg.Results)[0]["_error"]; !strings.Contains(got, "row 3 is newer") {
		t.Errorf("_error %q", got)
	}
}

// Rows that the server always answers 500 do not slow down the others: they
// wait outside the pool.
func TestBadRowsSlowNobodyDown(t *testing.T) {
	run := func(t *testing.T, every int) (others time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			bad := map[string]bool{}
			for i := 0; every > 0 && i < 1000; i += every {
				bad["t"+strconv.Itoa(i)] = true
			}
			s := newServer(func(task string, _ int) step {
				if bad[task] {
					return row500.after(20 * time.Millisecond)
				}
				return ok200.after(20 * time.Millisecond)
			})
			b := newBench(t, manyTasks(1000))
			began := time.Now()
			sum := b.run(s, nil)
			if count(sum, record.Failed) != len(bad) || count(sum, record.Updated) != 1000-len(bad) {
				t.Fatalf("%v", sum.Outcomes)
			}
			for _, c := range s.calls {
				if !bad[c.task] {
					others = max(others, c.end.Sub(began))
				}
			}
		})
		return others
	}
	clean, bad := run(t, 0), run(t, 33)
	if bad > clean*115/100 {
		t.Errorf("the other rows took %s, without bad rows %s", bad, clean)
	}
}

// One row that is always answered 429 holds the gate back again and again, but
// the others still get through.
func TestOneThrottledRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(60))
		b.cfg.Rules.MaxOutage = time.Minute
		sum := b.run(perTask(map[string][]step{"t3": {wait429}}), nil)
		if count(sum, record.Updated) != 59 || count(sum, record.Failed) != 1 || sum.Stop == nil || sum.Stop.Cause.Exit() != 5 {
			t.Errorf("%v, %+v", sum.Outcomes, sum.Stop)
		}
	})
}

// The failures file holds what a rerun would send, also when nothing is to be
// done any more.
func TestFailuresFile(t *testing.T) {
	b := newBench(t, tasks("a", "b", "b"))
	b.cfg.Failures = b.dir + "/failures.csv"
	b.run(perTask(map[string][]step{"b": {bad400}}), nil)
	var rows []string
	for _, r := range b.records(b.cfg.Failures) {
		rows = append(rows, r["_row"]+" "+r["_outcome"])
	}
	if got := strings.Join(rows, ", "); got != "3 failed, 4 blocked" {
		t.Errorf("failures: %s", got)
	}
	b.run(perTask(nil), nil)
	os.Remove(b.cfg.Failures)
	p, err := b.prepare("in.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.WriteFailures(); err != nil || !p.Survey().Done() || len(b.records(b.cfg.Failures)) != 0 {
		t.Errorf("error %v, done %v", err, p.Survey().Done())
	}
}

// panicky is a sender with a bug that shows for one task.
type panicky struct{ *server }

func (p panicky) Close() {}

func (p panicky) Put(ctx context.Context, task string, body []byte) client.Reply {
	if task == "t5" {
		panic("boom")
	}
	return p.server.Put(ctx, task, body)
}

// A bug in a worker stops the run; the row in flight may have been applied.
func TestPanicInWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(100))
		sum := b.run(panicky{always(ok200.after(time.Millisecond))}, nil)
		if sum.Stop == nil || sum.Stop.Cause.Exit() != 70 || !strings.Contains(sum.Stop.Why, "row 7: boom") {
			t.Fatalf("%+v", sum.Stop)
		}
		if got := b.records(b.cfg.Results)[5]["_outcome"]; got != "unknown" || !sum.Complete || count(sum, record.Unsent) == 0 {
			t.Errorf("row 7 is %s, %v", got, sum.Outcomes)
		}
	})
}
