package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestResultsName(t *testing.T) {
	for input, want := range map[string]string{
		"tasks.csv":           "tasks.results.csv",
		"dir.v1/tasks.jsonl":  "dir.v1/tasks.results.csv",
		"TASKS.CSV.GZ":        "TASKS.results.csv",
		"a.b.ndjson.zst":      "a.b.results.csv",
		"tasks.tsv":           "tasks.results.csv",
		"tasks.txt":           "tasks.txt.results.csv",
		"tasks.txt.gz":        "tasks.txt.results.csv",
		"tasks":               "tasks.results.csv",
		"x-2.csv":             "x-2.results.csv",
		".csv":                ".csv.results.csv",
		"tasks-failures.csv":  "tasks-failures.results.csv",
		"tasks.2026-11-23.gz": "tasks.2026-11-23.results.csv",
	} {
		if got := ResultsName(input); got != want {
			t.Errorf("%s: got %s, want %s", input, got, want)
		}
	}
	if got := InputName("a/b/tasks.csv.gz"); got != "tasks" {
		t.Error(got)
	}
}

func TestRerunName(t *testing.T) {
	for path, want := range map[string]string{
		"tasks.results.csv":            "tasks.results-2.csv",
		"d/tasks.results-2.csv":        "d/tasks.results-3.csv",
		"tasks.results-9.csv":          "tasks.results-10.csv",
		"tasks-7.results.csv":          "tasks-7.results-2.csv",
		"fail.csv":                     "fail-2.csv",
		"x-2.csv":                      "x-3.csv",
		"x-1.csv":                      "x-1-2.csv",
		"x-02.csv":                     "x-02-2.csv",
		"x-2026.csv":                   "x-2026-2.csv",
		"x-2026-11-23.csv":             "x-2026-11-23-2.csv",
		"x-2026-11-23-2.csv":           "x-2026-11-23-3.csv",
		"-2.csv":                       "-2-2.csv",
		"tasks.results.csv.gz":         "tasks.results-2.csv",
		"tasks.results.tsv":            "tasks.results-2.csv",
		"out":                          "out-2.csv",
		"dir-2/tasks.results.csv":      "dir-2/tasks.results-2.csv",
		"t.results.2026-11-22T230102.": "t.results.2026-11-22T230102.-2.csv",
	} {
		if got := RerunName(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestLockName(t *testing.T) {
	for results, want := range map[string]string{
		"tasks.results.csv":                   "tasks.results.csv.lock",
		"d/tasks.results-3.csv":               "d/tasks.results.csv.lock",
		"out-{date}.csv":                      "out.csv.lock",
		"out-2026-11-23.csv":                  "out.csv.lock",
		"out-2026-11-23-2.csv":                "out.csv.lock",
		"2026-11-23_out.csv":                  "out.csv.lock",
		"{date}.csv":                          "taskbatch.csv.lock",
		"d/2026-11-23-2.csv":                  "d/taskbatch.csv.lock",
		"t.results.2026-11-22T230102.csv":     "t.results.csv.lock",
		"t.results.2026-11-22T230102.2-2.csv": "t.results.csv.lock",
		"tasks-2026-11-23.results-2.csv":      "tasks.results.csv.lock",
		"d-2026-11-23/out.csv":                "d-2026-11-23/out.csv.lock",
	} {
		if got := LockName(results); got != want {
			t.Errorf("%s: got %s, want %s", results, got, want)
		}
	}
}

func TestUnfinishedDates(t *testing.T) {
	for name, c := range map[string]struct {
		files, path string
		want        string
	}{
		"none":           {"p-2026-11-22.csv p-2026-11-23.csv.partial", "p-2026-11-23.csv", ""},
		"yesterday's":    {"p-2026-11-22.csv.partial", "p-2026-11-23.csv", "p-2026-11-22.csv"},
		"two":            {"p-2026-11-22.csv.partial p-2026-11-21.csv.partial", "./p-2026-11-23.csv", "p-2026-11-21.csv p-2026-11-22.csv"},
		"a rerun's":      {"p-2026-11-22-2.csv.partial", "p-2026-11-23.csv", "p-2026-11-22-2.csv"},
		"own rerun's":    {"p-2026-11-23-2.csv.partial", "p-2026-11-23.csv", ""},
		"others' batch":  {"q-2026-11-22.csv.partial", "p-2026-11-23.csv", ""},
		"no date":        {"p-2026-11-22.csv.partial", "p.csv", "p-2026-11-22.csv"},
		"set aside":      {"p.2026-11-22T230102.csv.partial p.2026-11-22T230102.2.csv.partial", "p.csv", ""},
		"dated, aside":   {"p-2026-11-22.2026-11-22T230102.csv.partial", "p-2026-11-23.csv", ""},
		"without a date": {"p.csv.partial p-2.csv.partial", "p.csv", ""},
	} {
		t.Chdir(t.TempDir())
		for f := range strings.FieldsSeq(c.files) {
			if err := os.WriteFile(f, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(UnfinishedDates(c.path), " "); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestNewestOther(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"nightly-2026-11-22.csv", "nightly-2026-11-22-2.csv", "nightly-2026-11-22-10.csv", "nightly-2026-11-21.csv", "nightly-2026-11-23.csv",
		"nightly-2026-11-24.csv.partial", "other-2026-11-24.csv", "nightly-2026-11-22.2026-11-24T230102.csv",
		"new.csv", "nightly.csv",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"nightly-2026-11-24.csv": "nightly-2026-11-23.csv", "nightly-2026-11-23.csv": "nightly-2026-11-22-10.csv",
		"other-2026-11-24.csv": "", "new-2026-11-24.csv": "",
	} {
		got := NewestOther(filepath.Join(dir, name))
		if got != "" {
			got = filepath.Base(got)
		}
		if got != want {
			t.Errorf("before %s came %q, want %q", name, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 30, 0, 0, time.FixedZone("", 3600))
	if got := Expand("d/{name}-{date}.{x}.csv", "tasks{date}", now); got != "d/tasks{date}-2026-11-23.{x}.csv" {
		t.Error(got)
	}
}
