package batch

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The fingerprint has known values: its definition is public.
func TestFingerprint(t *testing.T) {
	fingerprint := func(t *testing.T, target, input string, limit int64) string {
		t.Helper()
		b := newBench(t, input)
		b.cfg.Target, b.cfg.Limit = target, limit
		p, err := b.prepare("in.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		return p.Survey().Plan
	}
	input := "taskId,title\nT-1,Grüße\nT 2,invalid\nT-3,\n"
	const known = "faf8a18e8b8fb4b2ac7b961931bda966"
	if got := fingerprint(t, "https://platform.thena.ai", input, 0); got != known {
		t.Errorf("fingerprint %s, want %s", got, known)
	}
	if got := fingerprint(t, "https://platform.thena.ai", input, 1); got != known {
		t.Errorf("with a limit %s, want %s", got, known)
	}
	others := []string{
		fingerprint(t, "sandbox", input, 0),
		fingerprint(t, "https://platform.thena.ai", "taskId,title\nT-1,Grüsse\nT 2,invalid\nT-3,\n", 0),
		fingerprint(t, "https://platform.thena.ai", "taskId,title\nT-3,\nT 2,invalid\nT-1,Grüße\n", 0),
		fingerprint(t, "https://platform.thena.ai", "taskId,title\nT-1,Grüße\nT-3,\n", 0),
	}
	slices.Sort(others)
	if len(slices.Compact(append(others, known))) != 5 {
		t.Errorf("%v are not all different", others)
	}
	renamed := fingerprint(t, "https://platform.thena.ai", "Title,Task ID\nGrüße,T-1\nx,T 9\n,T-3\n", 0)
	if diff := cmp.Diff(known, renamed); diff != "" {
		t.Errorf("the same updates in other columns: %s", diff)
	}
}

// --plan lets only the plan with this fingerprint be sent.
func TestPlanIsAnother(t *testing.T) {
	b := newBench(t, tasks("a"))
	p, err := b.prepare("in.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	b.cfg.Plan = strings.ToUpper(p.Survey().Plan)
	for _, tt := range []struct {
		input string
		want  bool
	}{{tasks("a"), true}, {tasks("b"), false}} {
		b.write(tt.input)
		p, err := b.prepare("in.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if e := p.Survey().Refusal(false); (e == nil) != tt.want || e != nil && e.Cause != Input {
			t.Errorf("%v", e)
		}
	}
}

// Counting again, as for a task that differs only in its second row, changes
// no fingerprint.
func TestFingerprintOfTwoPasses(t *testing.T) {
	b := newBench(t, tasks("a", "a"))
	b.run(always(ok200), nil)
	night := b.cfg.Results
	b.cfg.Results = b.dir + "/tonight.csv"
	b.write("taskId,title\na,row 2\na,other\n")
	var fingerprints []string
	for _, since := range []string{"", night} {
		b.cfg.SkipUnchanged = since
		p, err := b.prepare("in.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if p.Survey().ToSend != 2 {
			t.Errorf("%+v", p.Survey().RowCounts)
		}
		fingerprints = append(fingerprints, p.Survey().Plan)
	}
	if fingerprints[0] != fingerprints[1] {
		t.Error(fingerprints)
	}
}
