package report

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// sample makes the results file of a batch that never was.
type sample struct {
	w      *bufio.Writer
	random *rand.Rand
	at     time.Time
	row    int64
}

func newSample(t testing.TB, name string, columns ...string) (*sample, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{w: bufio.NewWriter(f), random: rand.New(rand.NewPCG(1, 2)), at: time.Date(2026, 11, 24, 2, 15, 0, 0, time.UTC), row: 1}
	t.Cleanup(func() { f.Close() })
	header := strings.Join(record.Names[:], ",")
	for _, c := range columns {
		header += "," + string(record.AppendCSV(nil, c))
	}
	fmt.Fprintln(s.w, header)
	return s, path
}

// add adds a row, answered a while after the one before.
func (s *sample) add(outcome record.Outcome, status string, attempts int, ms int64, message string, cells ...string) {
	s.row++
	took := ""
	if attempts > 0 {
		took = fmt.Sprint(ms)
	}
	fmt.Fprintf(s.w, "%s,%d,%s,%d,%s,%s,https://platform.thena.ai,%s,", outcome, s.row, status, attempts, took,
		s.at.Format(record.TimeLayout), record.AppendCSV(nil, message))
	if outcome != record.Invalid {
		s.w.WriteString("s0123456789abcdef01234567")
	}
	for _, c := range cells {
		fmt.Fprintf(s.w, ",%s", record.AppendCSV(nil, c))
	}
	s.w.WriteByte('\n')
}

// wait lets time pass.
func (s *sample) wait(d time.Duration) { s.at = s.at.Add(d) }

// latency is a plausible time for an answer, in milliseconds.
func (s *sample) latency(typical float64) int64 {
	return int64(typical * (0.8 + 0.5*s.random.ExpFloat64()))
}

// updated adds n updated rows, spread over a time.
func (s *sample) updated(n int, over time.Duration) {
	for range n {
		s.wait(time.Duration(float64(over) / float64(n) * s.random.ExpFloat64()))
		title := ""
		if s.random.IntN(3) > 0 {
			title = "Follow up with customer " + fmt.Sprint(s.random.IntN(10000))
		}
		status := []string{"COMPLETED", "IN_PROGRESS", "PENDING"}[s.random.IntN(3)]
		note := []string{"", "", "", "", `""`}[s.random.IntN(5)]
		s.add(record.Updated, "200", 1, s.latency(42), "", fmt.Sprintf("TASK-%d", s.row), title, status, note, "EU")
	}
}

var sampleColumns = []string{"taskId", "title", "status", "description", "metadata.region"}

func cleanSample(t testing.TB) string {
	s, path := newSample(t, "tasks.results.csv", sampleColumns...)
	s.updated(3000, 150*time.Second)
	s.w.Flush()
	return path
}

func causesSample(t testing.TB) string {
	s, path := newSample(t, "quarterly-review-migration.results.csv", sampleColumns...)
	for i := range 1200 {
		s.updated(1, 60*time.Millisecond)
		id := fmt.Sprintf("TASK-%d", 90000+i)
		switch {
		case i%11 == 0:
			s.add(record.Failed, "404", 1, s.latency(30), "Account task not found", id, "Renew the contract", "COMPLETED", "", "EU")
		case i%17 == 0:
			s.add(record.Failed, "400", 1, s.latency(30), fmt.Sprintf(`status "STATE_%d" is not a status of this organisation`, i), id, "", "STATE", "Long text: "+strings.Repeat("call back before Friday. ", 30), "")
		case i%23 == 0:
			s.add(record.Unknown, "", 5, s.latency(30000), "no answer within 30s (timeout)", id, "Check the invoice", "PENDING", `""`, "US")
		case i%29 == 0:
			s.add(record.Invalid, "", 0, 0, fmt.Sprintf(`line %d, column attachmentUrls: "ftp://x" is no absolute http or https URL`, i), id, "", "", "", "")
		case i%31 == 0:
			s.add(record.Blocked, "", 0, 0, "row 22 of this task ended failed", id, "", "PENDING", "", "")
		case i%41 == 0:
			s.add(record.Skipped, "", 0, 0, "", id, "", "", "", "")
		case i%301 == 0:
			s.add(record.Failed, "500", 5, s.latency(4000), "500 Something went wrong!", id, "x", "", "", "")
		}
	}
	for range 140 {
		s.add(record.Unsent, "", 0, 0, "", fmt.Sprintf("TASK-%d", s.row), "later", "PENDING", "", "")
	}
	s.w.Flush()
	return path
}

