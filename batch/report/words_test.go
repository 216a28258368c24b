package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "< 1 ms", time.Millisecond - 1: "< 1 ms", time.Millisecond: "1 ms", 999 * time.Millisecond: "999 ms", time.Second: "1.0 s",
		119900 * time.Millisecond: "119.9 s", 2 * time.Minute: "2m", 125 * time.Second: "2m5s", 2 * time.Hour: "2h", 47*time.Hour + 59*time.Minute: "47h59m",
		48 * time.Hour: "2 days", 73 * time.Hour: "3 days",
	} {
		if got := Took(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// TestShare: what is there is never 0%, what is missing never 100%.
func TestShare(t *testing.T) {
	for want, of := range map[string][2]int64{
		"0%": {0, 10}, "100%": {10, 10}, "under 0.1%": {1, 1_000_000}, "0.1%": {1, 1000}, "9.9%": {99, 1000}, "10%": {10, 100}, "50%": {1, 2},
		"90%": {90, 100}, "90.1%": {901, 1000}, "99.9%": {999, 1000}, "over 99.9%": {999_999, 1_000_000},
	} {
		if got := share(of[0], of[1]); got != want {
			t.Errorf("%d of %d: %s, want %s", of[0], of[1], got, want)
		}
	}
	if got := share(0, 0); got != "0%" {
		t.Error(got)
	}
}

// TestVisible: a text that is cut says how long it was.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "ten bytes.": "ten bytes.", "eleven byte": "eleven byt… (11 bytes)", "a\nb": `a\nb`, "\u202e1234567": `\u202e1234… (10 bytes)`,
		strings.Repeat("ü", 5000): "üüüüü… (10000 bytes)", strings.Repeat("x", 10<<10): "xxxxxxxxxx… (10 KiB)", strings.Repeat("x", 3<<19): "xxxxxxxxxx… (1.5 MiB)",
	} {
		if got := visible(text, 10); got != strings.ReplaceAll(want, "(10000", "(10,000") {
			t.Errorf("%.20q: %s, want %s", text, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	for want, outcomes := range map[string]map[record.Outcome]int64{
		"Nothing to do: the batch has no rows.":                  {},
		"The only row was updated.":                              {record.Updated: 1},
		"All 2 rows were updated.":                               {record.Updated: 2},
		"Nothing had to be changed: 1 row skipped.":              {record.Skipped: 1},
		"All 3 rows are done: 1 updated, 2 skipped.":             {record.Updated: 1, record.Skipped: 2},
		"None of 5 rows got through.":                            {record.Failed: 2, record.Unknown: 3},
		"1 of 2 rows updated; 1 did not get through.":            {record.Updated: 1, record.Unsent: 1},
		"0 of 2 rows updated, 1 skipped; 1 did not get through.": {record.Skipped: 1, record.Blocked: 1},
	} {
		s := &Section{records: &csvmap.Records{}}
		for o, n := range outcomes {
			s.Outcomes[o] = n
			s.Rows += n
		}
		if got := s.Verdict(); got != want {
			t.Errorf("%v: %s, want %s", outcomes, got, want)
		}
		if good := s.Unfinished() == 0; (view{Section: s}).Good() != good {
			t.Errorf("%s: good is %v", want, !good)
		}
	}
	partial := &Section{records: &csvmap.Records{}, Partial: true, Rows: 1}
	partial.Outcomes[record.Updated] = 1
	if (view{Section: partial}).Good() || (view{Section: Nothing("x", "")}).Good() {
		t.Error("what is not finished, or not begun, is good")
	}
}

// TestTicks: two to four round values, below the top.
func TestTicks(t *testing.T) {
	for most, want := range map[float64]string{
		0.8: "0.2 0.4 0.6 0.8", 1: "0.5 1", 1.9: "0.5 1 1.5", 2: "1 2", 4.9: "1 2 3 4", 5: "2 4", 9.9: "2 4 6 8", 99: "20 40 60 80", 450: "100 200 300 400", 123_456: "50,000 100,000",
	} {
		var labels []string
		s := linear(most)
		for _, tick := range s.ticks(rateLabel) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("up to %g: %s, want %s", most, got, want)
		}
		if s.y(0) != 100 || s.y(most) != 14 || s.y(10*most) != 14 {
			t.Errorf("up to %g: from %g to %g", most, s.y(0), s.y(most))
		}
	}
	var labels []string
	for _, tick := range logarithmic(3, 20_000).ticks(msLabel) {
		labels = append(labels, fmt.Sprint(tick.Label, "@", tick.Y))
	}
	if got := strings.Join(labels, " "); got != "10 ms@84.55 100 ms@63.18 1 s@41.81 10 s@20.43" {
		t.Error(got)
	}
}

// TestBands: a gap is named in the picture as far as there is room.
func TestBands(t *testing.T) {
	at := func(second int64) time.Time {
		return time.UnixMilli(1_000_000 * narrowest).Add(time.Duration(second) * time.Second)
	}
	s := &stretch{width: narrowest, first: at(0).UnixMilli(), last: at(100).UnixMilli() - 1}
	gaps := []gap{{at(0), at(40), "server unreachable"}, {at(40), at(60), "server unreachable"}, {at(60), at(70), ""}, {at(70), at(73), ""}}
	var got []string
	for _, b := range s.bands(gaps) {
		got = append(got, fmt.Sprintf("%g+%g %g %d %q", b.X, b.Width, b.Middle, b.Number, b.Label))
	}
	want := `0+39.99 20 1 "server unreachable", 39.99+19.99 49.99 2 "20.0 s", 59.98+10 64.98 3 "3", 69.98+3 71.48 4 ""`
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if times := s.times(); times[0] == times[2] || len(times[0]) != len("15:04:05") {
		t.Errorf("times %q", times)
	}
}
