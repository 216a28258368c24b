package batch_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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
	box := startSandbox(t, bin)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	k := &killing{t: t, dir: dir, bin: bin, box: box, random: random}
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
		log := k.box.log(k.t)
		sent, applied := count(log)
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
		if _, err := os.Stat(results); err == nil {
			k.ordering++
		}
		finished = k.check(results, applied, false)
		sentBefore = sent
	}
}

// once runs the command and kills it at a random moment, if it is not faster.
func (k *killing) once(input string) (code int, killed bool) {
	k.t.Helper()
	cmd := exec.Command(k.bin, "update", input, "--base-url", k.box.url, "--concurrency", "8", "--rate", "1000/s")
	cmd.Env = append(os.Environ(), "THENA_API_KEY=kill-test")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if k.done < *kills {
		select {
		case <-time.After(time.Duration(k.random.IntN(600)) * time.Millisecond):
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

// wholeRecords is all records but a torn last one, without the header.
func wholeRecords(data []byte) [][]string {
	r := csv.NewReader(bytes.NewReader(data[:bytes.LastIndexByte(data, '\n')+1]))
	rows, _ := r.ReadAll()
	if len(rows) == 0 {
		return nil
	}
	return rows[1:]
}

// logged is one request as the sandbox's log tells it.
type logged struct {
	Applied bool `json:"applied"`
	Body    struct {
		Title string `json:"title"`
	} `json:"body"`
}

func count(log []logged) (sent map[string]int, applied map[string]bool) {
	sent, applied = map[string]int{}, map[string]bool{}
	for _, l := range log {
		sent[l.Body.Title]++
		if l.Applied {
			applied[l.Body.Title] = true
		}
	}
	return sent, applied
}

func build(t *testing.T, dir string) string {
	t.Helper()
	bin := filepath.Join(dir, "taskbatch")
	if out, err := exec.Command("go", "build", "-o", bin, "taskbatch").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

type sandboxProcess struct{ url string }

func startSandbox(t *testing.T, bin string) sandboxProcess {
	t.Helper()
	cmd := exec.Command(bin, "sandbox", "--addr", "127.0.0.1:0", "--quota", "1000000/s", "--latency", "2ms")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url := address.FindString(lines.Text()); url != "" {
			return sandboxProcess{url}
		}
	}
	t.Fatal("the sandbox told no address")
	return sandboxProcess{}
}

func (s sandboxProcess) log(t *testing.T) (log []logged) {
	t.Helper()
	resp, err := http.Get(s.url + "/_sandbox/log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { resp.Body.Close(); http.DefaultClient.CloseIdleConnections() }()
	for d := json.NewDecoder(resp.Body); d.More(); {
		var l logged
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		log = append(log, l)
	}
	return log
}
