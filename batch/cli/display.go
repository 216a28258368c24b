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

	"taskbatch/batch"
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
	plainInterval = 30 * time.Second
	barWidth      = 16 // leaves 53 of 80 columns: enough for any wait
)

// display owns stderr while rows are sent: one goroutine draws the bar and
// writes the lines that others post, so that neither tears the other.
type display struct {
	w        io.Writer
	mode     string
	progress func() batch.Progress
	now      func() time.Time

	mu    sync.Mutex
	lines []string
	wake  chan struct{}

	bar    *progressbar.ProgressBar // nil: no bar
	drawn  bytes.Buffer             // what the bar writes, until it is complete
	onView bool                     // the bar stands on the terminal
}

func newDisplay(w io.Writer, mode string, progress func() batch.Progress) *display {
	return &display{w: w, mode: mode, progress: progress, now: time.Now, wake: make(chan struct{}, 1)}
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
	d.post("taskbatch: " + progressLine(d.progress(), d.now(), 0))
}

// run shows what there is to show until finished is closed, and leaves the
// terminal clean.
func (d *display) run(finished <-chan struct{}) {
	var tick <-chan time.Time
	if interval := d.interval(); interval > 0 {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
			if d.mode == progressPlain {
				d.postProgress()
			} else {
				d.draw()
			}
		case <-d.wake:
			d.flush()
		case <-finished:
			d.flush()
			d.clear()
			return
		}
	}
}

func (d *display) interval() time.Duration {
	switch d.mode {
	case progressBar:
		return barInterval
	case progressPlain:
		return plainInterval
	}
	return 0
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

// draw draws the bar anew, in one write.
func (d *display) draw() {
	p := d.progress()
	if d.bar == nil {
		d.bar = progressbar.NewOptions64(p.Total+1, // the last step: the files
			progressbar.OptionSetWriter(&d.drawn),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
		)
	}
	d.bar.Set64(p.Settled)
	d.drawn.Reset() // Set64 draws, with the text of the last time
	d.bar.Describe(progressLine(p, d.now(), max(1, d.width()-barWidth-len(" 100% []  ")-1)))
	d.write()
	d.onView = true
}

// clear removes the bar from the terminal.
func (d *display) clear() {
	if !d.onView {
		return
	}
	d.drawn.Reset()
	d.bar.Clear()
	d.write()
	d.onView = false
}

func (d *display) write() {
	d.w.Write(d.drawn.Bytes())
	d.drawn.Reset()
}

// width is that of the terminal, in columns.
func (d *display) width() int {
	if f, ok := d.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
