package report

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

var pages = flag.String("pages", "", "write the sample pages into this folder")

// TestPages writes a page of every kind, for the eye and for other checkers.
func TestPages(t *testing.T) {
	if *pages == "" {
		t.Skip("give -pages FOLDER")
	}
	for name, path := range map[string]string{
		"clean": cleanSample(t), "causes": causesSample(t), "outage": outageSample(t), "empty": emptySample(t),
		"huge": hugeSample(t, 1_000_000), "hostile": hostileSample(t),
	} {
		s := read(t, path)
		if name != "clean" && name != "empty" {
			s.Next = "taskbatch update --api-key-file thena.key " + filepath.Base(path)
		}
		if name == "outage" {
			from := time.Date(2026, 11, 24, 2, 16, 10, 0, time.UTC)
			s.Waits = []Wait{{from, from.Add(56 * time.Second), "waiting for the quota"}, {from.Add(2 * time.Minute), from.Add(9 * time.Minute), "server unreachable"}}
			s.Stopped = "stopped by SIGINT after 6.3 s"
		}
		writePage(t, filepath.Join(*pages, name+".html"), s)
	}
	writePage(t, filepath.Join(*pages, "several.html"), read(t, cleanSample(t)), read(t, causesSample(t)))
}

func read(t testing.TB, path string) *Section {
	t.Helper()
	s, err := Read(context.Background(), path, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func writePage(t *testing.T, path string, sections ...*Section) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := WriteHTML(context.Background(), f, sections); err != nil {
		t.Fatal(err)
	}
}

// TestVerdicts: the first line tells each kind of ending.
func TestVerdicts(t *testing.T) {
	for path, want := range map[string]string{
		cleanSample(t):   "All 3,000 rows were updated.",
		causesSample(t):  "1,200 of 1,652 rows updated, 24 skipped; 428 did not get through.",
		emptySample(t):   "Nothing to do: the batch has no rows.",
		partialSample(t): "Not finished: 539 rows settled so far; 426 updated, 103 did not get through.",
	} {
		if got := read(t, path).Verdict(); got != want {
			t.Errorf("%s: %s, want %s", filepath.Base(path), got, want)
		}
	}
	if got := Nothing("tasks.csv", "the key was refused").Verdict(); got != "Nothing was sent." {
		t.Error(got)
	}
}

// TestCounts: what the file says is counted, causes are grouped without what
// differs from row to row.
func TestCounts(t *testing.T) {
	s := read(t, causesSample(t))
	if s.Outcomes != [record.NumOutcomes]int64{0, 1200, 24, 177, 45, 35, 31, 140} {
		t.Errorf("outcomes %v", s.Outcomes)
	}
	if s.Requests != 1614 || s.Retried != 48 || !slices.Equal(s.Targets, []string{"https://platform.thena.ai"}) {
		t.Errorf("%d requests, %d retried, to %q", s.Requests, s.Retried, s.Targets)
	}
	var causes []string
	for _, c := range s.Causes {
		causes = append(causes, fmt.Sprintf("%d %s %d %s", c.Count, c.Outcome, c.Status, c.Message))
	}
	want := []string{
		"110 failed 404 Account task not found",
		"64 failed 400 status … is not a status of this organisation",
		"45 unknown 0 no answer within 30s (timeout)",
		`35 invalid 0 column attachmentUrls: "ftp://x" is no absolute http or https URL`,
		"3 failed 500 Something went wrong!",
	}
	if !slices.Equal(causes, want) {
		t.Errorf("causes\n%s", strings.Join(causes, "\n"))
	}
	if want := (Field{"status", 1200, 0}); !slices.Contains(s.Fields, want) {
		t.Errorf("fields %v lack %v", s.Fields, want)
	}
}

// TestGaps: the times without an answer are found, and named by what the run
// waited for; runs that lie far apart are told apart.
func TestGaps(t *testing.T) {
	s := read(t, outageSample(t))
	from := time.Date(2026, 11, 24, 2, 16, 10, 0, time.UTC)
	s.Waits = []Wait{{from, from.Add(56 * time.Second), "waiting for the quota"}, {from, from.Add(time.Second), "waiting to try again"}}
	gaps := s.gaps()
	if len(s.times.stretches) != 2 || len(gaps) != 2 {
		t.Fatalf("%d stretches, gaps %v", len(s.times.stretches), gaps)
	}
	for i, want := range []gap{{Cause: "waiting for the quota"}, {}} {
		if gaps[i].Cause != want.Cause {
			t.Errorf("gap %v, want %q", gaps[i], want.Cause)
		}
	}
	if d := gaps[0].To.Sub(gaps[0].From); d < 54*time.Second || d > 57*time.Second {
		t.Errorf("the first gap is %v", d)
	}
}

// TestTimeline: whatever the order of the answers, none is lost, and the
// memory is bounded.
func TestTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tl timeline
		times := rapid.SliceOfN(rapid.Int64Range(1, int64(40*24*time.Hour/time.Millisecond)), 1, 300).Draw(t, "times")
		for _, ms := range times {
			tl.add(time.UnixMilli(ms), ms%5000, ms%2 == 0)
		}
		rows, last := int64(0), int64(0)
		for _, s := range tl.stretches {
			if s.first < last || len(s.inOrder()) > maxBuckets {
				t.Fatalf("a stretch begins at %d before %d, or has %d buckets", s.first, last, len(s.inOrder()))
			}
			last = s.last
			for number, b := range s.buckets {
				rows += b.updated + b.others
				if at := number * s.width; b.first < at || b.last >= at+s.width {
					t.Fatalf("bucket at %d of width %d holds %d to %d", at, s.width, b.first, b.last)
				}
			}
		}
		if rows != int64(len(times)) || len(tl.stretches) > maxStretches {
			t.Fatalf("%d rows of %d in %d stretches", rows, len(times), len(tl.stretches))
		}
	})
}

