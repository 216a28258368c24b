package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskbatch/client/sandbox"
)

func TestParseQuota(t *testing.T) {
	tests := map[string]sandbox.Quota{
		"600/m": {N: 600, Window: time.Minute}, "200/10s": {N: 200, Window: 10 * time.Second}, "500/1s": {N: 500, Window: time.Second},
		"500/s": {N: 500, Window: time.Second}, "5000/h": {N: 5000, Window: time.Hour}, "1/24h": {N: 1, Window: 24 * time.Hour}, "0": {}, "0/m": {},
	}
	for text, want := range tests {
		if got, err := sandbox.ParseQuota(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "600", "/m", "-1/m", "1.5/m", "600/d", "600/", "600/500ms", "600/1500ms", "600/-1s", "600/0s", "600/m/m"} {
		if got, err := sandbox.ParseQuota(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// The windows follow the sandbox's own clock, which may be wrong.
func TestQuota(t *testing.T) {
	now := time.Date(2001, 2, 3, 4, 5, 6, 700_000_000, time.UTC)
	box := newBox(t, sandbox.Config{Quota: sandbox.Quota{N: 2, Window: 10 * time.Second}, Now: func() time.Time { return now }})
	steps := []struct {
		at                     time.Duration
		status                 int
		remaining, retry, date string
	}{
		{0, 200, "1", "", "Sat, 03 Feb 2001 04:05:06 GMT"},
		{0, 200, "0", "", "Sat, 03 Feb 2001 04:05:06 GMT"},
		{0, 429, "0", "4", "Sat, 03 Feb 2001 04:05:06 GMT"},
		{3299 * time.Millisecond, 429, "0", "1", "Sat, 03 Feb 2001 04:05:09 GMT"},
		{3300 * time.Millisecond, 200, "1", "", "Sat, 03 Feb 2001 04:05:10 GMT"},
	}
	first := now
	for i, step := range steps {
		now = first.Add(step.at)
		w := put(box, "T-1", `{}`)
		got := []string{w.Result().Header.Get("X-RateLimit-Remaining"), w.Result().Header.Get("Retry-After"), w.Result().Header.Get("Date")}
		if diff := cmp.Diff([]string{step.remaining, step.retry, step.date}, got); diff != "" || w.Code != step.status {
			t.Errorf("step %d: %d %s", i, w.Code, diff)
		}
		reset := time.Date(2001, 2, 3, 4, 5, 10, 0, time.UTC)
		if i == 4 {
			reset = reset.Add(10 * time.Second)
		}
		if got := w.Result().Header.Get("X-RateLimit-Reset"); got != fmt.Sprint(reset.Unix()) {
			t.Errorf("step %d: reset %s, want %d", i, got, reset.Unix())
		}
		for _, name := range []string{"Limit", "IP", "UserID", "OrgID", "Path"} {
			if w.Result().Header.Get("X-RateLimit-"+name) == "" {
				t.Errorf("step %d: no X-RateLimit-%s", i, name)
			}
		}
	}
	if w := put(newBox(t, sandbox.Config{}), "T-1", `{}`); w.Result().Header.Get("X-RateLimit-Limit") != "" {
		t.Error("rate headers without a quota")
	}
}

// Each style announces the same quota in its own headers.
func TestQuotaStyles(t *testing.T) {
	now := time.Date(2001, 2, 3, 4, 5, 6, 700_000_000, time.UTC)
	quota := sandbox.Quota{N: 2, Window: 10 * time.Second}
	tests := map[sandbox.QuotaStyle]map[string]string{
		"":              {"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "981173110", "X-Ratelimit-Path": "/v1/accounts/tasks/{taskId}"},
		sandbox.Epoch:   {"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "981173110", "X-Ratelimit-Path": "/v1/accounts/tasks/{taskId}"},
		sandbox.EpochMS: {"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "981173110000", "X-Ratelimit-Path": "/v1/accounts/tasks/{taskId}"},
		sandbox.Delta:   {"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "4", "X-Ratelimit-Path": "/v1/accounts/tasks/{taskId}"},
		sandbox.PerPath: {"X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "981173110", "X-Ratelimit-Path": "/v1/accounts/tasks/T-1"},
		sandbox.IETF:    {"Ratelimit": `"default";r=0;t=4`, "Ratelimit-Policy": `"default";q=2;w=10`},
	}
	for style, want := range tests {
		box := newBox(t, sandbox.Config{Quota: quota, QuotaStyle: style, Now: func() time.Time { return now }})
		put(box, "T-1", `{}`)
		put(box, "T-1", `{}`)
		refused := put(box, "T-1", `{}`)
		got := map[string]string{}
		for name := range refused.Header() {
			switch name {
			case "Date", "Content-Type", "Retry-After", "X-Ratelimit-Ip", "X-Ratelimit-Userid", "X-Ratelimit-Orgid":
			default:
				got[name] = refused.Header().Get(name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || refused.Code != 429 || refused.Header().Get("Retry-After") != "4" {
			t.Errorf("%s: %d, Retry-After %q %s", style, refused.Code, refused.Header().Get("Retry-After"), diff)
		}
		if code := put(box, "T-2", `{}`).Code; (code == 200) != (style == sandbox.PerPath) {
			t.Errorf("%s: another task is answered %d", style, code)
		}
	}
}
