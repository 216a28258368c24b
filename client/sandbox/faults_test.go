package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

func TestParseFaultsRefuses(t *testing.T) {
	for _, spec := range []string{"x", "500", "500=2", "500=-1%", "500=101%", "500=NaN%", "500=%", "500=60%,503=60%", "500=1%,500=1%", "seed=-1", "seed=x",
		"seed=1,seed=2", "teapot=1%", "outage=5s", "outage=5s+0s", "outage=-5s+1s", "outage=+1s", "=1%"} {
		if _, err := sandbox.ParseFaults(spec); err == nil || !strings.HasPrefix(err.Error(), "faults: ") {
			t.Errorf("%q: %v", spec, err)
		}
	}
	for _, spec := range []string{"", "seed=7", " 500=2% , 429=1%,", "500=33.3%,502=33.3%,503=33.4%", "outage=0s+1s,outage=5s+1m", "500=0%", "drop=100%"} {
		if _, err := sandbox.ParseFaults(spec); err != nil {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

// What a client learns from each fault, and whether the update was applied.
func TestFaults(t *testing.T) {
	tests := []struct {
		fault   string
		verdict client.Verdict
		health  client.Health
		status  int
		message string
		applied bool
	}{
		{"500", client.Erring, client.RowError, 500, "Something went wrong!", false},
		{"502", client.Unanswered, client.Ill, 502, "502 Bad Gateway", false},
		{"503", client.Erring, client.Ill, 503, "503 Service Unavailable", false},
		{"504", client.Unanswered, client.Ill, 504, "504 Gateway Timeout", false},
		{"429", client.Throttled, client.Healthy, 429, "Too many requests", false},
		{"401", client.Unauthorized, client.Healthy, 401, "Invalid API key", false},
		{"redirect", client.Redirected, client.Healthy, 302, "302 Found: redirect to https://elsewhere.invalid/ (not followed)", false},
		{"drop", client.Unanswered, client.Ill, 0, "connection closed before an answer (EOF)", true},
		{"dropbefore", client.Unanswered, client.Ill, 0, "connection closed before an answer (EOF)", false},
		{"hang", client.Unanswered, client.Ill, 0, "timeout after 2s", false},
		{"slow", client.Applied, client.Healthy, 200, "", true},
		{"cut", client.Applied, client.Healthy, 200, "", true},
		{"garbage", client.Applied, client.Healthy, 200, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			box, _, s := start(t, sandbox.Config{Faults: faults(t, tt.fault+"=100%")})
			r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`))
			if r.Verdict != tt.verdict || r.Health != tt.health || r.Status != tt.status || r.Message != tt.message {
				t.Errorf("%v, %v, %d (%s)", r.Verdict, r.Health, r.Status, r.Message)
			}
			if tt.fault == "429" && r.RetryAfter != time.Second {
				t.Errorf("RetryAfter = %v", r.RetryAfter)
			}
			if page := get(box, "/_sandbox/tasks/T-1"); (page.Code == 200) != tt.applied {
				t.Errorf("applied: %v, want %v", page.Code == 200, tt.applied)
			}
			// The log of a request that hangs is complete once the server
			// has noticed that the client is gone.
			log := get(box, "/_sandbox/log").Body.String()
			if tt.fault != "hang" && (!strings.Contains(log, fmt.Sprintf(`"status":%d,"applied":%v,"fault":"%s"`, tt.status, tt.applied, tt.fault)) || !strings.Contains(log, `"done_at"`)) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// A request that is wrong is refused, whatever fault it met.
func TestFaultsDoNotHideMistakes(t *testing.T) {
	for _, fault := range []string{"slow", "cut", "garbage"} {
		_, _, s := start(t, sandbox.Config{Faults: faults(t, fault+"=100%")})
		if r := s.Put(context.Background(), "T-1", []byte(`{"x":1}`)); r.Status != 400 || r.Message != "property x should not exist" {
			t.Errorf("%s: %d %s", fault, r.Status, r.Message)
		}
	}
}

// The same seed gives the same faults in the same shares; another seed gives
// others.
func TestFaultsAreRepeatable(t *testing.T) {
	run := func(spec string) (statuses []int) {
		box := newBox(t, sandbox.Config{Faults: faults(t, spec), LogLimit: -1})
		for range 5000 {
			statuses = append(statuses, put(box, "T-1", `{}`).Code)
		}
		return statuses
	}
	first := run("seed=1,500=10%,503=5%")
	if fmt.Sprint(first) != fmt.Sprint(run("seed=1,500=10%,503=5%")) {
		t.Error("the same seed gave other faults")
	}
	if fmt.Sprint(first) == fmt.Sprint(run("seed=2,500=10%,503=5%")) {
		t.Error("another seed gave the same faults")
	}
	count := map[int]int{}
	for _, status := range first {
		count[status]++
	}
	if count[500] < 400 || count[500] > 600 || count[503] < 180 || count[503] > 320 || count[200]+count[500]+count[503] != 5000 {
		t.Errorf("of 5000: %v", count)
	}
}

// During an outage open connections break and new ones are reset; afterwards
// all goes on.
func TestOutage(t *testing.T) {
	var since atomic.Int64
	first := time.Now()
	clock := func() time.Time { return first.Add(time.Duration(since.Load())) }
	_, server, s := start(t, sandbox.Config{Faults: faults(t, "outage=5s+30s"), Now: clock})
	step := func(at time.Duration, want ...client.Verdict) {
		t.Helper()
		since.Store(int64(at))
		if r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`)); !slices.Contains(want, r.Verdict) {
			t.Errorf("after %v: %v (%s)", at, r.Verdict, r.Message)
		}
	}
	step(0, client.Applied)
	step(4999*time.Millisecond, client.Applied)
	step(5*time.Second, client.Unanswered)                              // on the open connection
	step(34999*time.Millisecond, client.Unanswered, client.Unconnected) // on a new one, which may break early
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	if err == nil {
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("new connection: %v", err)
	}
	step(35*time.Second, client.Applied)
}

// Close ends a request that hangs, for a server and for a plain handler.
func TestCloseEndsHanging(t *testing.T) {
	arrived := make(chan struct{}, 10)
	clock := func() time.Time {
		arrived <- struct{}{}
		return time.Now()
	}
	_, server, s := start(t, sandbox.Config{Faults: faults(t, "hang=100%"), Now: clock})
	replies := make(chan client.Reply)
	go func() { replies <- s.Put(context.Background(), "T-1", []byte(`{}`)) }()
	<-arrived
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if r := <-replies; r.Verdict != client.Unanswered {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}

	box := newBox(t, sandbox.Config{Faults: faults(t, "hang=100%")})
	aborted := make(chan any)
	go func() {
		defer func() { aborted <- recover() }()
		put(box, "T-1", `{}`)
	}()
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	if got := <-aborted; got != http.ErrAbortHandler {
		t.Errorf("%v", got)
	}
}
