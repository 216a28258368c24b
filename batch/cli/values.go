package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// values reads the values of a command's flags. The first mistake is kept in
// err and names the flag, or the environment variable it came from.
type values struct {
	c      *cli.Context
	origin map[string]string
	err    error
}

func (v *values) text(name string) string   { return v.c.String(name) }
func (v *values) on(name string) bool       { return v.c.Bool(name) }
func (v *values) list(name string) []string { return v.c.StringSlice(name) }

// set tells whether the flag has a value other than its default's.
func (v *values) set(name string) bool { return v.c.IsSet(name) }

// typed is the flag's text if somebody set it; "" leaves the default to the
// package that knows it, which may tell a flag that has no effect.
func (v *values) typed(name string) string {
	if !v.set(name) {
		return ""
	}
	return v.text(name)
}

// fail keeps the first mistake.
func (v *values) fail(name, format string, args ...any) {
	if v.err == nil {
		v.err = usagef("%s: %s", v.where(name), fmt.Sprintf(format, args...))
	}
}

// where is what the user set: the flag, or the environment variable.
func (v *values) where(name string) string {
	if variable := v.origin[name]; variable != "" {
		return variable
	}
	return "--" + name
}

// file is a file's name; "" when the flag is not given.
func (v *values) file(name string) string {
	path := v.text(name)
	switch {
	case path == "" && v.set(name):
		v.fail(name, "the file name is empty")
	case path == "-":
		v.fail(name, "- is not a file; name one")
	}
	return path
}

// count is a whole number from lo to hi; 0 when the flag has no value.
func (v *values) count(name string, lo, hi int64) int64 {
	text := v.text(name)
	if text == "" && !v.set(name) {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < lo || n > hi {
		v.fail(name, "%s is not a whole number %s", shown(text), span(lo, hi))
	}
	return n
}

// span is a range in words.
func span(lo, hi int64) string {
	if hi == math.MaxInt64 {
		return fmt.Sprintf("of %d or more", lo)
	}
	return fmt.Sprintf("from %d to %d", lo, hi)
}

// duration is a length of time from lo to hi; 0 when the flag has no value.
func (v *values) duration(name string, lo, hi time.Duration) time.Duration {
	text := v.text(name)
	if text == "" && !v.set(name) {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		v.fail(name, "%s is not a length of time such as 30s, 5m or 2h", shown(text))
		return 0
	}
	if d < lo || d > hi {
		v.fail(name, "%s is out of range: from %s to %s", shown(text), spell(lo), spell(hi))
	}
	return d
}

// choice is one of a few words.
func (v *values) choice(name string, words ...string) string {
	text := v.text(name)
	for _, word := range words {
		if text == word {
			return text
		}
	}
	if near := nearest(text, words); near != "" {
		v.fail(name, "%s is none of %s; did you mean %s?", shown(text), strings.Join(words, ", "), near)
	} else {
		v.fail(name, "%s is none of %s", shown(text), strings.Join(words, ", "))
	}
	return text
}

// parsed reads a value with the parser of the package that knows its form.
func parsed[T any](v *values, name string, parse func(string) (T, error)) T {
	text := v.text(name)
	var value T
	if text == "" && !v.set(name) {
		return value
	}
	value, err := parse(text)
	if err != nil {
		v.fail(name, "%s", oneLine(err.Error()))
	}
	return value
}

// failures reads N or P%: a number of rows or a share from 0 to 1.
func (v *values) failures(name string) (rows int64, share float64) {
	text := v.text(name)
	percent, isShare := strings.CutSuffix(text, "%")
	if !isShare {
		return v.count(name, 1, math.MaxInt64), 0
	}
	p, err := strconv.ParseFloat(percent, 64)
	if err != nil || !(p > 0 && p <= 100) {
		v.fail(name, "%s is not a share above 0%% and up to 100%%", shown(text))
	}
	return 0, p / 100
}

// spell writes a length of time without Go's trailing zero units.
func spell(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
