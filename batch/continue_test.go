package batch

import (
	"errors"
	"os"
	"strings"
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

// A file in the place of the results that is none of ours is left alone, and
// the way out is told.
func TestForeignResults(t *testing.T) {
	b := newBench(t, tasks("a"))
	if err := os.WriteFile(b.cfg.Results, []byte("name,age\nx,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.prepare("in.csv")
	if e := (*Error)(nil); !errors.As(err, &e) || e.Cause != Setup || !strings.Contains(e.Hint, "--fresh") {
		t.Errorf("%#v", err)
	}
}

// Whether the input was changed or is another one altogether shows by the rows
// before the first that differs.
func TestChangedOrAnother(t *testing.T) {
	for input, another := range map[string]bool{
		"taskId,title\na,other\nb,row 3\n": true,
		"taskId,title\na,row 2\nb,other\n": false,
	} {
		b := newBench(t, tasks("a", "b"))
		b.run(always(ok200), nil)
		b.write(input)
		_, err := b.prepare("in.csv")
		if err == nil || strings.Contains(err.Error(), "the results of another input") != another {
			t.Errorf("%q: %v", input, err)
		}
	}
}

// A row without a task, behind one that is finished, holds back nobody.
func TestContinueWithARowOfNoTask(t *testing.T) {
	b := newBench(t, tasks("a"))
	b.run(always(ok200), nil)
	b.write("taskId,title\na,row 2\n,row 3\na,row 4\n")
	b.run(always(ok200), nil)
	if got, want := b.outcomes(), "updated invalid updated"; got != want {
		t.Errorf("outcomes %s, want %s", got, want)
	}
}
