package client

import (
	"bytes"
	"net/http"
	"time"
)

// maxAhead is the farthest a server's clock reading or wait is believed: no
// rate window lasts longer than a month.
const maxAhead = 31 * 24 * time.Hour

// maxLimits is how many limits of one answer are looked at.
const maxLimits = 8

// The parts of a limit.
const (
	limitPart = iota
	remainingPart
	resetPart
	numParts
)

var partNames = [numParts]string{"limit", "remaining", "reset"}

// dialect is one of the ways to announce a limit.
type dialect uint8

const (
	xHeaders   dialect = iota // X-RateLimit-Limit, -Remaining, -Reset, and with suffixes: X-RateLimit-Limit-short
	draft                     // IETF until 2023: RateLimit-Limit, -Remaining, -Reset; RateLimit: limit=9, remaining=8, reset=7
	structured                // IETF since: RateLimit: "name";r=8;t=7 and RateLimit-Policy: "name";q=9;w=60
)

// rawLimit is one limit as the headers spell it.
type rawLimit struct {
	dialect dialect
	name    []byte
	parts   [numParts][]byte
	unclear bool // a part was given twice, with different values
}

// rateHeaders gathers what the headers of one answer say of its limits.
type rateHeaders struct {
	limits  [maxLimits]rawLimit
	n       int
	path    []byte        // X-RateLimit-Path
	longest time.Duration // of Retry-After-short and the like
}

// readHeaders fills in what the answer's headers say of the server's quota.
// date is the Date header; the verdict stands in reply.
func readHeaders(h headers, date time.Time, taskID string, reply *Reply) {
	now := date
	if now.IsZero() {
		now = reply.Received
	}
	var r rateHeaders
	for i := range h {
		r.take(h[i], now)
	}
	reply.RetryAfter = max(readRetryAfter(h.only("retry-after"), now), r.longest)
	reply.Quota.Date = date
	own := namesTask(r.path, taskID)
	for i := range r.n {
		q, ok := r.limits[i].read(now)
		if !ok {
			continue
		}
		q.Date, q.OwnTask = date, own
		switch {
		case !reply.Quota.Known:
			reply.Quota = q
		case q.Name == "" && reply.Quota.Name == "": // the same, told twice
		case q.Name == "":
			reply.More = append(reply.More, reply.Quota)
			reply.Quota = q
		default:
			reply.More = append(reply.More, q)
		}
	}
	if reply.Verdict == Throttled && reply.RetryAfter == 0 && !reply.Quota.Known && !own {
		reply.RetryAfter = r.untilReset(now)
	}
}

// untilReset is the longest time until a reset, also of a limit that tells
// nothing else.
func (r *rateHeaders) untilReset(now time.Time) (longest time.Duration) {
	for i := range r.n {
		var q Quota
		n, ok := number(r.limits[i].parts[resetPart])
		if !ok || r.limits[i].unclear || !q.readReset(n, now) {
			continue
		}
		if !q.Relative {
			q.Left = q.Reset.Sub(now)
		}
		longest = max(longest, q.Left)
	}
	return longest
}

// take takes one header, if it speaks of limits.
func (r *rateHeaders) take(h header, now time.Time) {
	name := h.name
	if rest, ok := bytes.CutPrefix(name, []byte("x-ratelimit-")); ok {
		if string(rest) == "path" {
			r.path = h.value
			return
		}
		r.takePart(xHeaders, rest, h.value)
	} else if rest, ok := bytes.CutPrefix(name, []byte("ratelimit")); ok {
		if len(rest) == 0 || string(rest) == "-policy" {
			r.takeList(h.value)
		} else {
			r.takePart(draft, rest[1:], h.value)
		}
	} else if bytes.HasPrefix(name, []byte("retry-after-")) {
		r.longest = max(r.longest, readRetryAfter(h.value, now))
	}
}

// takePart takes a header of its own for one part: limit, or limit-short.
func (r *rateHeaders) takePart(d dialect, rest, value []byte) {
	for part, name := range partNames {
		suffix, ok := bytes.CutPrefix(rest, []byte(name))
		if !ok || len(suffix) > 0 && suffix[0] != '-' {
			continue
		}
		if d == draft && part == limitPart { // 100, 100;w=60
			value = value[:len(value)-len(bytes.TrimLeft(value, "0123456789"))]
		}
		r.set(d, bytes.TrimPrefix(suffix, []byte("-")), part, value)
	}
}

