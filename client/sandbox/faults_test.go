package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

func TestParseFaultsRefuses(t *testing.T) {
	for _, spec := range []string{"x", "500", "500=2", "500=-1%", "500=101%", "500=NaN%", "500=%", "500=60%,503=60%", "500=1%,500=1%", "seed=-1", "seed=x",
		"seed=1,seed=2", "teapot=1%", "outage=5s", "outage=5s+0s", "outage=-5s+1s", "outage=+1s", "=1%",
		"limit=50", "limit=0/s", "limit=50/s:500", "limit=50/s:", "limit=5/s,limit=6/s", "overload=0", "overload=x", "overload=1,overload=2",
		"poison=2", "poison=101%", "poison=1%,poison=2%", "poison=40@-1", "poison=0@1", "poison=@", "poison=4@x"} {
		if _, err := sandbox.ParseFaults(spec); err == nil || !strings.HasPrefix(err.Error(), "faults: ") {
			t.Errorf("%q: %v", spec, err)
		}
	}
	for _, spec := range []string{"", "seed=7", " 500=2% , 429=1%,", "500=33.3%,502=33.3%,503=33.4%", "outage=0s+1s,outage=5s+1m", "500=0%", "drop=100%",
		"limit=50/s", "limit=600/m:429", "limit=5/10s:503", "overload=8", "poison=2%", "poison=2%,poison=40@100,poison=1@1"} {
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
			if took := r.Received.Sub(r.Sent); tt.fault == "slow" && took < 900*time.Millisecond {
				t.Errorf("a slow answer took %v", took)
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

// What comes faster than the limit is refused by a gateway that says nothing
// of how fast is right; what keeps to it gets through.
func TestFeltLimit(t *testing.T) {
	for spec, status := range map[string]int{"limit=50/s": 503, "limit=3000/m:429": 429} {
		now := time.Unix(1_000_000, 0)
		box := newBox(t, sandbox.Config{Faults: faults(t, spec), Quota: sandbox.Quota{N: 1000, Window: time.Hour}, Now: func() time.Time { return now }})
		count := map[int]int{}
		burst := func(n int) (last *httptest.ResponseRecorder) {
			clear(count)
			for range n {
				last = put(box, "T-1", `{}`)
				count[last.Code]++
			}
			return last
		}
		refused := burst(20)
		if count[200] != 5 || count[status] != 15 {
			t.Errorf("%s: at once: %v", spec, count)
		}
		for name := range refused.Header() {
			if name != "Date" && name != "Content-Type" {
				t.Errorf("%s: the refusal has the header %s", spec, name)
			}
		}
		now = now.Add(50 * time.Millisecond)
		if burst(20); count[200] != 2 && count[200] != 3 {
			t.Errorf("%s: after 50 ms: %v", spec, count)
		}
		now = now.Add(time.Second)
		paced := 0
		for range 200 {
			if burst(1); count[200] == 1 {
				paced++
			}
			now = now.Add(20 * time.Millisecond)
		}
		if paced != 200 {
			t.Errorf("%s: of 200 that kept to the limit %d got through", spec, paced)
		}
		if log := get(box, "/_sandbox/log").Body.String(); !strings.Contains(log, `"applied":false,"fault":"limit"`) {
			t.Errorf("%s: not in the log", spec)
		}
	}
}

// Beyond the number in flight a gateway answers 503; whoever has an answer has
// left the crowd.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newBox(t, sandbox.Config{Faults: faults(t, "overload=3"), Latency: time.Second})
		var count [600]atomic.Int64
		for range 2 {
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { count[put(box, "T-1", `{}`).Code].Add(1) })
			}
			wg.Wait()
		}
		if count[200].Load() != 6 || count[503].Load() != 4 {
			t.Errorf("two times five at once: %d got through, %d were refused", count[200].Load(), count[503].Load())
		}
	})
}

// A poisoned task is answered 502 for ever, the others never, in whatever
// order they come.
func TestPoison(t *testing.T) {
	box := newBox(t, sandbox.Config{Faults: faults(t, "seed=3,poison=5%,poison=40@101,poison=2@0500")})
	poisoned := map[string]bool{}
	scattered := 0
	for i := range 1000 {
		id := fmt.Sprintf("T-%04d", i)
		poisoned[id] = put(box, id, `{}`).Code == 502
		block := i >= 101 && i <= 140 || i == 500 || i == 501
		if block && !poisoned[id] {
			t.Errorf("%s is not poisoned", id)
		}
		if poisoned[id] && !block {
			scattered++
		}
	}
	if scattered < 25 || scattered > 75 {
		t.Errorf("%d of 958 tasks are poisoned besides the blocks, want about 48", scattered)
	}
	again := newBox(t, sandbox.Config{Faults: faults(t, "seed=3,poison=5%,poison=40@101,poison=2@0500")})
	for i := range 1000 {
		id := fmt.Sprintf("T-%04d", 999-i)
		if first, second := put(again, id, `{}`).Code == 502, put(box, id, `{}`).Code == 502; first != poisoned[id] || second != first {
			t.Errorf("%s is poisoned: %v, in another order %v, the second time %v", id, poisoned[id], first, second)
		}
	}
	blocks := newBox(t, sandbox.Config{Faults: faults(t, "poison=1@7")})
	for id, want := range map[string]int{"7": 502, "x007": 502, "x17": 200, "7x": 200, "x": 200, "x99999999999999999999": 200} {
		if code := put(blocks, id, `{}`).Code; code != want {
			t.Errorf("%s is answered %d", id, code)
		}
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
