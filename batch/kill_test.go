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
	"sync"
	"testing"
	"time"
)

var kills = flag.Int("kills", 12, "how often the kill test kills the program")

const killRows = 400

// TestKill pulls the plug again and again: a real process that updates a real
// sandbox process is killed at random moments, and the same command goes on,
// until all is done; then a new batch begins. Some batches are begun with
// --limit, some have rows that are repaired for a rerun, and in between the
// same rows are meant for another server. The sandboxes' logs are the witness.
// For a long run: go test ./batch -run TestKill -kills 1000 -timeout 0
func TestKill(t *testing.T) {
	dir := t.TempDir()
	bin := build(t, dir)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	k := &killing{t: t, dir: dir, bin: bin, random: random}
	k.other = startSandbox(t, bin)
	for batch := 0; k.done < *kills; batch++ {
		k.batch(batch)
	}
	if sent, _ := k.other.counted(t); len(sent) > 0 {
		t.Errorf("%d rows went to the server for which the batch was refused", len(sent))
	}
	t.Logf("%d kills, %d of them with a .partial, %d while it was put in order; %d refusals", k.done, k.midway, k.ordering, k.refusals)
}

// killing is one batch after the other, each killed until it is complete.
type killing struct {
	t          *testing.T
	dir, bin   string
	box, other sandboxProcess
	random     *rand.Rand

	done, midway, ordering, refusals int
}

func (k *killing) batch(n int) {
	k.t.Helper()
	k.box = startSandbox(k.t, k.bin, "--latency", "2ms")
	defer k.box.stop() // a log of its own for each batch
	limited, broken := n%3 == 1, n%3 == 2
	input := filepath.Join(k.dir, fmt.Sprintf("b%d.csv", n))
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for row := 2; row < killRows+2; row++ {
		task := fmt.Sprintf("t%d-%d", n, row)
		switch k.random.IntN(10) {
		case 0, 1:
			task = fmt.Sprintf("t%d-%d", n, k.random.IntN(killRows/10))
		case 2:
			if broken {
				task = fmt.Sprintf("broken u%d-%d", n, row) // of no other row
			}
		}
		fmt.Fprintf(&b, "%s,batch %d row %d\n", task, n, row)
	}
	if err := os.WriteFile(input, []byte(b.String()), 0o600); err != nil {
		k.t.Fatal(err)
	}
	results := strings.TrimSuffix(input, ".csv") + ".results.csv"
	switch {
	case limited:
		k.untilComplete(input, results, killRows/3, 0, "--limit", fmt.Sprint(killRows/3))
	case broken:
		k.untilComplete(input, results, killRows, 1)
		data, err := os.ReadFile(results)
		if err != nil {
			k.t.Fatal(err)
		}
		if err := os.WriteFile(results, bytes.ReplaceAll(data, []byte(",broken "), []byte(",")), 0o600); err != nil {
			k.t.Fatal(err)
		}
		input, results = results, strings.TrimSuffix(results, ".csv")+"-2.csv"
	}
	k.untilComplete(input, results, killRows, 0)
}

// untilComplete runs the same command again and again, killed or not, until it
// comes to its end with this exit code and so many records.
func (k *killing) untilComplete(input, results string, rows, exit int, flags ...string) {
	k.t.Helper()
	sentBefore, applied := k.box.counted(k.t) // requests for each row when the process was started
	finished := k.check(results, applied, 0)  // rows recorded as finished at that time
	for row := range k.check(input, applied, 0) {
		finished[row] = true
	}
	for {
		code, killed := k.once(input, flags...)
		sent, applied := k.box.counted(k.t)
		for row := range finished {
			if sent[row] != sentBefore[row] {
				k.t.Fatalf("%s was recorded, and sent again", row)
			}
		}
		if !killed {
			if code != exit {
				k.t.Fatalf("exit %d, want %d", code, exit)
			}
			if records := k.check(results, applied, rows); exit == 0 && len(records) != rows {
				k.t.Fatalf("%d of %d rows are updated", len(records), rows)
			}
			return
		}
		if _, err := os.Stat(results + ".partial"); err == nil {
			k.midway++
		}
		if k.temporary() {
			k.ordering++
		}
		for row := range k.check(results, applied, 0) {
			finished[row] = true
		}
		sentBefore = sent
		if len(finished) > 0 && k.random.IntN(4) == 0 {
			k.refused(input)
		}
	}
}

// refused means the same rows for another server.
func (k *killing) refused(input string) {
	k.t.Helper()
	out, err := k.other.update(k.bin, input).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !bytes.Contains(out, []byte("records a run against")) {
		k.t.Fatalf("for another server: %v\n%s", err, out)
	}
	k.refusals++
}

// once runs the command and kills it at a random moment, if it is not faster.
func (k *killing) once(input string, flags ...string) (code int, killed bool) {
	k.t.Helper()
	cmd := k.box.update(k.bin, input, append(flags, "--rate", "1000/s")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if k.done < *kills {
		moment := time.After(time.Duration(k.random.IntN(600)) * time.Millisecond)
		if k.random.IntN(4) == 0 {
			over := make(chan struct{})
			var watch sync.WaitGroup
			defer watch.Wait()
			defer close(over)
			fire := make(chan time.Time, 1)
			watch.Go(func() { k.untilOrdering(fire, over) })
			moment = fire
		}
		select {
		case <-moment:
			cmd.Process.Kill()
		case err := <-ended:
			ended <- err
		}
	}
	err := <-ended
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, false
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		k.done++
		return 0, true
	case exit != nil && exit.ExitCode() == 1:
		return 1, false
	}
	k.t.Fatalf("%v: %s", err, stderr.String())
	return 0, false
}

// untilOrdering fires when the records begin to be put in order: a temporary
// file appears beside the .partial.
func (k *killing) untilOrdering(fire chan<- time.Time, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		default:
		}
		if k.temporary() {
			fire <- time.Now()
			return
		}
	}
}

// temporary tells whether a complete results file is being made.
func (k *killing) temporary() bool {
	files, _ := filepath.Glob(filepath.Join(k.dir, ".*.csv.tmp"))
	return len(files) > 0
}

// check holds the records against the sandbox's log and returns the rows that
// are recorded as finished. Of a complete file it wants so many records; 0: it
// may be unfinished.
func (k *killing) check(results string, applied map[string]bool, complete int) map[string]bool {
	k.t.Helper()
	finished := map[string]bool{}
	for _, path := range []string{results + ".partial", results} {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			k.t.Fatal(err)
		}
		rows := map[string]bool{}
		for _, r := range wholeRecords(data) {
			outcome, row, title := r[0], r[1], r[len(r)-1]
			if complete > 0 && rows[row] {
				k.t.Fatalf("row %s is doubled", row)
			}
			rows[row] = true
			if outcome != "updated" {
				continue
			}
			if !applied[title] {
				k.t.Fatalf("%q is recorded as updated, but the server never saw it", title)
			}
			finished[title] = true
		}
		if complete > 0 && len(rows) != complete {
			k.t.Fatalf("%d of %d rows in %s", len(rows), complete, path)
		}
	}
	return finished
}