// takeList takes the headers RateLimit and RateLimit-Policy: a list of limits
// with their parameters, or, in an older draft, of parts.
func (r *rateHeaders) takeList(value []byte) {
	for item := range bytes.SplitSeq(value, []byte(",")) {
		head, parameters, _ := bytes.Cut(item, []byte(";"))
		if part, v, ok := bytes.Cut(bytes.TrimSpace(head), []byte("=")); ok {
			r.takePart(draft, part, v)
			continue
		}
		name := bytes.Trim(head, " \t\"")
		for p := range bytes.SplitSeq(parameters, []byte(";")) {
			switch key, v, _ := bytes.Cut(bytes.TrimSpace(p), []byte("=")); string(key) {
			case "q":
				r.set(structured, name, limitPart, v)
			case "r":
				r.set(structured, name, remainingPart, v)
			case "t":
				r.set(structured, name, resetPart, v)
			}
		}
	}
}

// set notes one part of a limit.
func (r *rateHeaders) set(d dialect, name []byte, part int, value []byte) {
	i := 0
	for i < r.n && (r.limits[i].dialect != d || !bytes.Equal(r.limits[i].name, name)) {
		i++
	}
	if i == maxLimits {
		return
	}
	l := &r.limits[i]
	if i == r.n {
		*l = rawLimit{dialect: d, name: name}
		r.n++
	}
	l.unclear = l.unclear || l.parts[part] != nil && !bytes.Equal(l.parts[part], value)
	l.parts[part] = value
}

// read makes a Quota of a limit. now is the server's clock if known, else
// ours. A limit of which a part is absent, told twice in different ways, not a
// plain number, or out of range is none.
func (l *rawLimit) read(now time.Time) (q Quota, ok bool) {
	var values [numParts]int64
	for part := range values {
		text := l.parts[part]
		if part == limitPart && text == nil && l.dialect == structured {
			text = l.parts[remainingPart] // the policy need not be told
		}
		if values[part], ok = number(text); !ok || l.unclear {
			return Quota{}, false
		}
	}
	q = Quota{Known: true, Limit: values[limitPart], Remaining: values[remainingPart]}
	if l.parts[limitPart] == nil {
		q.Limit = max(1, q.Limit)
	}
	if q.Limit == 0 || q.Remaining > q.Limit || !q.readReset(values[resetPart], now) {
		return Quota{}, false
	}
	if len(l.name) > 0 {
		q.Name = string(l.name)
	}
	return q, true
}

// readReset tells by its size what the end of a window is: UNIX milliseconds,
// UNIX seconds, or seconds left. What is none of them, or more than 31 days
// away, is nothing.
func (q *Quota) readReset(n int64, now time.Time) bool {
	const year2001 = 1_000_000_000
	switch {
	case n <= 0 || n >= 1e6*year2001:
		return false
	case n >= 1000*year2001:
		q.Reset = time.UnixMilli(n)
	case n >= year2001:
		q.Reset = time.Unix(n, 0)
	default:
		q.Relative, q.Left = true, time.Duration(n)*time.Second
		return q.Left <= maxAhead
	}
	return q.Reset.Sub(now).Abs() <= maxAhead
}

// namesTask tells whether a path is that of the task itself.
func namesTask(path []byte, taskID string) bool {
	path = bytes.TrimRight(path, "/")
	end := len(path) - len(taskID)
	return end > 0 && path[end-1] == '/' && string(path[end:]) == taskID
}

// readRetryAfter reads a number of seconds or a date. What is malformed or in
// the past counts as absent: 0. A longer wait than 31 days counts as so long:
// no run waits it out.
func readRetryAfter(value []byte, now time.Time) time.Duration {
	if len(value) == 0 {
		return 0
	}
	if seconds, ok := number(value); ok {
		return time.Duration(min(seconds, int64(maxAhead/time.Second))) * time.Second
	}
	date, err := http.ParseTime(string(value))
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), maxAhead))
}

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
