package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// shortWait: the gaps between requests at a pace are no news.
const shortWait = 500 * time.Millisecond

// progressLine says in one line how far the run is, in at most so many columns
// (0: any): what does not fit is left out, the least urgent first, for a bar
// shows by itself how far the run is.
func progressLine(p batch.Progress, now time.Time, columns int) string {
	rows := fmt.Sprintf("%s/%s rows", words.Grouped(p.Settled), words.Grouped(p.Total))
	line := []string{rows, failing(p), doing(p, now)}
	if columns == 0 {
		return joinTexts(line...)
	}
	for _, line := range [][]string{line, {line[0], line[2]}, {line[2]}, {p.Waiting}} {
		if text := joinTexts(line...); text != "" && len(text) <= columns {
			return text
		}
	}
	return fit(joinTexts(line[2], line[0]), columns)
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

// doing says what the run waits for, or how fast it is.
func doing(p batch.Progress, now time.Time) string {
	wait := p.Until.Sub(now)
	switch {
	case p.Waiting != "" && (p.Until.IsZero() || wait > shortWait):
		if wait <= 0 {
			return p.Waiting
		}
		return p.Waiting + ", next try in " + roundUp(wait)
	case p.Rate <= 0:
		return ""
	}
	text := rate(p.Rate) + " rows/s"
	if left := p.Total - p.Settled; left > 0 {
		text += ", " + roundUp(time.Duration(float64(left)/p.Rate*float64(time.Second))) + " left"
	}
	return text
}

// joinTexts joins texts by commas; empty ones count as none.
func joinTexts(texts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" }), ", ")
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

// fit cuts a text to so many columns.
func fit(text string, columns int) string {
	if len(text) <= columns {
		return text
	}
	return text[:max(0, columns)]
}
