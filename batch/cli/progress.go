package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"taskbatch/batch"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// shortWait: the gaps between requests at a pace are no news.
const shortWait = 500 * time.Millisecond

// frame is what there is to say of a job at one moment.
type frame struct {
	done, total int64
	texts       []string // all there is to say, then less and less of it, the least urgent left out first
}

// plain is the frame as a line of its own.
func (f frame) plain(now time.Time) string {
	return fmt.Sprintf("%s %s %s", now.Format(time.TimeOnly), f.share(), f.texts[0])
}

// share is how far the job is.
func (f frame) share() string {
	return fmt.Sprintf("%d%%", 100*f.done/max(1, f.total))
}

// text is as much as fits into so many columns, which may be nothing.
func (f frame) text(columns int) string {
	for _, text := range f.texts {
		if utf8.RuneCountInString(text) <= columns {
			return text
		}
	}
	return ""
}

// readingFrame is how far an input is read.
func readingFrame(name string, read, size int64) frame {
	return frame{read, size, []string{"reading " + name, "reading"}}
}

// runFrame is how far a run is.
func runFrame(p batch.Progress, now time.Time) frame {
	rows := fmt.Sprintf("%s/%s rows", words.Grouped(p.Settled), words.Grouped(p.Total))
	short, long := doing(p, now)
	return frame{p.Settled, p.Total, []string{
		joinTexts(rows, failing(p), long), joinTexts(rows, long), long, short, rows,
	}}
}

// failing counts the rows that did not get through.
func failing(p batch.Progress) string {
	var counts []string
	for _, o := range []record.Outcome{record.Failed, record.Unknown, record.Invalid, record.Blocked} {
		if n := p.Outcomes[o]; n > 0 {
			counts = append(counts, fmt.Sprintf("%s %s", words.Grouped(n), o))
		}
	}
	return joinTexts(counts...)
}

// doing says what the run waits for, or how fast it is and why not faster; in
// short, and with how long it will take.
func doing(p batch.Progress, now time.Time) (short, long string) {
	wait := p.Until.Sub(now)
	switch {
	case p.Phase == batch.Writing:
		return "writing results", "writing results"
	case p.Phase == batch.Stopping && p.InFlight > 0:
		text := fmt.Sprintf("stopping: %d in flight", p.InFlight)
		return text, text
	case p.Phase == batch.Stopping:
		return "stopping", "stopping"
	case p.Waiting != "" && (p.Until.IsZero() || wait > shortWait):
		if wait <= 0 {
			return p.Waiting, p.Waiting
		}
		return p.Waiting, p.Waiting + ", next try in " + roundUp(wait)
	case p.Rate <= 0:
		return "", ""
	}
	short = rate(p.Rate) + " rows/s"
	long = short
	if p.Pace != "" {
		long += ": " + p.Pace
	}
	if left := p.Total - p.Settled; left > 0 {
		long += ", " + roundUp(time.Duration(float64(left)/p.Rate*float64(time.Second))) + " left"
	}
	return short, long
}

// joinTexts joins texts by commas; empty ones count as none.
func joinTexts(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), ", ")
}

// roundUp writes a wait in whole seconds, minutes from two of them on.
func roundUp(d time.Duration) string {
	seconds := int64((d + time.Second - 1) / time.Second)
	switch {
	case seconds < 120:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 2*3600:
		return fmt.Sprintf("%d min", (seconds+59)/60)
	}
	return fmt.Sprintf("%d h %d min", seconds/3600, seconds%3600/60)
}

// rate writes rows per second with as many digits as mean something.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return words.Grouped(int64(perSecond + 0.5))
}
