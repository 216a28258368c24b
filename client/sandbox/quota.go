package sandbox

import (
	"fmt"
	"net"
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

// QuotaStyle is how the quota is announced.
type QuotaStyle string

// The forms that servers use. The zero QuotaStyle is Epoch.
const (
	Epoch   QuotaStyle = "epoch"    // X-RateLimit-Reset in UNIX seconds, on the sandbox's clock
	EpochMS QuotaStyle = "epoch-ms" // in UNIX milliseconds
	Delta   QuotaStyle = "delta"    // in seconds left
	IETF    QuotaStyle = "ietf"     // RateLimit and RateLimit-Policy, the draft of the IETF
	PerPath QuotaStyle = "path"     // as Epoch, but each task has a window of its own, which X-RateLimit-Path names
)

// meter counts the requests of the current windows.
type meter struct {
	quota   Quota
	style   QuotaStyle
	mu      sync.Mutex
	windows map[string]*window // by path; "" is everybody's
}

// window is the current window of a path.
type window struct {
	start time.Time
	used  int64
}

// level is what the meter says to one request.
type level struct {
	ok        bool   // within the quota
	path      string // what the window counts
	remaining int64
	reset     time.Time
	wait      int64 // seconds until the reset, at least 1
}

// take counts one request.
func (m *meter) take(now time.Time, path string) level {
	if m.quota.N == 0 {
		return level{ok: true}
	}
	key, l := "", level{path: client.TasksPath + "{taskId}"}
	if m.style == PerPath {
		key, l.path = path, path
	}
	seconds := int64(m.quota.Window / time.Second)
	start := time.Unix(now.Unix()/seconds*seconds, 0)
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.windows[key]
	if w == nil {
		w = &window{}
		m.windows[key] = w
	}
	if start.After(w.start) {
		w.start, w.used = start, 0
	}
	l.ok, l.reset = w.used < m.quota.N, w.start.Add(m.quota.Window)
	if l.ok {
		w.used++
	}
	l.remaining = m.quota.N - w.used
	l.wait = max(1, int64((l.reset.Sub(now)+time.Second-1)/time.Second))
	return l
}

// announce sets the headers that every answer of the API carries.
func (m *meter) announce(h http.Header, r *http.Request, l level) {
	switch {
	case m.quota.N == 0:
		return
	case m.style == IETF:
		h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, m.quota.N, m.quota.Window/time.Second))
		h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, l.remaining, l.wait))
		return
	}
	reset := l.reset.Unix()
	switch m.style {
	case EpochMS:
		reset = l.reset.UnixMilli()
	case Delta:
		reset = l.wait
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	h.Set("X-RateLimit-Limit", strconv.FormatInt(m.quota.N, 10))
	h.Set("X-RateLimit-Remaining", strconv.FormatInt(l.remaining, 10))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset, 10))
	h.Set("X-RateLimit-IP", host)
	h.Set("X-RateLimit-UserID", "usr_sandbox")
	h.Set("X-RateLimit-OrgID", "org_sandbox")
	h.Set("X-RateLimit-Path", l.path)
}
