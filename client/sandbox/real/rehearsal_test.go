//go:build unix

package real

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"taskbatch/client/sandbox"
)

// startBox serves a sandbox that may answer as no description allows.
func startBox(t *testing.T, cfg sandbox.Config) (url string, box *sandbox.Sandbox) {
	t.Helper()
	box, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server.URL(), box
}

// appliedIn counts the updates of each task.
func appliedIn(t *testing.T, box *sandbox.Sandbox) map[string]int {
	t.Helper()
	w := httptest.NewRecorder()
	box.ServeHTTP(w, httptest.NewRequest("GET", "/_sandbox/log", nil))
	count := map[string]int{}
	for lines := json.NewDecoder(w.Body); lines.More(); {
		var line struct {
			Task    string
			Applied bool
		}
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Applied {
			count[line.Task]++
		}
	}
	return count
}

// The quota is understood in every form: after the first window the wall is
// not hit any more, and a quota of each task holds up nothing.
func TestSandboxQuotas(t *testing.T) {
	t.Parallel()
	for _, style := range []sandbox.QuotaStyle{sandbox.Epoch, sandbox.EpochMS, sandbox.Delta, sandbox.IETF, sandbox.PerPath} {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			url, box := startBox(t, sandbox.Config{Quota: sandbox.Quota{N: 60, Window: 2 * time.Second}, QuotaStyle: style})
			e := update(t, url, 160, "-c", "8")
			applied := appliedIn(t, box)
			e.wantAll(t, 160, applied)
			wantOnce(t, applied)
			wantQuotaKept(t, e)
		})
	}
}

// Limits that are only felt, and overload, fail no row.
func TestSandboxGateways(t *testing.T) {
	t.Parallel()
	for _, faults := range []string{"limit=100/s", "limit=100/s:429", "overload=4"} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			spec, err := sandbox.ParseFaults(faults)
			if err != nil {
				t.Fatal(err)
			}
			url, box := startBox(t, sandbox.Config{Faults: spec, Latency: 20 * time.Millisecond})
			e := update(t, url, 400, "-c", "32")
			applied := appliedIn(t, box)
			e.wantAll(t, 400, applied)
			wantOnce(t, applied)
		})
	}
}

// Tasks that fail for ever are rows that fail: the others get through, and the
// run ends by itself.
func TestSandboxPoison(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		faults string
		failed int
	}{{"poison=40@100", 40}, {"seed=1,poison=8%", 0}} {
		t.Run(tt.faults, func(t *testing.T) {
			t.Parallel()
			spec, err := sandbox.ParseFaults(tt.faults)
			if err != nil {
				t.Fatal(err)
			}
			url, box := startBox(t, sandbox.Config{Faults: spec})
			e := update(t, url, 1000, "-c", "16", "--attempts", "3")
			t.Logf("%.1f s, %d requests", e.took.Seconds(), e.summary.Requests)
			applied := appliedIn(t, box)
			failed, shown := 0, 0
			for _, r := range e.records(t) {
				if r["_outcome"] != "updated" {
					failed++
				}
				if (r["_outcome"] == "updated") != (applied[r["taskId"]] > 0) || r["_outcome"] == "unsent" {
					if shown++; shown <= 3 {
						t.Errorf("task %s is %s, applied %d times", r["taskId"], r["_outcome"], applied[r["taskId"]])
					}
				}
			}
			if e.code != 1 || len(applied)+failed != 1000 || tt.failed > 0 && failed != tt.failed {
				t.Errorf("exit %d, %d tasks updated, %d rows failed; stderr: %.1000s", e.code, len(applied), failed, e.stderr)
			}
		})
	}
}
