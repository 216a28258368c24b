package batch_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// build makes the binary that the process tests start.
func build(t *testing.T, dir string) string {
	t.Helper()
	bin := filepath.Join(dir, "taskbatch")
	if out, err := exec.Command("go", "build", "-o", bin, "taskbatch").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// sandboxProcess is a sandbox that outlives the processes under test; its log
// is the witness of what they sent.
type sandboxProcess struct {
	url  string
	stop func()
}

func startSandbox(t *testing.T, bin string, flags ...string) sandboxProcess {
	t.Helper()
	cmd := exec.Command(bin, append([]string{"sandbox", "--addr", "127.0.0.1:0", "--quota", "1000000/s"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url := address.FindString(lines.Text()); url != "" {
			return sandboxProcess{url, stop}
		}
	}
	t.Fatal("the sandbox told no address")
	return sandboxProcess{}
}

// update is the command that updates the sandbox with a file.
func (s sandboxProcess) update(bin, input string, flags ...string) *exec.Cmd {
	cmd := exec.Command(bin, append([]string{"update", input, "--base-url", s.url}, flags...)...)
	cmd.Env = append(os.Environ(), "THENA_API_KEY=process-test")
	return cmd
}

// logged is one request as the sandbox's log tells it.
type logged struct {
	Applied bool `json:"applied"`
	Body    struct {
		Title string `json:"title"`
	} `json:"body"`
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

// counted is how often each title was sent, and which were applied.
func (s sandboxProcess) counted(t *testing.T) (sent map[string]int, applied map[string]bool) {
	sent, applied = map[string]int{}, map[string]bool{}
	for _, l := range s.log(t) {
		sent[l.Body.Title]++
		if l.Applied {
			applied[l.Body.Title] = true
		}
	}
	return sent, applied
}

// writeRows writes an input of n rows, each of another task, with titles of
// their own.
func writeRows(t *testing.T, path, name string, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for row := 2; row < n+2; row++ {
		fmt.Fprintf(&b, "%s-%d,%s row %d\n", name, row, name, row)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wholeRecords is all records but a torn last one, without the header.
func wholeRecords(data []byte) [][]string {
	r := csv.NewReader(bytes.NewReader(data[:bytes.LastIndexByte(data, '\n')+1]))
	r.FieldsPerRecord = -1
	rows, _ := r.ReadAll()
	if len(rows) == 0 {
		return nil
	}
	return rows[1:]
}
