//go:build unix

// Package real has tests of the whole program as a process, against servers,
// proxies and spreadsheets that others wrote, and over many nights. What is
// not installed is skipped with a word; their set-up is in testdata/real.
//
// None asserts how long something takes: times are printed with -v.
package real

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

const (
	setups      = "../../../testdata/real/"
	description = "../../../testdata/thena.openapi.yaml"
	key         = "the-secret-key"
)

// bound is how long a run or the start of a server may take before the test
// gives up.
const bound = 2 * time.Minute

// program is the taskbatch that is tested.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "8") // most of the time they wait, they do not compute
	os.Exit(withProgram(m.Run))
}

// withProgram builds the program and runs the tests.
func withProgram(tests func() int) int {
	dir, err := os.MkdirTemp("", "taskbatch-real-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "taskbatch")
	if out, err := exec.Command("go", "build", "-o", program, "taskbatch").CombinedOutput(); err != nil {
		fmt.Printf("build taskbatch: %v\n%s", err, out)
		return 1
	}
	return tests()
}

// ending is how a run of the program ended.
type ending struct {
	code    int
	took    time.Duration
	stderr  string
	dir     string
	summary struct {
		Outcomes                     map[string]int
		Requests, Retries, Throttled int
	}
}

// update makes an input of rows tasks and runs `update` on it with these flags
// and environment (NAME=VALUE).
func update(t *testing.T, url string, rows int, args ...string) *ending {
	t.Helper()
	var input strings.Builder
	input.WriteString("taskId,title,status,metadata.n\n")
	for n := range rows {
		fmt.Fprintf(&input, "T-%d,Call %d,IN_PROGRESS,%d\n", n, n, n)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "in.csv"), input.String())
	return run(t, dir, append([]string{"update", "in.csv", "--base-url", url, "-y", "--json"}, args...)...)
}

// run runs the program in a folder; arguments NAME=VALUE in capitals are its
// environment.
func run(t *testing.T, dir string, args ...string) *ending {
	t.Helper()
	return finish(t, command(t, dir, args...), nil)
}

// command is the program in a folder, to be started.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir, cmd.Env = dir, environment()
	for _, arg := range args {
		if name, _, ok := strings.Cut(arg, "="); ok && name == strings.ToUpper(name) && !strings.HasPrefix(name, "-") {
			cmd.Env = append(cmd.Env, arg)
		} else {
			cmd.Args = append(cmd.Args, arg)
		}
	}
	return cmd
}

// finish runs a command to its end. Its process goes to started, unless that
// is nil.
func finish(t *testing.T, cmd *exec.Cmd, started chan<- *os.Process) *ending {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Start()
	if err == nil {
		if started != nil {
			started <- cmd.Process
		}
		err = cmd.Wait()
	}
	e := &ending{dir: cmd.Dir, took: time.Since(began), stderr: stderr.String()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	e.code = cmd.ProcessState.ExitCode()
	if strings.Contains(stdout.String()+e.stderr, key) {
		t.Errorf("the key is in the output: %s %s", stdout.String(), e.stderr)
	}
	if stdout.Len() > 0 && stdout.Bytes()[0] == '{' {
		if err := json.Unmarshal(stdout.Bytes(), &e.summary); err != nil {
			t.Fatalf("%v: %s", err, stdout.String())
		}
	}
	return e
}

// environment is this process's, without what could change a run.
func environment() []string {
	env := []string{"THENA_API_KEY=" + key}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// records reads the results of in.csv by column name; nil if there are none.
func (e *ending) records(t *testing.T) (records []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "in.results.csv"))
	if err != nil {
		return nil
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("in.results.csv: %v", err)
	}
	for _, line := range lines[1:] {
		record := map[string]string{}
		for i, name := range lines[0] {
			record[name] = line[i]
		}
		records = append(records, record)
	}
	return records
}

// wantAll asserts that every row got through: none is lost, doubled or failed,
// neither in the results nor on the server, where applied counts the updates
// of each task.
func (e *ending) wantAll(t *testing.T, rows int, applied map[string]int) {
	t.Helper()
	t.Logf("%d rows in %.1f s: %d requests, %d retries, %d times 429", rows, e.took.Seconds(), e.summary.Requests, e.summary.Retries, e.summary.Throttled)
	if e.code != 0 {
		t.Errorf("exit %d, outcomes %v, stderr: %.1000s", e.code, e.summary.Outcomes, e.stderr)
	}
	records := e.records(t)
	if len(records) != rows || e.summary.Outcomes["updated"] != rows {
		t.Errorf("%d records, outcomes %v, want %d rows updated", len(records), e.summary.Outcomes, rows)
	}
	shown := 0
	for i, r := range records {
		if r["_row"] != strconv.Itoa(i+2) || r["taskId"] != fmt.Sprintf("T-%d", i) || r["_outcome"] != "updated" || applied[r["taskId"]] == 0 {
			if shown++; shown <= 3 {
				t.Errorf("record %d: row %s of %s is %s (%s) after %s attempts, applied %d times", i, r["_row"], r["taskId"], r["_outcome"], r["_error"], r["_attempts"], applied[r["taskId"]])
			}
		}
	}
	if len(applied) != rows {
		t.Errorf("the server knows %d tasks, want %d", len(applied), rows)
	}
}

// wantOnce asserts that no task was updated twice.
func wantOnce(t *testing.T, applied map[string]int) {
	t.Helper()
	twice := 0
	for _, times := range applied {
		if times > 1 {
			twice++
		}
	}
	if twice > 0 {
		t.Errorf("%d tasks were updated more than once", twice)
	}
}

// wantQuotaKept asserts that the wall was hit only by what was in flight when
// the quota became known.
func wantQuotaKept(t *testing.T, e *ending) {
	t.Helper()
	if e.summary.Throttled > 8 {
		t.Errorf("%d times 429", e.summary.Throttled)
	}
}

// need skips the test if a program is not installed.
func need(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
			if path := filepath.Join(dir, name); executable(path) {
				return path
			}
		}
	}
	t.Skipf("%s is not installed", strings.Join(names, " or "))
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// fill writes a set-up of testdata/real, a template, into a file of its own.
func fill(t *testing.T, dir, name string, values any) (path string) {
	t.Helper()
	text, err := template.ParseFiles(setups + name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, values); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, name)
	writeFile(t, path, b.String())
	return path
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// freePort is a port of 127.0.0.1 that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startServer runs a server until the end of the test and waits until
// something listens on the port.
func startServer(t *testing.T, port int, cmd *exec.Cmd) *os.Process {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for deadline := time.Now().Add(bound); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", cmd.Path, said.String())
		default:
		}
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			return cmd.Process
		}
	}
	t.Fatalf("%s does not listen", cmd.Path)
	return nil
}
