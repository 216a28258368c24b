package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// The values of --progress.
const (
	progressAuto  = "auto"
	progressBar   = "bar"
	progressPlain = "plain"
	progressNone  = "none"
)

const (
	barInterval   = 100 * time.Millisecond
	barFirst      = barInterval / 2 // a short reading shows nothing
	plainInterval = 30 * time.Second
)

// clearLine brings the cursor to the start of its line and empties it, with
// the ^C that the terminal has put there.
const clearLine = "\r\x1b[K"

// display owns stderr while a job is at work: one goroutine draws the bar and
// writes the lines that others post, so that neither tears the other.
type display struct {
	w     io.Writer
	mode  string
	frame func(now time.Time) frame
	first time.Duration // until the first frame; 0 = at once

	mu    sync.Mutex
	lines []string
	wake  chan struct{}

	bar    *progressbar.ProgressBar // nil: none yet, or the terminal's width has changed
	total  int64                    // of the bar
	width  int                      // of the bar
	drawn  bytes.Buffer             // what the bar writes, until it is complete
	onView bool                     // the bar stands on the terminal
}

func newDisplay(w io.Writer, mode string, first time.Duration, frame func(time.Time) frame) *display {
	return &display{w: w, mode: mode, first: first, frame: frame, wake: make(chan struct{}, 1)}
}

// post shows a line as soon as possible. It does not block.
func (d *display) post(line string) {
	d.mu.Lock()
	d.lines = append(d.lines, line)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// postProgress shows one progress line.
func (d *display) postProgress() {
	now := time.Now()
	d.post("taskbatch: " + d.frame(now).plain(now))
}

// run shows what there is to show until finished is closed, and leaves the
// terminal clean.
func (d *display) run(finished <-chan struct{}) {
	timer := time.NewTimer(d.first)
	defer timer.Stop()
	defer d.clear()
	tick := timer.C
	if d.mode == progressNone {
		tick = nil
	}
	for {
		select {
		case <-tick:
			if d.mode == progressBar {
				timer.Reset(barInterval)
				d.draw()
			} else {
				timer.Reset(plainInterval)
				d.postProgress()
			}
		case <-d.wake:
			d.flush()
		case <-finished:
			d.flush()
			return
		}
	}
}

// flush writes the posted lines above the bar.
func (d *display) flush() {
	d.mu.Lock()
	lines := d.lines
	d.lines = nil
	d.mu.Unlock()
	if len(lines) == 0 {
		return
	}
	redraw := d.onView
	d.clear()
	for _, line := range lines {
		fmt.Fprintln(d.w, line)
	}
	if redraw {
		d.draw()
	}
}

// draw draws the bar anew, in one write. A narrow terminal has no room for one.
func (d *display) draw() {
	const spare = len("^C") + 1 // what a terminal echoes must not begin another line
	f, columns := d.frame(time.Now()), d.columns()-spare
	width := min(60, max(8, (columns-45)/2)) // 16 of 80 columns, which leaves room for any wait
	text := columns - width - len(" 100% []  ")
	d.drawn.Reset()
	d.drawn.WriteString(clearLine)
	if columns < 36 {
		d.drawn.WriteString(f.share() + " " + f.text(columns-len("100% ")))
	} else {
		d.drawBar(f, width, f.text(text))
	}
	d.w.Write(d.drawn.Bytes())
	d.onView = true
}

func (d *display) drawBar(f frame, width int, text string) {
	if d.bar == nil || d.total != f.total || d.width != width {
		d.total, d.width = f.total, width
		d.bar = progressbar.NewOptions64(f.total+1, // the last step: the files
			progressbar.OptionSetWriter(&d.drawn),
			progressbar.OptionSetWidth(width),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
		)
	}
	d.bar.Set64(f.done)
	d.drawn.Reset() // Set64 draws, with the text of the last time
	d.drawn.WriteString(clearLine)
	d.bar.Describe(text)
}

// clear removes the bar from the terminal.
func (d *display) clear() {
	if d.onView {
		io.WriteString(d.w, clearLine)
		d.onView = false
	}
}

// columns is the width of the terminal.
func (d *display) columns() int {
	if f, ok := d.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
