package report

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskbatch/csvmap/record"
)

var update = flag.Bool("update", false, "write the reports of TestGolden anew")

// smallSample has a row of every kind, a gap, and a run the day after.
func smallSample(t testing.TB) string {
	s, path := newSample(t, "small.results.csv", sampleColumns...)
	step := func(d time.Duration, outcome record.Outcome, status string, attempts int, ms int64, message string, cells ...string) {
		s.wait(d)
		s.add(outcome, status, attempts, ms, message, cells...)
	}
	step(0, record.Updated, "200", 1, 12, "", "T-2", "Call back", "COMPLETED", "", "EU")
	step(70*time.Millisecond, record.Updated, "200", 3, 1800, `warning: title is "X" on the server`, "T-3", "Renew", "", `""`, "")
	for range 10 {
		step(20*time.Millisecond, record.Updated, "200", 1, 21, "", "T-20", "", "PENDING", "", "")
	}
	step(300*time.Millisecond, record.Failed, "404", 1, 9, "Account task not found", "T-4", "Renew", "PENDING", "", "")
	step(4*time.Second, record.Failed, "404", 1, 15, "Account task not found", "T-5", "", "PENDING", "a `code` | pipe", "")
	step(time.Second, record.Unknown, "", 5, 30_000, "no answer within 30s (timeout)", "T-6", "", "PENDING", "", "US")
	step(0, record.Failed, "500", 5, 700, "500 Something went wrong!", "T-7", strings.Repeat("long ", 20), "", "", "")
	step(0, record.Invalid, "", 0, 0, `column title: "x" is "too long"`, "T-8", "x", "", "", "")
	step(0, record.Blocked, "", 0, 0, "row 8 of this task ended invalid", "T-8", "y", "", "", "")
	step(0, record.Skipped, "", 0, 0, "", "T-10", "", "", "", "")
	step(0, record.Unsent, "", 0, 0, "", "T-11", "later", "", "", "")
	step(26*time.Hour, record.Updated, "200", 1, 40, "", "T-12", "", "", "", "EU")
	step(time.Second, record.Updated, "200", 2, 90, "", "T-13", "", "DONE", "", "EU")
	s.w.WriteString("what,x\n")
	s.w.Flush()
	return path
}

// TestGolden: the report of a small batch in its three forms, word for word.
func TestGolden(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	s := read(t, smallSample(t))
	s.Stopped, s.Next = "stopped by SIGINT after 6.3 s", "taskbatch update --rate 5 small.results.csv"
	s.Waits = []Wait{{s.First.Add(time.Second), s.First.Add(4 * time.Second), "server unreachable"}}
	for name, write := range map[string]func(context.Context, io.Writer, []*Section) error{"small.html": WriteHTML, "small.txt": WriteText, "small.md": WriteMarkdown} {
		var b strings.Builder
		if err := write(t.Context(), &b, []*Section{s}); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if name == "small.html" { // without what another test holds, and the time of writing
			_, got, _ = strings.Cut(got, "</style>")
			got, _, _ = strings.Cut(got, "<footer>")
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
