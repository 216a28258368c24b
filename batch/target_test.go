package batch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was done to another target was not done to this one.
func TestTargets(t *testing.T) {
	b := newBench(t, tasks("a", "b", "c"))
	b.cfg.Target = "sandbox"
	b.run(perTask(map[string][]step{"b": {bad400}}), nil)
	if got := b.records(b.cfg.Results)[0]["_target"]; got != "sandbox" {
		t.Fatalf("_target %q", got)
	}
	copyFile(t, b.cfg.Results, filepath.Join(b.dir, "copy.csv"))
	refused := func(t *testing.T, name string, want ...string) {
		t.Helper()
		before, _ := os.ReadFile(b.cfg.Results)
		_, err := b.prepare(name)
		if err == nil {
			t.Fatal("it is not refused")
		}
		for _, part := range want {
			if e := err.(*Error); e.Cause != Setup || !strings.Contains(e.Why+e.Hint, part) {
				t.Errorf("%v: %s; %s, want %q", e.Cause, e.Why, e.Hint, part)
			}
		}
		if after, _ := os.ReadFile(b.cfg.Results); string(after) != string(before) {
			t.Error("the results changed")
		}
	}
	real := "https://platform.thena.ai"
	said := []string{"records a run against the sandbox, this one goes to " + real, "-o", "--fresh"}

	b.cfg.Target = real
	t.Run("continued", func(t *testing.T) { refused(t, "in.csv", said...) })
	t.Run("continued from a .partial", func(t *testing.T) {
		copyFile(t, b.cfg.Results, b.cfg.Results+".partial")
		defer os.Remove(b.cfg.Results + ".partial")
		refused(t, "in.csv", said...)
	})
	b.cfg.Results = filepath.Join(b.dir, "other.csv")
	t.Run("rerun", func(t *testing.T) { refused(t, "copy.csv", said...) })
	t.Run("unchanged", func(t *testing.T) {
		b.cfg.SkipUnchanged = filepath.Join(b.dir, "copy.csv")
		defer func() { b.cfg.SkipUnchanged = "" }()
		refused(t, "in.csv", said...)
	})
	t.Run("a column that is gone", func(t *testing.T) {
		data, _ := os.ReadFile(filepath.Join(b.dir, "copy.csv"))
		lines := strings.SplitAfter(strings.ReplaceAll(strings.ReplaceAll(string(data), "_target,", ""), "sandbox,", ""), "\n")
		os.WriteFile(filepath.Join(b.dir, "gone.csv"), []byte(strings.Join(lines, "")), 0o600)
		refused(t, "gone.csv", "does not say where row 2 was updated", "_target")
		os.WriteFile(filepath.Join(b.dir, "gone.csv"), []byte(lines[0]+lines[2]), 0o600)
		s := always(ok200)
		b.runFile("gone.csv", s, nil)
		if len(s.calls) != 1 || s.calls[0].task != "b" {
			t.Errorf("%+v", s.calls)
		}
	})
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
