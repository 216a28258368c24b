package client

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const testDate = "Mon, 23 Nov 2026 10:00:00 GMT"

var testNow = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func TestReadHeaders(t *testing.T) {
	known := Quota{Known: true, Limit: 600, Remaining: 599, Reset: time.Unix(1795428030, 0), Date: testNow}
	dateOnly := Quota{Date: testNow}
	rate := func(limit, remaining, reset string) http.Header {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", limit)
		h.Set("X-RateLimit-Remaining", remaining)
		h.Set("X-RateLimit-Reset", reset)
		h.Set("Date", testDate)
		return h
	}
	with := func(h http.Header, name string, values ...string) http.Header {
		h[http.CanonicalHeaderKey(name)] = values
		return h
	}
	good := func() http.Header { return rate("600", "599", "1795428030") }
	tests := []struct {
		name  string
		h     http.Header
		quota Quota
		retry time.Duration
	}{
		{"nothing", http.Header{}, Quota{}, 0},
		{"all", good(), known, 0},
		{"used up", rate("600", "0", "1795428030"), Quota{Known: true, Limit: 600, Reset: known.Reset, Date: testNow}, 0},
		{"reset just over", rate("600", "599", "1795427999"), Quota{Known: true, Limit: 600, Remaining: 599, Reset: time.Unix(1795427999, 0), Date: testNow}, 0},
		{"equal twice", with(good(), "X-RateLimit-Limit", "600", "600"), known, 0},
		{"different", with(good(), "X-RateLimit-Limit", "600", "601"), dateOnly, 0},
		{"missing", with(good(), "X-RateLimit-Reset"), dateOnly, 0},
		{"negative", rate("600", "-1", "1795428030"), dateOnly, 0},
		{"signed", rate("+600", "599", "1795428030"), dateOnly, 0},
		{"fraction", rate("600", "599", "1795428030.5"), dateOnly, 0},
		{"text", rate("600;w=60", "599", "1795428030"), dateOnly, 0},
		{"overflow", rate("600", "599", "99999999999999999999"), dateOnly, 0},
		{"largest number", rate("600", "599", "9223372036854775807"), dateOnly, 0},
		{"remaining above the limit", rate("600", "601", "1795428030"), dateOnly, 0},
		{"no limit", rate("0", "0", "1795428030"), dateOnly, 0},
		{"reset zero", rate("600", "599", "0"), dateOnly, 0},
		{"reset in seconds from now", rate("600", "599", "60"), Quota{Known: true, Limit: 600, Remaining: 599, Relative: true, Left: time.Minute, Date: testNow}, 0},
		{"reset in milliseconds", rate("600", "599", "1795428030500"), Quota{Known: true, Limit: 600, Remaining: 599, Reset: time.UnixMilli(1795428030500), Date: testNow}, 0},
		{"reset in 32 days of seconds", rate("600", "599", "2764800"), dateOnly, 0},
		{"reset of no size", rate("600", "599", "99999999"), dateOnly, 0},
		{"reset in milliseconds in 32 days", rate("600", "599", "1798192801000"), dateOnly, 0},
		{"largest limit", rate("9223372036854775807", "9223372036854775807", "1795428030"), Quota{Known: true, Limit: math.MaxInt64, Remaining: math.MaxInt64, Reset: known.Reset, Date: testNow}, 0},
		{"reset in 32 days", rate("600", "599", "1798192801"), dateOnly, 0},
		{"no date", with(good(), "Date"), Quota{Known: true, Limit: 600, Remaining: 599, Reset: known.Reset}, 0},
		{"malformed date", with(good(), "Date", "yesterday"), Quota{Known: true, Limit: 600, Remaining: 599, Reset: known.Reset}, 0},
		{"two dates", with(good(), "Date", testDate, "Mon, 23 Nov 2026 11:00:00 GMT"), Quota{Known: true, Limit: 600, Remaining: 599, Reset: known.Reset}, 0},

		{"retry in seconds", with(good(), "Retry-After", "7"), known, 7 * time.Second},
		{"retry twice", with(good(), "Retry-After", "7", "7"), known, 7 * time.Second},
		{"retry differs", with(good(), "Retry-After", "7", "8"), known, 0},
		{"retry at once", with(good(), "Retry-After", "0"), known, 0},
		{"retry negative", with(good(), "Retry-After", "-7"), known, 0},
		{"retry fraction", with(good(), "Retry-After", "1.5"), known, 0},
		{"retry in an hour", with(good(), "Retry-After", "3600"), known, time.Hour},
		{"retry in 31 days", with(good(), "Retry-After", "2678400"), known, 31 * 24 * time.Hour},
		{"retry later", with(good(), "Retry-After", "2678401"), known, 31 * 24 * time.Hour},
		{"retry overflow", with(good(), "Retry-After", "99999999999999999999"), known, 0},
		{"retry at a date", with(good(), "Retry-After", "Mon, 23 Nov 2026 10:01:00 GMT"), known, time.Minute},
		{"retry at an old form of date", with(good(), "Retry-After", "Monday, 23-Nov-26 10:01:00 GMT"), known, time.Minute},
		{"retry at a date over", with(good(), "Retry-After", "Mon, 23 Nov 2026 09:59:00 GMT"), known, 0},
		{"retry at a far date", with(good(), "Retry-After", "Mon, 23 Nov 2099 10:00:00 GMT"), known, 31 * 24 * time.Hour},
		{"retry at a date by our clock", http.Header{"Retry-After": {"Mon, 23 Nov 2026 10:01:00 GMT"}}, Quota{}, time.Minute},
		{"retry by a server an hour behind", http.Header{"Date": {"Mon, 23 Nov 2026 09:00:00 GMT"}, "Retry-After": {"Mon, 23 Nov 2026 09:00:30 GMT"}}, Quota{Date: testNow.Add(-time.Hour)}, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := Reply{Received: testNow}
			var dates dateReader
			h := appendHeaders(nil, tt.h)
			readHeaders(h, dates.read(h), "T-1", &reply)
			if diff := cmp.Diff(tt.quota, reply.Quota); diff != "" {
				t.Error(diff)
			}
			if reply.More != nil {
				t.Errorf("more: %+v", reply.More)
			}
			if reply.RetryAfter != tt.retry {
				t.Errorf("RetryAfter = %v, want %v", reply.RetryAfter, tt.retry)
			}
		})
	}
}

