package batch

import (
	"testing"
	"testing/synctest"
	"time"
)

// Records of rows beyond --limit are kept, also where the .partial has to be
// written anew because the columns have changed.
func TestLimitKeepsRecordsInNewColumns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "c", "d"))
		b.cfg.Pace.Concurrency = 1
		b.cfg.Rules.MaxDuration = 1500 * time.Millisecond
		b.run(always(ok200.after(time.Second)), nil)
		if got, want := b.outcomes(), "updated updated unsent unsent"; got != want {
			t.Fatalf("outcomes %s, want %s", got, want)
		}
		b.write("taskId,title,status\na,row 2,\nb,row 3,\nc,row 4,\nd,row 5,\n")
		b.cfg.Limit, b.cfg.Rules.MaxDuration = 3, 0
		s := perTask(nil)
		sum := b.run(s, nil)
		if got, want := b.outcomes(), "updated updated updated unsent"; got != want || sum.Stop != nil || len(s.calls) != 1 {
			t.Errorf("outcomes %s, want %s; %+v", got, want, sum.Stop)
		}
	})
}

// In a continuation, too, no row is sent while a later row of its task is
// updated: here a failed row got the task of one behind it.
func TestContinueHoldsOlderRows(t *testing.T) {
	b := newBench(t, tasks("a", "b", "c"))
	b.run(perTask(map[string][]step{"a": {bad400}}), nil)
	b.write("taskId,title\nb,row 2\nb,row 3\nc,row 4\n")
	s := always(ok200)
	b.run(s, nil)
	if got, want := b.outcomes(), "blocked updated updated"; got != want || len(s.calls) != 0 {
		t.Errorf("outcomes %s, want %s; %d requests", got, want, len(s.calls))
	}
	if got := b.records(b.cfg.Results)[0]["_error"]; got != "row 3 is newer: it is updated already" {
		t.Errorf("_error %q", got)
	}
}

// --limit selects the first rows, finished or not.
func TestLimit(t *testing.T) {
	b := newBench(t, tasks("a", "b", "c", "d"))
	for _, tt := range []struct {
		limit, left int64
		want        string
		calls       int
	}{{2, 2, "updated updated", 2}, {3, 1, "updated updated updated", 1}, {0, 0, "updated updated updated updated", 1}} {
		b.cfg.Limit = tt.limit
		p, err := b.prepare("in.csv")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Survey().Left; got != tt.left {
			t.Errorf("--limit %d leaves out %d rows, want %d", tt.limit, got, tt.left)
		}
		p.Close()
		s := always(ok200)
		b.run(s, nil)
		if got := b.outcomes(); got != tt.want || len(s.calls) != tt.calls {
			t.Errorf("--limit %d: outcomes %s, want %s; %d requests, want %d", tt.limit, got, tt.want, len(s.calls), tt.calls)
		}
	}
}
