package batch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// unconnected is a server that a cancelled attempt does not reach.
type unconnected struct{ *server }

func (u unconnected) Put(ctx context.Context, task string, body []byte) client.Reply {
	r := u.server.Put(ctx, task, body)
	if ctx.Err() != nil {
		r.Verdict, r.Health = client.Unconnected, client.Healthy
	}
	return r
}

// Probes use up no attempt: however long the server is gone, no row is lost. Its
// end and its return are told.
func TestProbesAreNoAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := before(4*time.Hour, refused.after(time.Millisecond), ok200.after(time.Millisecond))
		b := newBench(t, manyTasks(30))
		b.cfg.Attempts = 6 // more than a row can use up in the few milliseconds before it is known to be an outage
		b.cfg.Rules.MaxOutage = 5 * time.Hour
		var notices []string
		b.cfg.Notify = func(n Notice) { notices = append(notices, fmt.Sprintf("%t %.18s", n.Warning, n.Text)) }
		sum := b.run(s, nil)
		if count(sum, record.Updated) != 30 {
			t.Errorf("%v, %+v", sum.Outcomes, sum.Stop)
		}
		if want := []string{"true server unreachable", "false the server is back"}; !slices.Equal(notices, want) {
			t.Errorf("told %q, want %q", notices, want)
		}
	})
}

// Tasks that fail for ever, side by side or scattered, are rows that fail: the
// others get through, soon.
func TestPoison(t *testing.T) {
	tests := []struct {
		name   string
		rows   int
		poison func(i int) bool
		pause  bool          // the server is gone for 3 s
		most   time.Duration // for the others
	}{
		{"a block", 3000, func(i int) bool { return i >= 500 && i < 540 }, false, 10 * time.Second},
		{"every twelfth", 3000, func(i int) bool { return i%12 == 0 }, true, 20 * time.Second},
		{"a few at the end", 3000, func(i int) bool { return i >= 2991 }, false, 5 * time.Second},
		{"nothing else", 15, func(int) bool { return true }, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows := tt.rows
				poison, n := map[string]bool{}, 0
				for i := range rows {
					if tt.poison(i) {
						poison["t"+strconv.Itoa(i)] = true
						n++
					}
				}
				began := time.Now()
				s := newServer(func(task string, _ int) step {
					d := time.Since(began)
					if poison[task] || tt.pause && d > time.Second && d < 4*time.Second {
						return step{verdict: client.Unanswered, health: client.Ill, status: 502, latency: 5 * time.Millisecond}
					}
					return ok200.after(5 * time.Millisecond)
				})
				b := newBench(t, manyTasks(rows))
				b.cfg.Rules.MaxOutage = time.Minute
				sum := b.run(s, nil)
				if sum.Stop != nil || count(sum, record.Unknown) != n || count(sum, record.Updated) != rows-n {
					t.Errorf("%v, %+v", sum.Outcomes, sum.Stop)
				}
				var others time.Duration
				for _, c := range s.calls {
					if !poison[c.task] {
						others = max(others, c.end.Sub(began))
					}
				}
				t.Logf("the others took %s, all %s", others, time.Since(began))
				if others > tt.most {
					t.Errorf("the other rows took %s", others)
				}
			})
		})
	}
}

// A limit that is one task's own holds back its row alone.
func TestOwnTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := wait429
		own.reply = func(r *client.Reply) {
			r.Quota = client.Quota{Known: true, Limit: 3, OwnTask: true, Relative: true, Left: time.Minute}
		}
		s := newServer(func(task string, n int) step {
			if task == "t3" && n < 2 {
				return own
			}
			return ok200.after(time.Millisecond)
		})
		b := newBench(t, manyTasks(50))
		began := time.Now()
		sum := b.run(s, nil)
		if count(sum, record.Updated) != 50 {
			t.Fatalf("%v", sum.Outcomes)
		}
		for _, c := range s.calls {
			if at := c.end.Sub(began); c.task != "t3" && at > time.Second {
				t.Errorf("%s waited %s", c.task, at)
			}
		}
		if took := time.Since(began); took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

// Refusals for a limit that is only felt use up no attempt, up to ten of a
// row's: then it is the row.
func TestFelt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(400))
		b.cfg.Pace.Concurrency = 1
		began := time.Now()
		b.run(newServer(func(task string, n int) step {
			if task == "t200" || task == "t100" && n < 8 {
				return gone503
			}
			return ok200.after(10 * time.Millisecond)
		}), nil)
		for _, row := range []struct {
			place    int
			outcome  string
			attempts string
		}{{100, "updated", "9"}, {200, "failed", "15"}} {
			if r := b.records(b.cfg.Results)[row.place]; r["_outcome"] != row.outcome || r["_attempts"] != row.attempts {
				t.Errorf("row %s is %s after %s attempts, %s", r["_row"], r["_outcome"], r["_attempts"], time.Since(began))
			}
		}
	})
}

// Read ahead is bounded, in rows and in bytes; during an outage it goes on up
// to these bounds.
func TestReadAhead(t *testing.T) {
	many := func(n int) lanes {
		l := newLanes(0)
		l.ready = make(queue, n)
		return l
	}
	tests := []struct {
		name  string
		lanes lanes
		want  bool
	}{
		{"few", many(enoughReady + 7), false},
		{"enough ready", many(enoughReady + 8), true},
		{"one hot task", lanes{rows: maxUnsettled}, true},
		{"rows that wait", lanes{rows: maxUnsettled - 1}, false},
		{"long rows", lanes{bytes: maxUnsettledBytes}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDispatcher(t)
			d.lanes = tt.lanes
			if got := d.readAhead(); got != tt.want {
				t.Errorf("readAhead %v, want %v", got, tt.want)
			}
		})
	}
}
