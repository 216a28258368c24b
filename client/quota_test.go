package client

import (
	"net/http"
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
		{"reset in seconds from now", rate("600", "599", "60"), dateOnly, 0},
		{"reset in milliseconds", rate("600", "599", "1795428030000"), dateOnly, 0},
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
			readHeaders(h, dates.read(h), &reply)
			if diff := cmp.Diff(tt.quota, reply.Quota); diff != "" {
				t.Error(diff)
			}
			if reply.RetryAfter != tt.retry {
				t.Errorf("RetryAfter = %v, want %v", reply.RetryAfter, tt.retry)
			}
		})
	}
}

// No header, however odd, gives a Quota or a wait out of bounds.
func TestReadHeadersKeepsBounds(t *testing.T) {
	value := rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9]{1,20}`), rapid.Just("1795428030"))
	rapid.Check(t, func(t *rapid.T) {
		h := http.Header{}
		for _, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Retry-After"} {
			h[name] = rapid.SliceOfN(value, 0, 2).Draw(t, name)
		}
		reply := Reply{Received: testNow}
		readHeaders(appendHeaders(nil, h), time.Time{}, &reply)
		q := reply.Quota
		if q.Known && (q.Limit <= 0 || q.Remaining < 0 || q.Remaining > q.Limit || q.Reset.Sub(testNow).Abs() > maxAhead) || !q.Known && q != (Quota{}) {
			t.Fatalf("%+v", q)
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
