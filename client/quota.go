package client

import (
	"net/http"
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
func (d *dateReader) read(h headers) time.Time {
	text := h.only("date")
	if string(text) != d.text {
		d.text = string(text)
		d.date, _ = http.ParseTime(d.text) // zero if it fails
	}
	return d.date
}

// readHeaders fills in what the answer's headers say of the server's quota.
// date is the Date header.
func readHeaders(h headers, date time.Time, reply *Reply) {
	now := date
	if now.IsZero() {
		now = reply.Received
	}
	reply.Quota = readQuota(h, now)
	reply.Quota.Date = date
	reply.RetryAfter = readRetryAfter(h.only("retry-after"), now)
}

// readQuota reads the X-RateLimit headers. now is the server's clock if
// known, else ours. If one of the three is absent, doubled with different
// values, not a plain number, out of range, or if the reset is more than 31
// days away from now, the quota is not known.
func readQuota(h headers, now time.Time) Quota {
	limit, ok1 := number(h.only("x-ratelimit-limit"))
	remaining, ok2 := number(h.only("x-ratelimit-remaining"))
	seconds, ok3 := number(h.only("x-ratelimit-reset"))
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
func readRetryAfter(value []byte, now time.Time) time.Duration {
	if seconds, ok := number(value); ok {
		return time.Duration(min(seconds, int64(maxAhead/time.Second))) * time.Second
	}
	date, err := http.ParseTime(string(value))
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), maxAhead))
}
