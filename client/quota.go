package client

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAhead is the farthest a server's clock reading or wait is believed: no
// rate window lasts longer than a month.
const maxAhead = 31 * 24 * time.Hour

// dateReader reads Date headers. Many answers in a row carry the same.
type dateReader struct {
	text string
	date time.Time
}

// read returns the date, the zero time if it is absent or malformed.
func (d *dateReader) read(h http.Header) time.Time {
	text := only(h["Date"])
	if text != d.text {
		d.text = text
		d.date, _ = http.ParseTime(text) // zero if it fails
	}
	return d.date
}

// readHeaders fills in what the answer's headers say of the server's quota.
// date is the Date header.
func readHeaders(h http.Header, date time.Time, reply *Reply) {
	now := date
	if now.IsZero() {
		now = reply.Received
	}
	reply.Quota = readQuota(h, now)
	reply.Quota.Date = date
	reply.RetryAfter = readRetryAfter(only(h["Retry-After"]), now)
}

// readQuota reads the X-RateLimit headers. now is the server's clock if
// known, else ours. If one of the three is absent, doubled with different
// values, not a plain number, out of range, or if the reset is more than 31
// days away from now, the quota is not known.
func readQuota(h http.Header, now time.Time) Quota {
	limit, ok1 := number(only(h["X-Ratelimit-Limit"]))
	remaining, ok2 := number(only(h["X-Ratelimit-Remaining"]))
	seconds, ok3 := number(only(h["X-Ratelimit-Reset"]))
	if !ok1 || !ok2 || !ok3 || limit == 0 || remaining > limit {
		return Quota{}
	}
	reset := time.Unix(seconds, 0)
	if seconds > 1<<40 || reset.Sub(now).Abs() > maxAhead {
		return Quota{}
	}
	return Quota{Known: true, Limit: limit, Remaining: remaining, Reset: reset}
}

// readRetryAfter reads a number of seconds or a date. What is malformed or in
// the past counts as absent: 0. A longer wait than 31 days counts as so long:
// no run waits it out.
func readRetryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if seconds, ok := number(value); ok {
		return time.Duration(min(seconds, int64(maxAhead/time.Second))) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), maxAhead))
}

// only is the value of a header that has one, or the same several times.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	for _, v := range values[1:] {
		if strings.TrimSpace(v) != strings.TrimSpace(values[0]) {
			return ""
		}
	}
	return strings.TrimSpace(values[0])
}

// number reads decimal digits and nothing else.
func number(s string) (int64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