// Quotas as servers of other makes announce them.
func TestQuotaForms(t *testing.T) {
	relative := func(name string, limit, remaining, left int64) Quota {
		return Quota{Name: name, Known: true, Limit: limit, Remaining: remaining, Relative: true, Left: time.Duration(left) * time.Second}
	}
	tests := []struct {
		name  string
		lines []string
		want  []Quota
		retry time.Duration
	}{
		{"draft 6", []string{"RateLimit-Limit: 100", "RateLimit-Remaining: 99", "RateLimit-Reset: 30"}, []Quota{relative("", 100, 99, 30)}, 0},
		{"draft 6 with its policy", []string{"RateLimit-Limit: 100, 100;w=60, 1000;w=3600", "RateLimit-Remaining: 99", "RateLimit-Reset: 30"}, []Quota{relative("", 100, 99, 30)}, 0},
		{"GitLab: an absolute reset", []string{"RateLimit-Limit: 60", "RateLimit-Remaining: 59", "RateLimit-Reset: 1795428030", "RateLimit-Observed: 1"},
			[]Quota{{Known: true, Limit: 60, Remaining: 59, Reset: time.Unix(1795428030, 0)}}, 0},
		{"draft 7", []string{"RateLimit-Policy: 100;w=60", "RateLimit: limit=100, remaining=99, reset=30"}, []Quota{relative("", 100, 99, 30)}, 0},
		{"draft 8", []string{`RateLimit-Policy: "100-in-1min"; q=100; w=60; pk=:ZGVm:`, `RateLimit: "100-in-1min"; r=99; t=30; pk=:ZGVm:`}, []Quota{relative("100-in-1min", 100, 99, 30)}, 0},
		{"draft 8, several", []string{`RateLimit: "burst";r=4;t=1, "day";r=900;t=8000`, `RateLimit-Policy: "burst";q=5;w=1,"day";q=1000;w=86400, "year";q=9`},
			[]Quota{relative("burst", 5, 4, 1), relative("day", 1000, 900, 8000)}, 0},
		{"draft 8 without a policy", []string{`RateLimit: default;r=50;t=30`}, []Quota{relative("default", 50, 50, 30)}, 0},
		{"draft 8, used up, without a policy", []string{`RateLimit: "default";r=0;t=30`}, []Quota{relative("default", 1, 0, 30)}, 0},
		{"draft 8 without an end", []string{`RateLimit: "default";r=50`, `RateLimit-Policy: "default";q=100;w=60`}, nil, 0},
		{"draft 8 without a rest", []string{`RateLimit-Policy: "default";q=100;w=60`}, nil, 0},
		{"suffixes", []string{"X-RateLimit-Limit-short: 5", "X-RateLimit-Remaining-short: 4", "X-RateLimit-Reset-short: 1", "X-RateLimit-Limit-long: 100", "X-RateLimit-Remaining-long: 9", "X-RateLimit-Reset-long: 60", "Retry-After-short: 1", "Retry-After-long: 60"},
			[]Quota{relative("short", 5, 4, 1), relative("long", 100, 9, 60)}, time.Minute},
		{"the plain one first", []string{"X-RateLimit-Limit-short: 5", "X-RateLimit-Remaining-short: 4", "X-RateLimit-Reset-short: 1", "X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 9", "X-RateLimit-Reset: 60"},
			[]Quota{relative("", 100, 9, 60), relative("short", 5, 4, 1)}, 0},
		{"half a suffix", []string{"X-RateLimit-Limit-minute: 5", "X-RateLimit-Remaining-minute: 4"}, nil, 0},
		{"told twice", []string{"X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 9", "X-RateLimit-Reset: 60", "RateLimit-Limit: 100", "RateLimit-Remaining: 9", "RateLimit-Reset: 60"}, []Quota{relative("", 100, 9, 60)}, 0},
		{"told twice, first in a way that fails", []string{"X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 9", "RateLimit-Limit: 100", "RateLimit-Remaining: 9", "RateLimit-Reset: 60"}, []Quota{relative("", 100, 9, 60)}, 0},
		{"contradictory", []string{"RateLimit: limit=100, remaining=99, reset=30", "RateLimit-Reset: 31"}, nil, 0},
		{"nonsense", []string{"RateLimit: ;;,=,\"", "RateLimit-Policy: q=1;q", "RateLimit-: 1", "RateLimiter: 5", "X-RateLimit-Limits: 5", "X-RateLimit-: 1", "Retry-After-: x"}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h headers
			for _, line := range tt.lines {
				field, ok := parseHeader([]byte(line))
				if !ok {
					t.Fatal(line)
				}
				h = append(h, field)
			}
			reply := Reply{Received: testNow}
			readHeaders(h, time.Time{}, "T-1", &reply)
			var got []Quota
			if reply.Quota.Known {
				got = append([]Quota{reply.Quota}, reply.More...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if reply.RetryAfter != tt.retry {
				t.Errorf("RetryAfter = %v, want %v", reply.RetryAfter, tt.retry)
			}
		})
	}
}

// A refusal that tells the reset and no quota tells how long to wait.
func TestResetOnly(t *testing.T) {
	tests := []struct {
		lines   string
		verdict Verdict
		want    time.Duration
	}{
		{"X-RateLimit-Reset: 6", Throttled, 6 * time.Second},
		{"X-RateLimit-Reset: 1795428006", Throttled, 6 * time.Second},
		{"X-RateLimit-Reset: 1795428006500", Throttled, 6500 * time.Millisecond},
		{"X-RateLimit-Reset: 1795427990", Throttled, 0},
		{"X-RateLimit-Limit: 100\nX-RateLimit-Reset: 6", Throttled, 6 * time.Second},
		{`RateLimit: "default";t=6`, Throttled, 6 * time.Second},
		{"X-RateLimit-Reset-short: 6\nX-RateLimit-Reset-long: 60", Throttled, time.Minute},
		{"X-RateLimit-Reset: 60\nRetry-After: 6", Throttled, 6 * time.Second},
		{"X-RateLimit-Reset: 6\nX-RateLimit-Limit: 100\nX-RateLimit-Remaining: 0", Throttled, 0}, // the quota tells it
		{"X-RateLimit-Reset: 6\nX-RateLimit-Path: /v1/accounts/tasks/T-1", Throttled, 0},         // of no other task
		{"X-RateLimit-Reset: 6\nX-RateLimit-Reset: 7", Throttled, 0},
		{"X-RateLimit-Reset: soon", Throttled, 0},
		{"X-RateLimit-Reset: 6", Forbidden, 0},
		{"X-RateLimit-Reset: 6", Applied, 0},
	}
	for _, tt := range tests {
		var h headers
		for line := range strings.SplitSeq(tt.lines, "\n") {
			field, _ := parseHeader([]byte(line))
			h = append(h, field)
		}
		reply := Reply{Received: testNow, Verdict: tt.verdict}
		readHeaders(h, testNow, "T-1", &reply)
		if reply.RetryAfter != tt.want {
			t.Errorf("%v, %q: %v, want %v", tt.verdict, tt.lines, reply.RetryAfter, tt.want)
		}
	}
}

// A window that belongs to one task is known by its path.
func TestOwnTask(t *testing.T) {
	for path, want := range map[string]bool{
		"/v1/accounts/tasks/T-1": true, "PUT /v1/accounts/tasks/T-1": true, "/api/v1/accounts/tasks/T-1/": true,
		"": false, "/": false, "T-1": false, "/v1/accounts/tasks": false, "/v1/accounts/tasks/{taskId}": false, "/v1/accounts/tasks/:taskId": false,
		"/v1/accounts/tasks/XT-1": false, "/v1/accounts/tasks/T-11": false, "/v1/T-1/tasks": false,
	} {
		h := headers{{[]byte("x-ratelimit-path"), []byte(path)}, {[]byte("x-ratelimit-limit"), []byte("5")},
			{[]byte("x-ratelimit-remaining"), []byte("4")}, {[]byte("x-ratelimit-reset"), []byte("1795428030")}}
		reply := Reply{Received: testNow}
		readHeaders(h, testNow, "T-1", &reply)
		if !reply.Quota.Known || reply.Quota.OwnTask != want {
			t.Errorf("%q: %+v", path, reply.Quota)
		}
	}
}

// The usual headers cost no memory.
func TestQuotaAllocates(t *testing.T) {
	var h headers
	for _, line := range []string{"Date: " + testDate, "X-RateLimit-Limit: 600", "X-RateLimit-Remaining: 599", "X-RateLimit-Reset: 1795428030", "X-RateLimit-Path: /v1/accounts/tasks/{taskId}"} {
		field, _ := parseHeader([]byte(line))
		h = append(h, field)
	}
	var dates dateReader
	reply := Reply{Received: testNow}
	if n := testing.AllocsPerRun(100, func() {
		reply.Quota = Quota{}
		readHeaders(h, dates.read(h), "T-1", &reply)
	}); n > 0 || !reply.Quota.Known {
		t.Errorf("%v allocations, %+v", n, reply.Quota)
	}
}

// No header, however odd, gives a Quota or a wait out of bounds.
func TestReadHeadersKeepsBounds(t *testing.T) {
	value := rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9]{1,20}`), rapid.Just("1795428030"))
	rapid.Check(t, func(t *rapid.T) {
		h := http.Header{}
		for _, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Retry-After", "Retry-After-Short",
			"Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset", "Ratelimit", "Ratelimit-Policy", "X-Ratelimit-Limit-Short", "X-Ratelimit-Remaining-Short", "X-Ratelimit-Reset-Short"} {
			h[name] = rapid.SliceOfN(value, 0, 2).Draw(t, name)
		}
		reply := Reply{Received: testNow}
		readHeaders(appendHeaders(nil, h), time.Time{}, "T-1", &reply)
		for i, q := range append(reply.More, reply.Quota) {
			ends := q.Relative && q.Reset.IsZero() && q.Left > 0 && q.Left <= maxAhead || !q.Relative && q.Left == 0 && q.Reset.Sub(testNow).Abs() <= maxAhead
			if q.Known && (q.Limit <= 0 || q.Remaining < 0 || q.Remaining > q.Limit || !ends) || !q.Known && (q != Quota{} || i < len(reply.More)) {
				t.Fatalf("%+v", q)
			}
		}
		if reply.RetryAfter < 0 || reply.RetryAfter > maxAhead {
			t.Fatalf("%v", reply.RetryAfter)
		}
	})
}

// A date that was read before is not taken for another one.
func TestDateReader(t *testing.T) {
	var dates dateReader
	for _, tt := range []struct {
		header []string
		want   time.Time
	}{
		{nil, time.Time{}}, {[]string{testDate}, testNow}, {[]string{testDate}, testNow}, {[]string{"x"}, time.Time{}}, {nil, time.Time{}},
		{[]string{"Mon, 23 Nov 2026 10:00:01 GMT"}, testNow.Add(time.Second)},
	} {
		if got := dates.read(appendHeaders(nil, http.Header{"Date": tt.header})); !got.Equal(tt.want) {
			t.Errorf("%q: %v", tt.header, got)
		}
	}
}
