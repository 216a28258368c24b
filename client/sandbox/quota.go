package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"taskbatch/client"
)

// Quota allows N requests in each Window. The windows are aligned to the
// clock. The zero Quota stands for no limit.
type Quota struct {
	N      int64
	Window time.Duration // whole seconds
}

// ParseQuota reads "600/m": a number of requests and a window, which is s, m,
// h or a duration of whole seconds, as in "200/10s". "0" is no quota.
func ParseQuota(text string) (Quota, error) {
	if text == "0" {
		return Quota{}, nil
	}
	count, window, ok := strings.Cut(text, "/")
	n, err := strconv.ParseInt(count, 10, 64)
	if !ok || err != nil || n < 0 {
		return Quota{}, fmt.Errorf("quota %q: want a number and a window, such as 600/m or 200/10s, or 0 for none", text)
	}
	if window == "s" || window == "m" || window == "h" {
		window = "1" + window
	}
	d, err := time.ParseDuration(window)
	if err != nil || d < time.Second || d%time.Second != 0 {
		return Quota{}, fmt.Errorf("quota %q: the window must be s, m, h or whole seconds, such as 10s", text)
	}
	if n == 0 {
		return Quota{}, nil
	}
	return Quota{N: n, Window: d}, nil
}

// meter counts the requests of the current window.
type meter struct {
	quota Quota
	mu    sync.Mutex
	start time.Time
	used  int64
}

// level is what the meter says to one request.
type level struct {
	ok        bool // within the quota
	remaining int64
	reset     time.Time
	wait      int64 // seconds until the reset, at least 1
}

// take counts one request.
func (m *meter) take(now time.Time) level {
	if m.quota.N == 0 {
		return level{ok: true}
	}
	seconds := int64(m.quota.Window / time.Second)
	start := time.Unix(now.Unix()/seconds*seconds, 0)
	m.mu.Lock()
	defer m.mu.Unlock()
	if start.After(m.start) {
		m.start, m.used = start, 0
	}
	l := level{ok: m.used < m.quota.N, reset: m.start.Add(m.quota.Window)}
	if l.ok {
		m.used++
	}
	l.remaining = m.quota.N - m.used
	l.wait = max(1, int64((l.reset.Sub(now)+time.Second-1)/time.Second))
	return l
}

// setHeaders sets the headers that every answer carries.
func (s *Sandbox) setHeaders(h http.Header, r *http.Request, now time.Time, l level) {
	h["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	if s.config.Quota.N == 0 {
		return
	}
	host, _, _ := strings.Cut(r.RemoteAddr, "]")
	if i := strings.LastIndexByte(host, ':'); i > 0 && host[0] != '[' {
		host = host[:i]
	}
	h["X-Ratelimit-Limit"] = []string{strconv.FormatInt(s.config.Quota.N, 10)}
	h["X-Ratelimit-Remaining"] = []string{strconv.FormatInt(l.remaining, 10)}
	h["X-Ratelimit-Reset"] = []string{strconv.FormatInt(l.reset.Unix(), 10)}
	h["X-Ratelimit-Ip"] = []string{strings.TrimPrefix(host, "[")}
	h["X-Ratelimit-Userid"] = []string{"usr_sandbox"}
	h["X-Ratelimit-Orgid"] = []string{"org_sandbox"}
	h["X-Ratelimit-Path"] = []string{client.TasksPath + "{taskId}"}
}
