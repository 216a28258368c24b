package batch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskbatch/csvmap/record"
)

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

// An input that changes under a run stops it; what is recorded stays in the
// .partial, and the rows not read any more count as unsent.
func TestInputChanges(t *testing.T) {
	b := newBench(t, manyTasks(20_000))
	s := newServer(func(task string, _ int) step {
		if task == "t0" {
			b.write(strings.Replace(manyTasks(20_000), "row 19999\n", "other!!!\n", 1))
		}
		return ok200
	})
	sum := b.run(s, nil)
	if sum.Stop == nil || sum.Stop.Cause != Input || sum.Complete || sum.Stop.Hint == "" {
		t.Fatalf("%+v, complete %v", sum.Stop, sum.Complete)
	}
	if n := count(sum, record.Updated); n != len(s.calls) || n == 20_000 || count(sum, record.Unsent) != 20_000-n {
		t.Errorf("%v, %d requests", sum.Outcomes, len(s.calls))
	}
	updated := 0
	for _, r := range b.records(b.cfg.Results + ".partial") {
		if r["_outcome"] == "updated" {
			updated++
		}
	}
	if updated != len(s.calls) {
		t.Errorf("%d of %d rows are recorded as updated", updated, len(s.calls))
	}
}

// Every record tells when its row was settled, also of one that was not sent;
// and the newest is known the next time.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "taskId,title\na,x\nb,\nc d,x\na,y\n")
		b.run(perTask(map[string][]step{"a": {ok200.after(time.Second), bad400.after(time.Second)}}), nil)
		var newest time.Time
		for _, r := range b.records(b.cfg.Results) {
			at, err := time.Parse(time.RFC3339, r["_at"])
			if err != nil || at.After(time.Now()) || at.Before(time.Now().Add(-3*time.Second)) {
				t.Errorf("row %s: %s", r["_row"], r["_at"])
			}
			if o := r["_outcome"]; (o == "updated" || o == "skipped") && at.After(newest) {
				newest = at
			}
		}
		for _, name := range []string{"in.csv", "in.results.csv"} {
			p, err := b.prepare(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Survey().LastFinished; !got.Equal(newest) {
				t.Errorf("%s: last finished %s, want %s", name, got, newest)
			}
			p.Close()
			b.cfg.Results = b.dir + "/rerun.csv"
		}
	})
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

// A rerun that is stopped keeps the records of the file that it reruns.
func TestStoppedRerunKeepsRecords(t *testing.T) {
	b := newBench(t, tasks("a", "b", "c"))
	b.cfg.Attempts = 1
	b.run(perTask(map[string][]step{"a": {timeout}, "b": {bad400}}), nil)
	before := b.records(b.cfg.Results)
	copyFile(t, b.cfg.Results, b.dir+"/old.csv")
	b.cfg.Results = b.dir + "/new.csv"
	stop := make(chan struct{}, 1)
	stop <- struct{}{}
	b.runFile("old.csv", always(ok200), stop)
	if diff := cmp.Diff(before, b.records(b.cfg.Results)); diff != "" {
		t.Error(diff)
	}
}