// TestStretches: what lies far apart are runs of their own, until rows between
// them make one of them, or they are too many: then the nearest become one.
func TestStretches(t *testing.T) {
	start := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		hours []float64
		want  string
	}{
		"one":          {[]float64{0, 1.9, 3.8}, "0-3.8:3"},
		"two":          {[]float64{3, 0}, "0-0:1 3-3:1"},
		"at the limit": {[]float64{0, 2}, "0-0:1 2-2:1"},
		"grown":        {[]float64{0, 3, 1.5}, "0-3:3"},
		"too many":     {[]float64{0, 10, 20, 30, 33, 40, 50}, "0-0:1 10-10:1 20-20:1 30-33:2 40-40:1 50-50:1"},
		"and more":     {[]float64{0, 10, 20, 30, 33, 40, 50, 55}, "0-0:1 10-10:1 20-20:1 30-33:2 40-40:1 50-55:2"},
	} {
		var tl timeline
		for _, h := range c.hours {
			tl.add(start.Add(time.Duration(h*float64(time.Hour))), 20, true)
		}
		var got []string
		for _, s := range tl.stretches {
			rows := int64(0)
			for _, b := range s.inOrder() {
				if b != nil {
					rows += b.updated
				}
			}
			hours := func(ms int64) float64 { return time.UnixMilli(ms).Sub(start).Hours() }
			got = append(got, fmt.Sprintf("%g-%g:%d", hours(s.first), hours(s.last), rows))
			if n := len(s.inOrder()); n > maxBuckets {
				t.Errorf("%s: %d buckets", name, n)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

// TestHistogram: a time read out is within a tenth of what went in.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, int64(24*time.Hour/time.Millisecond)).Draw(t, "ms")
		got := middle(binOf(ms)).Milliseconds()
		if diff := got - ms; max(diff, -diff) > ms/10+1 {
			t.Fatalf("%d ms are read as %d", ms, got)
		}
	})
}

