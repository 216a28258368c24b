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
// until all is done; then a new batch begins. The sandbox's log is the witness.
// For a long run: go test ./batch -run TestKill -kills 1000 -timeout 0
func TestKill(t *testing.T) {
	dir := t.TempDir()
	bin := build(t, dir)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	k := &killing{t: t, dir: dir, bin: bin, random: random}
	for batch := 0; k.done < *kills; batch++ {
		k.batch(batch)
	}
	t.Logf("%d kills, %d of them with a .partial, %d while it was put in order", k.done, k.midway, k.ordering)
}

// killing is one batch after the other, each killed until it is complete.
type killing struct {
	t        *testing.T
	dir, bin string
	box      sandboxProcess
	random   *rand.Rand

	done, midway, ordering int
}

func (k *killing) batch(n int) {
	k.t.Helper()
	k.box = startSandbox(k.t, k.bin, "--latency", "2ms")
	defer k.box.stop() // a log of its own for each batch
	input := filepath.Join(k.dir, fmt.Sprintf("b%d.csv", n))
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for row := 2; row < killRows+2; row++ {
		task := row
		if k.random.IntN(5) == 0 {
			task = k.random.IntN(killRows / 10)
		}
		fmt.Fprintf(&b, "t%d-%d,batch %d row %d\n", n, task, n, row)
	}
	if err := os.WriteFile(input, []byte(b.String()), 0o600); err != nil {
		k.t.Fatal(err)
	}
	results := strings.TrimSuffix(input, ".csv") + ".results.csv"
	sentBefore := map[string]int{} // requests for each row when the process was started
	finished := map[string]bool{}  // rows recorded as finished at that time
	for {
		code, killed := k.once(input)
		sent, applied := k.box.counted(k.t)
		for row := range finished {
			if sent[row] != sentBefore[row] {
				k.t.Fatalf("%s was recorded, and sent again", row)
			}
		}
		if !killed {
			if code != 0 {
				k.t.Fatalf("exit %d", code)
			}
			k.check(results, applied, true)
			return
		}
		if _, err := os.Stat(results + ".partial"); err == nil {
			k.midway++
		}
		if k.temporary() {
			k.ordering++
		}
		finished = k.check(results, applied, false)
		sentBefore = sent
	}
}

// once runs the command and kills it at a random moment, if it is not faster.
func (k *killing) once(input string) (code int, killed bool) {
	k.t.Helper()
	cmd := k.box.update(k.bin, input, "--rate", "1000/s")
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

// temporary tells whether a file is being made that shall replace another.
func (k *killing) temporary() bool {
	files, _ := filepath.Glob(filepath.Join(k.dir, ".*.tmp"))
	return len(files) > 0
}

// check holds the records against the sandbox's log and returns the rows that
// are recorded as finished.
func (k *killing) check(results string, applied map[string]bool, complete bool) map[string]bool {
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
			if complete && rows[row] {
				k.t.Fatalf("row %s is doubled", row)
			}
			rows[row] = true
			if outcome != "updated" {
				if complete {
					k.t.Fatalf("row %s is %s", row, outcome)
				}
				continue
			}
			if !applied[title] {
				k.t.Fatalf("%q is recorded as updated, but the server never saw it", title)
			}
			finished[title] = true
		}
		if complete && len(rows) != killRows {
			k.t.Fatalf("%d of %d rows in %s", len(rows), killRows, path)
		}
	}
	return finished
}
