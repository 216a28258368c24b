package results

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// batchRecords are a batch's records of the rows 2, 3, ..., one for each letter:
// u updated, f failed, e edited and updated, i invalid. at tells batches apart.
func batchRecords(outcomes string, at time.Time) (all []*Record) {
	for i, c := range outcomes {
		id := fmt.Sprint("task-", i)
		r := &Record{Outcome: record.Updated, Row: int64(i + 2), Attempts: 1, Status: 200, At: at.Add(time.Duration(i) * time.Millisecond),
			Sum: record.SumOf(id, []byte(`{"title":"a"}`)), HasSum: true, Tail: tail(id, "a")}
		switch c {
		case 'f':
			r.Outcome, r.Status = record.Failed, 404
		case 'e':
			r.Sum, r.Tail = record.SumOf(id, []byte(`{"title":"b"}`)), tail(id, "b")
		case 'i':
			r.Outcome, r.HasSum = record.Invalid, false
		case '.':
			continue
		}
		all = append(all, r)
	}
	return all
}

var day = 24 * time.Hour

func TestNewestRerun(t *testing.T) {
	one, two, other := someTime, someTime.Add(time.Hour), someTime.Add(day)
	// carried is a rerun: what it carries over is of the first time.
	carried := func(outcomes string) []*Record {
		all := batchRecords(outcomes, two)
		for _, r := range all {
			if r.Outcome == record.Updated && r.Row%2 == 0 {
				r.At = one.Add(time.Duration(r.Row-2) * time.Millisecond)
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		files      map[string][]*Record // nil: text that is no results file
		path, want string
		sure       string // what SetAside moves, too
	}{
		"none":                 {map[string][]*Record{"t.csv": batchRecords("ufuf", one)}, "t.csv", "", ""},
		"one":                  {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("uuuf")}, "t.csv", "t-2.csv", "t-2.csv"},
		"two":                  {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("uuuf"), "t-3.csv": carried("uuuu")}, "t.csv", "t-3.csv", "t-2.csv t-3.csv"},
		"ten, one is gone":     {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-9.csv": carried("uuuf"), "t-10.csv": carried("uuuu")}, "t.csv", "t-10.csv", "t-9.csv t-10.csv"},
		"unfinished":           {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv.partial": carried("u.u")}, "t.csv", "t-2.csv.partial", "t-2.csv.partial"},
		"being continued":      {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("uuuf"), "t-2.csv.partial": carried("uuuu")}, "t.csv", "t-2.csv.partial", "t-2.csv t-2.csv.partial"},
		"of a rerun":           {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("uuuf"), "t-3.csv": carried("uuuu")}, "t-2.csv", "t-3.csv", "t-3.csv"},
		"of the newest":        {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("uuuf")}, "t-2.csv", "", ""},
		"of an unfinished one": {map[string][]*Record{"t.csv.partial": batchRecords("uf", one), "t-2.csv": carried("uu")}, "t.csv", "t-2.csv", "t-2.csv"},
		"rows edited":          {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried("ueue")}, "t.csv", "t-2.csv", "t-2.csv"},
		"rows deleted":         {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": carried(".uu")}, "t.csv", "t-2.csv", "t-2.csv"},
		"another batch":        {map[string][]*Record{"t-9.csv": batchRecords("uuuu", one), "t-12.csv": batchRecords("uuuu", other)}, "t-9.csv", "", ""},
		"another's rerun":      {map[string][]*Record{"t.csv": batchRecords("uuuf", other), "t-2.csv": carried("uuuu")}, "t.csv", "", ""},
		"less than it had":     {map[string][]*Record{"t.csv": batchRecords("uuuf", one), "t-2.csv": carried("ufuu")}, "t.csv", "", ""},
		"other rows":           {map[string][]*Record{"t.csv": batchRecords("...u", one), "t-2.csv": carried("u")}, "t.csv", "", ""},
		"other failed rows":    {map[string][]*Record{"t.csv": batchRecords("...f", one), "t-2.csv": carried("u")}, "t.csv", "", ""},
		"no results":           {map[string][]*Record{"t.csv": batchRecords("ufuf", one), "t-2.csv": nil}, "t.csv", "", ""},
		"of the same input":    {map[string][]*Record{"t-2.csv": carried("uuee"), "t-3.csv": carried("uuee")}, "t.csv", "t-3.csv", ""},
		"of another input":     {map[string][]*Record{"t-2.csv": carried("eeee")}, "t.csv", "", ""},
		"not the next number":  {map[string][]*Record{"t-12.csv": carried("uuuu")}, "t-9.csv", "", ""},
		"nothing was finished": {map[string][]*Record{"t.csv": batchRecords("ffff", one), "t-2.csv": batchRecords("fueu", two)}, "t.csv", "t-2.csv", ""},
		"nothing in common":    {map[string][]*Record{"t.csv": batchRecords("iiii", one), "t-2.csv": batchRecords("iiii", two)}, "t.csv", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, records := range c.files {
				if records == nil {
					must(0, os.WriteFile(name, []byte("id,title\n1,x\n"), 0o600))
					continue
				}
				writePartial(name, twoColumns, records...)
			}
			must(0, os.WriteFile("t-3.txt", nil, 0o600))
			must(0, os.WriteFile("input.csv", []byte("taskId,title\ntask-0,a\ntask-1,a\ntask-2,a\ntask-3,a\n"), 0o600))
			in := must(csvmap.Open("input.csv", nil, csvmap.Options{}))
			defer in.Close()
			if got := NewestRerun(t.Context(), c.path, in.Check(t.Context())); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for range in.Check(t.Context()) { // may be read again
			}
			if err := SetAside(t.Context(), c.path); err != nil {
				t.Fatal(err)
			}
			for name := range c.files {
				moves := name == c.path || name == PartialName(c.path) || strings.Contains(" "+c.sure+" ", " "+name+" ")
				if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) != moves {
					t.Errorf("%s is set aside: %t", name, err != nil)
				}
			}
		})
	}
	if got := NewestRerun(t.Context(), filepath.Join(t.TempDir(), "missing", "x.csv"), nil); got != "" {
		t.Error(got)
	}
}

