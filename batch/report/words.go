package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

// Took writes how long something took: 12 ms, 3.4 s, 2m5s.
func Took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "< 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 48*time.Hour:
		return words.Duration(d.Round(time.Second))
	}
	return words.Plural(int64(d/(24*time.Hour)), "day")
}

// visible is a text with all that cannot be seen, or turns the direction of
// what is seen, written as an escape, and cut to so many bytes.
func visible(text string, limit int) string {
	const ellipsis = "…"
	if len(text) <= limit && !strings.ContainsFunc(text, words.Hidden) && utf8.ValidString(text) {
		return text
	}
	out := make([]byte, 0, min(len(text), limit)+8)
	rest, fits := text, 0
	for len(rest) > 0 {
		var n int
		out, n = words.AppendVisible(out, rest)
		rest = rest[n:]
		if len(out) > limit {
			return fmt.Sprintf("%s%s (%s)", out[:fits], ellipsis, size(len(text)))
		}
		fits = len(out)
	}
	return string(out)
}

// size writes a number of bytes.
func size(n int) string {
	switch {
	case n < 10<<10:
		return words.Plural(int64(n), "byte")
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// share writes a part of a whole in percent, never 0% or 100% for what is not.
func share(part, whole int64) string {
	if part == 0 || part == whole || whole == 0 {
		return fmt.Sprintf("%d%%", 100*part/max(1, whole))
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case p < 0.1:
		return "under 0.1%"
	case p > 99.9:
		return "over 99.9%"
	case p < 10 || p > 90:
		return fmt.Sprintf("%.1f%%", p)
	}
	return fmt.Sprintf("%.0f%%", p)
}

// stamp is a time as the report shows it, in the zone of the reader's machine.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// upper begins a text with a capital letter.
func upper(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}