// TestForms: the same report, in whatever form a spreadsheet has saved the
// file.
func TestForms(t *testing.T) {
	path := causesSample(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain := textOf(t, path)
	lines := strings.SplitAfter(string(text), "\n")
	backwards := slices.Clone(lines[1 : len(lines)-1])
	slices.Reverse(backwards)
	utf16 := []byte{0xff, 0xfe}
	for _, r := range string(text) {
		utf16 = binary.LittleEndian.AppendUint16(utf16, uint16(r))
	}
	for name, form := range map[string]string{
		"BOM and CRLF": "\ufeff" + strings.ReplaceAll(string(text), "\n", "\r\n"),
		"semicolons":   strings.ReplaceAll(string(text), ",", ";"),
		"UTF-16":       string(utf16),
	} {
		if err := os.WriteFile(path, []byte(form), 0o600); err != nil {
			t.Fatal(err)
		}
		got, want := textOf(t, path), plain
		if name == "semicolons" { // also those inside the messages
			got, want = strings.ReplaceAll(got, ";", ","), strings.ReplaceAll(want, ";", ",")
		}
		if got != want {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
	if err := os.WriteFile(path, []byte(lines[0]+strings.Join(backwards, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got.Verdict() != "1,200 of 1,652 rows updated, 24 skipped; 428 did not get through." {
		t.Error(got.Verdict())
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(t.Context(), &b, []*Section{read(t, path)}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOtherFiles: what is no results file is refused, what is no record is
// counted.
func TestOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	for text, want := range map[string]string{
		"taskId,title\n1,x\n": "it has no columns _outcome and _row",
		"":                    "the file is empty",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(t.Context(), path, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := os.WriteFile(path, []byte("_outcome,_row,taskId\nupdated,2,a\nwhat,3,b\nfailed,x,c\nfailed,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := read(t, path); s.Odd != 2 || s.Rows != 2 || s.Unfinished() != 1 {
		t.Errorf("%d lines are no records, %d rows", s.Odd, s.Rows)
	}
}

// TestHostile: texts stay texts. Nothing that the file holds becomes markup or
// a control character, in any form of the report.
func TestHostile(t *testing.T) {
	s := read(t, hostileSample(t))
	var page, text, markdown strings.Builder
	for w, write := range map[*strings.Builder]func(context.Context, io.Writer, []*Section) error{&page: WriteHTML, &text: WriteText, &markdown: WriteMarkdown} {
		if err := write(t.Context(), w, []*Section{s}); err != nil {
			t.Fatal(err)
		}
		for _, r := range w.String() {
			if r != '\n' && words.Hidden(r) {
				t.Errorf("%q is shown", r)
			}
		}
		if w.Len() > 1<<20 {
			t.Errorf("%d bytes", w.Len())
		}
	}
	forbidden := regexp.MustCompile(`^<(script|img|iframe|link|object|base|form)|\s(src|style|srcdoc|on\w+)=|url\(|href="[^#]`)
	for _, tag := range regexp.MustCompile(`<[a-zA-Z][^>]*>`).FindAllString(page.String(), -1) {
		if forbidden.MatchString(tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	outside := regexp.MustCompile("(?s)```+[^`].*?[^`]```+|``[^`].*?[^`]``|`[^`]*`").ReplaceAllString(markdown.String(), "")
	for _, mark := range []string{"<", "](", "@"} {
		if strings.Contains(outside, mark) {
			t.Errorf("%s stands outside of code spans in\n%s", mark, outside)
		}
	}
}

// TestPolicy: the page's policy allows its own style sheet, and nothing else.
func TestPolicy(t *testing.T) {
	var page strings.Builder
	if err := WriteHTML(t.Context(), &page, []*Section{read(t, cleanSample(t))}); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(page.String(), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	want := `content="default-src &#39;none&#39;; style-src &#39;sha256-` + template.HTMLEscapeString(base64.StdEncoding.EncodeToString(sum[:])) + `&#39;;`
	if want = strings.ReplaceAll(want, "+", "&#43;"); !strings.Contains(page.String(), want) {
		t.Errorf("the page lacks %s", want)
	}
}

// TestMany: of more rows than a page can take, the first are listed, with
// their number.
func TestMany(t *testing.T) {
	s, path := newSample(t, "many.results.csv", "taskId")
	for range htmlRows + 2345 {
		s.add(record.Failed, "500", 5, 10, "Something went wrong!", "TASK")
	}
	s.w.Flush()
	var page strings.Builder
	if err := WriteHTML(t.Context(), &page, []*Section{read(t, path)}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), `<tr class="failed">`); n != htmlRows || !strings.Contains(page.String(), "The first 10,000 of 12,345") {
		t.Errorf("%d rows are listed", n)
	}
}