// A rerun that a spreadsheet has saved is still one.
func TestRerunSavedByASpreadsheet(t *testing.T) {
	t.Chdir(t.TempDir())
	records := batchRecords("ufuf", someTime)
	writePartial("t.csv", twoColumns, records...)
	records[1].Outcome = record.Updated
	writePartial("t-2.csv", twoColumns, records...)
	text := string(must(os.ReadFile("t-2.csv")))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "2026-11-16T08:30:00.123Z", "16.11.2026 08:30"), ",", ";")
	must(0, os.WriteFile("t-2.csv", []byte("\ufeff"+strings.ReplaceAll(text, "\n", "\r\n")), 0o600))
	if got := NewestRerun(t.Context(), "t.csv", nil); got != "t-2.csv" {
		t.Errorf("got %q", got)
	}
	// Also behind a link.
	must(0, errors.Join(os.Rename("t-2.csv", "elsewhere.csv"), os.Symlink("elsewhere.csv", "t-2.csv")))
	if got := NewestRerun(t.Context(), "t.csv", nil); got != "t-2.csv" {
		t.Errorf("behind a link: got %q", got)
	}
	// If it cannot be read, the older file must not be gone on with either.
	lines := bytes.SplitAfter(must(os.ReadFile("t-2.csv")), []byte("\n"))
	must(0, os.WriteFile("t-2.csv", bytes.Join(append(lines, lines[1]), nil), 0o600))
	rows := func(yield func(*csvmap.Row, error) bool) {}
	if got := NewestRerun(t.Context(), "t.csv", rows); got != "t-2.csv" {
		t.Errorf("unreadable: got %q", got)
	}
}

// Ten thousand finished records that are the same are enough.
func TestLongRerun(t *testing.T) {
	t.Chdir(t.TempDir())
	records := batchRecords(strings.Repeat("u", enoughAlike)+"fu", someTime)
	writePartial("t.csv", twoColumns, records...)
	records[len(records)-1].At = time.Time{} // not looked at
	writePartial("t-2.csv", twoColumns, records...)
	if got := NewestRerun(t.Context(), "t.csv", nil); got != "t-2.csv" {
		t.Errorf("got %q", got)
	}
}
