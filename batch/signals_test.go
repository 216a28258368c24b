//go:build unix

package batch_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var signals = flag.Int("signals", 6, "how often the signal test sends a signal")

// TestSignals stops a real process with SIGINT, SIGTERM or SIGHUP at random
// moments: it dies of that signal, every row has its record, and the same
// command goes on without sending a recorded row again. For a long run:
// go test ./batch -run TestSignals -signals 200 -timeout 0 -v
func TestSignals(t *testing.T) {
	dir := t.TempDir()
	bin := build(t, dir)
	box := startSandbox(t, bin, "--latency", "5ms")
	random := rand.New(rand.NewPCG(2, uint64(time.Now().UnixNano())))
	kinds := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	const rows = 1500
	var slowest time.Duration
	batch := 0
	for done := 0; done < *signals; batch++ {
		name := fmt.Sprint("s", batch)
		input, results := filepath.Join(dir, name+".csv"), filepath.Join(dir, name+".results.csv")
		writeRows(t, input, name, rows)
		finished := map[string]bool{}
		for complete := false; !complete; {
			before, _ := box.counted(t)
			cmd := box.update(bin, input)
			sig := kinds[random.IntN(len(kinds))]
			took, killed := interrupt(t, cmd, sig, time.Duration(random.IntN(900))*time.Millisecond, done < *signals)
			slowest = max(slowest, took)
			if killed {
				done++
			}
			complete = !killed
			after, applied := box.counted(t)
			for title := range finished {
				if after[title] != before[title] {
					t.Fatalf("%q was recorded, and sent again", title)
				}
			}
			data, err := os.ReadFile(results)
			if errors.Is(err, fs.ErrNotExist) {
				continue // stopped while it was reading
			}
			if err != nil {
				t.Fatal(err)
			}
			records := wholeRecords(data)
			if len(records) != rows {
				t.Fatalf("%d of %d rows have a record", len(records), rows)
			}
			for _, r := range records {
				title := r[len(r)-1]
				if r[0] == "updated" && !applied[title] {
					t.Fatalf("%q is recorded as updated, but the server never saw it", title)
				}
				if r[0] == "unsent" && after[title] > 0 || complete && r[0] != "updated" {
					t.Fatalf("%q is %s, sent %d times", title, r[0], after[title])
				}
				if r[0] == "updated" {
					finished[title] = true
				}
			}
		}
	}
	t.Logf("%d signals; the slowest end took %s", *signals, slowest)
}

// interrupt starts cmd and sends it a signal after a while; killed: it died of
// that signal.
func interrupt(t *testing.T, cmd *exec.Cmd, sig syscall.Signal, after time.Duration, send bool) (took time.Duration, killed bool) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var sent time.Time
	if send {
		select {
		case <-time.After(after):
			sent = time.Now()
			cmd.Process.Signal(sig)
		case err := <-ended:
			ended <- err
		}
	}
	err := <-ended
	if err == nil {
		return 0, false
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if sent.IsZero() || !status.Signaled() || status.Signal() != sig {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if text := stderr.String(); text != "" && !strings.HasPrefix(text, "taskbatch: ") {
		t.Fatalf("stderr: %s", text)
	}
	return time.Since(sent), true
}
