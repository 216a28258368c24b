package cli

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/batch"
	"taskbatch/csvmap/record"
)

// halfway is a run in the middle of its work.
func halfway() batch.Progress {
	p := batch.Progress{Total: 1000, Settled: 500, Rate: 50}
	p.Outcomes[record.Updated], p.Outcomes[record.Failed] = 497, 3
	return p
}

func halfwayFrame(now time.Time) frame { return runFrame(halfway(), now) }

func TestRunFrame(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	after := func(change func(*batch.Progress)) batch.Progress {
		p := halfway()
		change(&p)
		return p
	}
	cases := map[string]struct {
		p    batch.Progress
		want string
	}{
		"sending": {halfway(), "500/1,000 rows, 3 failed, 50.0 rows/s, 10 s left"},
		"waiting": {after(func(p *batch.Progress) { p.Waiting, p.Until = "waiting for the quota", now.Add(40100*time.Millisecond) }),
			"500/1,000 rows, 3 failed, waiting for the quota, next try in 41 s"},
		"a gap is no wait, but paces": {after(func(p *batch.Progress) {
			p.Waiting, p.Until, p.Pace = "waiting for the rate", now.Add(20*time.Millisecond), "--rate 50"
		}),
			"500/1,000 rows, 3 failed, 50.0 rows/s: --rate 50, 10 s left"},
		"nobody knows":      {after(func(p *batch.Progress) { p.Waiting = "waiting for the server" }), "500/1,000 rows, 3 failed, waiting for the server"},
		"nothing yet":       {batch.Progress{Total: 7}, "0/7 rows"},
		"stopping":          {after(func(p *batch.Progress) { p.Phase, p.InFlight = batch.Stopping, 8 }), "500/1,000 rows, 3 failed, stopping: 8 in flight"},
		"nothing in flight": {after(func(p *batch.Progress) { p.Phase = batch.Stopping }), "500/1,000 rows, 3 failed, stopping"},
		"writing":           {after(func(p *batch.Progress) { p.Phase = batch.Writing }), "500/1,000 rows, 3 failed, writing results"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := runFrame(c.p, now).plain(now); !strings.HasSuffix(got, "% "+c.want) || !strings.HasPrefix(got, "02:00:00 ") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestFrameOnABar: on a terminal of 80 columns the bar leaves 51 for the line;
// what the run waits for, and how long, must stand there. What does not fit is
// left out, never cut.
func TestFrameOnABar(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 14, 40, 0, time.UTC)
	for waiting, want := range map[string]string{
		"":                                  "500/1,000 rows, 3 failed, 50.0 rows/s, 10 s left",
		"waiting for the rate":              "waiting for the rate, next try in 20 s",
		"waiting for the quota":             "waiting for the quota, next try in 20 s",
		"the server asks to wait":           "the server asks to wait, next try in 20 s",
		"waiting to try again":              "waiting to try again, next try in 20 s",
		"server unreachable since 02:14:07": "server unreachable since 02:14:07, next try in 20 s",
		"the server answers only errors since 02:14:07": "the server answers only errors since 02:14:07",
		"waiting for the disk":                          "500/1,000 rows, 3 failed, waiting for the disk",
	} {
		p := halfway()
		p.Waiting, p.Until = waiting, now.Add(20*time.Second)
		if waiting == "waiting for the disk" {
			p.Until = time.Time{}
		}
		if got := runFrame(p, now).text(51); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for columns, want := range map[int]string{30: "50.0 rows/s, 10 s left", 20: "50.0 rows/s", 10: ""} {
		if got := runFrame(halfway(), now).text(columns); got != want {
			t.Errorf("%d columns: %s", columns, got)
		}
	}
}

// screen is a buffer that is read while the display writes to it.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// show runs a display for some time, posts a line in the middle, and returns
// what it wrote.
func show(t *testing.T, mode string, d time.Duration) string {
	var out screen
	synctest.Test(t, func(t *testing.T) {
		view := newDisplay(&out, mode, 0, halfwayFrame)
		finished, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			view.run(finished)
		}()
		time.Sleep(d / 2)
		view.post("taskbatch: warning: something")
		synctest.Wait()
		if mode != progressBar && !strings.HasSuffix(out.String(), "taskbatch: warning: something\n") {
			t.Errorf("the line was not shown at once: %q", out.String())
		}
		time.Sleep(d / 2)
		close(finished)
		<-ended
	})
	return out.String()
}

func TestDisplayNone(t *testing.T) {
	if got := show(t, progressNone, 10*time.Minute); got != "taskbatch: warning: something\n" {
		t.Errorf("wrote %q", got)
	}
}

func TestDisplayPlain(t *testing.T) {
	got := show(t, progressPlain, 119*time.Second)
	line := "taskbatch: [0-9:]{8} 50% 500/1,000 rows, 3 failed, 50.0 rows/s, 10 s left\n"
	if want := "^" + line + line + "taskbatch: warning: something\n" + line + line + "$"; !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("wrote %q", got)
	}
}

// TestDisplayBar plays what the bar wrote on a terminal of one line: lines of
// others stand whole, and at the end nothing of the bar is left.
func TestDisplayBar(t *testing.T) {
	lines, drawn := play(show(t, progressBar, 2*time.Second))
	if !strings.Contains(drawn, "49% [======>.........]") || !strings.Contains(drawn, "500/1,000 rows, 3 failed") {
		t.Errorf("the bar never stood there whole: %q", drawn)
	}
	if len(lines) != 2 || lines[0] != "taskbatch: warning: something" || lines[1] != "" {
		t.Errorf("left on the terminal: %q", lines)
	}
}

// play gives the lines that a terminal shows at the end, and the longest text
// that its last line ever held.
func play(output string) (lines []string, longest string) {
	line, column := []byte{}, 0
	for _, c := range []byte(strings.ReplaceAll(output, clearLine, "\r\v")) {
		switch c {
		case '\r':
			column = 0
		case '\v':
			line = line[:column]
		case '\n':
			lines = append(lines, strings.TrimRight(string(line), " "))
			line, column = line[:0], 0
		default:
			if column == len(line) {
				line = append(line, ' ')
			}
			line[column] = c
			column++
		}
		if shown := strings.TrimSpace(string(line)); len(shown) > len(longest) {
			longest = shown
		}
	}
	return append(lines, strings.TrimRight(string(line), " ")), longest
}

// TestPostDoesNotBlock: a run is never held up by its display.
func TestPostDoesNotBlock(t *testing.T) {
	view := newDisplay(&bytes.Buffer{}, progressNone, 0, halfwayFrame)
	for range 1000 {
		view.post("a line nobody takes")
	}
}