func outageSample(t testing.TB) string {
	s, path := newSample(t, "nightly-2026-11-24.results.csv", sampleColumns...)
	s.updated(2000, 70*time.Second)
	s.wait(55 * time.Second)
	s.updated(3000, 60*time.Second)
	for range 40 {
		s.wait(20 * time.Millisecond)
		s.add(record.Unknown, "503", 6, 400_000+s.latency(300), "503 Service Unavailable (an earlier attempt was not answered)", fmt.Sprintf("TASK-%d", s.row), "", "PENDING", "", "EU")
	}
	s.wait(6 * time.Minute)
	s.updated(2500, 90*time.Second)
	s.wait(31 * time.Hour) // a rerun the day after
	s.updated(40, 2*time.Second)
	s.w.Flush()
	return path
}

func emptySample(t testing.TB) string {
	s, path := newSample(t, "empty.results.csv", sampleColumns...)
	s.w.Flush()
	return path
}

func hugeSample(t testing.TB, rows int) string {
	s, path := newSample(t, "huge.results.csv", sampleColumns...)
	for range rows / 100 {
		s.updated(98, 3*time.Millisecond)
		s.add(record.Failed, "404", 1, s.latency(30), "Account task not found", fmt.Sprintf("TASK-%d", s.row), "Renew", "COMPLETED", "", "EU")
		s.add(record.Failed, "500", 5, s.latency(9000), "Something went wrong!", fmt.Sprintf("TASK-%d", s.row), "Renew", "COMPLETED", "", "EU")
	}
	s.w.Flush()
	return path
}

// hostile are texts that want to be more than texts.
var hostile = []string{
	`<script>document.title="ran"</script>`, `"><img src=x onerror="document.title='ran'">`, `</style><script>1</script>`, `{{.Policy}} ${7*7} <!-- -->`,
	"\u202egnp.exe\u2066", "\x1b[31mred\x1b]0;title\x07\x1b[2J", "tab\tline\r\nnext\u2028\u0085end\ufeff", "a|b `c` ``d`` [x](javascript:1) ![](http://evil.example/x.png) @all #1 \\|",
	"javascript:alert(1)", "=cmd|' /C calc'!A0", "\x00zero\x7f", "\xff\xfe bad UTF-8", strings.Repeat("long ", 1<<18),
}

func hostileSample(t testing.TB) string {
	columns := append([]string{`<b>"bold"</b> & 'x'`, "metadata.<script>", "\u202edlof"}, sampleColumns...)
	s, path := newSample(t, "<img src=x onerror=alert(1)>\u202e'quotes'.results.csv", columns...)
	s.updated(3, time.Second)
	for i, text := range hostile {
		s.wait(3 * time.Second)
		clean := strings.Map(func(r rune) rune {
			if r == 0 || r == 0xfffd {
				return '?'
			}
			return r
		}, text)
		s.add([]record.Outcome{record.Failed, record.Unknown, record.Invalid}[i%3], "400", 1, 20, clean, clean, clean, clean, "TASK-1", clean, clean, clean, clean)
	}
	s.w.Flush()
	return path
}

// partialSample is the file of a run that is not finished, with a torn end.
func partialSample(t testing.TB) string {
	path := causesSample(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	partial := results.PartialName(path)
	if err := os.WriteFile(partial, text[:len(text)/3], 0o600); err != nil {
		t.Fatal(err)
	}
	return partial
}
