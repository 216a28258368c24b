package batch

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
)

// An invalid row blocks the later rows of its task, and no earlier one, however
// long these take.
func TestInvalidRowBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "taskId,title,attachmentUrls\na,1,\na,2,\na,3,no address\na,4,\nb,5,\na,6,\n")
		s := always(ok200.after(time.Minute))
		b.cfg.Pace.Concurrency = 1
		b.run(s, nil)
		if got, want := b.outcomes(), "updated updated invalid blocked updated blocked"; got != want || len(s.calls) != 3 {
			t.Errorf("outcomes %s, want %s; %d requests", got, want, len(s.calls))
		}
		for _, row := range []int{3, 5} {
			if got := b.records(b.cfg.Results)[row]["_error"]; got != "row 4 of this task ended invalid" {
				t.Errorf("_error %q", got)
			}
		}
	})
}

// Of each kind of problem the first rows are shown, and all are counted; so
// are the fields that are cleared.
func TestSamples(t *testing.T) {
	input := "taskId,title,attachmentUrls\na,\"\"\"\"\"\",\nb,x,bad\nc,x,bad\nd d,x,\ne,x,bad\nf,x,\"\"\"\"\"\"\n"
	for _, most := range []int{0, 2} {
		b := newBench(t, input)
		b.cfg.Survey.Samples = most
		p, err := b.prepare("in.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		s := p.Survey()
		if len(s.Problems) != 2 || s.Problems[0].Count != 3 || s.Problems[1].Count != 1 {
			t.Fatalf("%+v", s.Problems)
		}
		if got, want := len(s.Problems[0].Samples), []int{3, 0, 2}[most]; got != want {
			t.Errorf("%d samples, want %d", got, want)
		}
		if s.Cleared[client.Title] != 1 || s.Cleared[client.AttachmentURLs] != 1 || s.Set[client.Title] != 1 {
			t.Errorf("set %v, cleared %v", s.Set, s.Cleared)
		}
	}
}

// A finished record that does not tell of what it is, is not believed.
func TestRecordWithoutSum(t *testing.T) {
	b := newBench(t, tasks("a", "b"))
	b.run(always(ok200), nil)
	data, err := os.ReadFile(b.cfg.Results)
	if err != nil {
		t.Fatal(err)
	}
	sum := b.records(b.cfg.Results)[1]["_sum"]
	if err := os.WriteFile(b.cfg.Results, bytes.Replace(data, []byte(sum), nil, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.prepare("in.csv"); err == nil || !strings.Contains(err.Error(), "row 3") {
		t.Errorf("error %v", err)
	}
}

// --strict and an input of nothing but invalid rows.
func TestRefusal(t *testing.T) {
	for _, tt := range []struct {
		rows, invalid int64
		strict, ok    bool
	}{{3, 0, true, true}, {3, 1, false, true}, {3, 1, true, false}, {3, 3, false, false}, {0, 0, true, true}} {
		s := Survey{RowCounts: RowCounts{Rows: tt.rows, Invalid: tt.invalid}}
		if e := s.Refusal(tt.strict); (e == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, e)
		}
	}
}

// All of the time that --rate takes is counted, also while answers come.
func TestWaitedForRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(101))
		b.cfg.Pace.Rate = 20
		if w := b.run(always(ok200.after(130*time.Millisecond)), nil).Waited; w.Rate < 4500*time.Millisecond || w.Rate > 5*time.Second {
			t.Errorf("%+v", w)
		}
	})
}
