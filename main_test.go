//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"taskbatch/client/sandbox/apitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"taskbatch": main})
}

// TestScripts runs the scripts in testdata/script with the real program
// against a sandbox in a process of its own, over a real socket. The API's
// description judges what the sandbox was sent.
func TestScripts(t *testing.T) {
	judge := apitest.New(t, "testdata/thena.openapi.yaml")
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			root, err := os.Getwd()
			env.Setenv("ROOT", root)
			env.Setenv("TMPDIR", env.WorkDir)
			env.Values[processKey{}] = &process{}
			env.Values[judgeKey{}] = judge
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"sandbox":   startSandbox,
			"exits":     exits,
			"column":    column,
			"reconcile": reconcile,
			"requests":  requests,
			"await":     await,
			"task":      task,
			"send":      send,
			"start":     start,
			"stuck":     stuck,
			"ends":      ends,
			"says":      says,
			"rows":      rows,
			"fits":      fits,
		},
	})
}

// startSandbox [FLAG...] starts a sandbox process, and points THENA_BASE_URL
// and THENA_API_KEY to it.
func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	line := append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)
	for flag, value := range map[string]string{"--latency": "0s", "--quota": "0"} {
		if !slices.Contains(args, flag) {
			line = append(line, flag, value)
		}
	}
	cmd := exec.Command("taskbatch", line...)
	cmd.Dir = ts.MkAbs(".")
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	url := regexp.MustCompile(`http://\S+`).FindString(said)
	if url == "" {
		ts.Fatalf("sandbox says %q", said)
	}
	judge := ts.Value(judgeKey{}).(*apitest.Referee)
	ts.Defer(func() { judge.JudgeLog(url) }) // before it is interrupted
	ts.Setenv("THENA_BASE_URL", url)
	ts.Setenv("THENA_API_KEY", "the-secret-key")
}

// exits CODE PROGRAM [ARG...] runs a program that must end with the exit code,
// or die of the signal of this name.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	got := 0
	if exit != nil {
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit %d, want %s", got, args[0])
	}
}

// process is the program that a script has started.
type process struct {
	cmd         *exec.Cmd
	out, errOut shared
}

// shared is a buffer that is read while the program writes to it.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

type (
	processKey struct{}
	judgeKey   struct{}
)

// start ARG... starts taskbatch beside the script; ends must follow.
func start(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(processKey{}).(*process)
	launch(ts, args, &p.out, &p.errOut)
}

// stuck ARG... does so too, but nobody reads what the program says: it is as if
// its terminal were gone.
func stuck(ts *testscript.TestScript, neg bool, args []string) {
	r, w, err := os.Pipe()
	ts.Check(err)
	ts.Defer(func() { r.Close() })
	fd := int(w.Fd())
	ts.Check(unix.SetNonblock(fd, true))
	for full := make([]byte, 4096); err == nil; {
		_, err = unix.Write(fd, full)
	}
	ts.Check(unix.SetNonblock(fd, false))
	launch(ts, args, w, w)
	w.Close()
}

func launch(ts *testscript.TestScript, args []string, out, errOut io.Writer) {
	p := ts.Value(processKey{}).(*process)
	p.cmd = exec.Command("taskbatch", args...)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Stdout, p.cmd.Stderr = out, errOut
	p.cmd.Env = os.Environ()
	for _, name := range []string{"THENA_BASE_URL", "THENA_API_KEY", "TMPDIR"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+ts.Getenv(name))
	}
	if zone := ts.Getenv("TZ"); zone != "" {
		p.cmd.Env = append(p.cmd.Env, "TZ="+zone)
	}
	_, err := p.cmd.StdinPipe() // stays open: a program that reads it waits
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() { p.cmd.Process.Kill() })
}

// ends CODE|SIGNAL waits for the started program, which must end with the exit
// code or die of the signal. What it wrote can be matched as after exec.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(processKey{}).(*process)
	p.cmd.Wait()
	got := strconv.Itoa(p.cmd.ProcessState.ExitCode())
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		got = unix.SignalName(status.Signal())
	}
	io.WriteString(ts.Stdout(), p.out.String())
	io.WriteString(ts.Stderr(), p.errOut.String())
	if got != args[0] {
		ts.Fatalf("the program ended with %s, want %s; stderr: %s", got, args[0], p.errOut.String())
	}
}

// send SIGNAL sends a signal to the started program.
func send(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Value(processKey{}).(*process).cmd.Process.Signal(unix.SignalNum(args[0])))
}

// says TEXT waits until the started program has written a text to stderr.
func says(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(processKey{}).(*process)
	for !strings.Contains(p.errOut.String(), args[0]) {
		time.Sleep(5 * time.Millisecond)
	}
}

// column FILE NAME VALUE... asserts the values of a column of a results file.
func column(ts *testscript.TestScript, neg bool, args []string) {
	var got []string
	for _, record := range readCSV(ts, args[0]) {
		value, ok := record[args[1]]
		if !ok {
			ts.Fatalf("%s has no column %s", args[0], args[1])
		}
		got = append(got, value)
	}
	if same := slices.Equal(got, args[2:]); same == neg {
		ts.Fatalf("column %s is %q, want %q (negated: %v)", args[1], got, args[2:], neg)
	}
}

// rows FILE NAME=VALUE COUNT asserts how many records have the value.
func rows(ts *testscript.TestScript, neg bool, args []string) {
	name, value, _ := strings.Cut(args[1], "=")
	count := 0
	for _, record := range readCSV(ts, args[0]) {
		if record[name] == value {
			count++
		}
	}
	if same := strconv.Itoa(count) == args[2]; same == neg {
		ts.Fatalf("%d records with %s, want %s (negated: %v)", count, args[1], args[2], neg)
	}
}

// readCSV reads a file by column name.
func readCSV(ts *testscript.TestScript, file string) []map[string]string {
	lines, err := csv.NewReader(strings.NewReader(ts.ReadFile(file))).ReadAll()
	ts.Check(err)
	var records []map[string]string
	for _, line := range lines[1:] {
		record := map[string]string{}
		for i, name := range lines[0] {
			record[name] = line[i]
		}
		records = append(records, record)
	}
	return records
}

// reconcile SUMMARY asserts that selected rows = sum of outcomes = records,
// outcome by outcome. SUMMARY is a JSON summary, or stdout.
func reconcile(ts *testscript.TestScript, neg bool, args []string) {
	var summary struct {
		Schema   int `json:"schema_version"`
		Input    struct{ Rows int }
		Results  string
		Outcomes map[string]int
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(dec.Decode(&summary))
	if _, err := dec.Token(); err != io.EOF || summary.Schema != 1 {
		ts.Fatalf("%s is not exactly one summary: schema %d, then %v", args[0], summary.Schema, err)
	}
	fits(ts, false, []string{"summary", args[0]})
	counted, sum := map[string]int{}, 0
	for _, record := range readCSV(ts, summary.Results) {
		counted[record["_outcome"]]++
	}
	for outcome, n := range summary.Outcomes {
		sum += n
		if counted[outcome] != n {
			ts.Fatalf("%d records are %s, the summary says %d", counted[outcome], outcome, n)
		}
		delete(counted, outcome)
	}
	if sum != summary.Input.Rows || len(counted) > 0 {
		ts.Fatalf("%d rows, %d outcomes, records left over: %v", summary.Input.Rows, sum, counted)
	}
}

// requests COUNT asserts how many updates the sandbox has seen.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if got := strconv.Itoa(countRequests(ts)); got != args[0] {
		ts.Fatalf("the sandbox saw %s requests, want %s", got, args[0])
	}
}

// await COUNT waits until the sandbox has seen so many updates.
func await(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	for countRequests(ts) < want {
		time.Sleep(5 * time.Millisecond)
	}
}

func countRequests(ts *testscript.TestScript) int {
	return bytes.Count(fetch(ts, "/_sandbox/log"), []byte(`"method":"PUT"`))
}

// task ID REGEXP asserts what the sandbox holds of a task.
func task(ts *testscript.TestScript, neg bool, args []string) {
	body := fetch(ts, "/_sandbox/tasks/"+args[0])
	if found := regexp.MustCompile(args[1]).Match(body); found == neg {
		ts.Fatalf("task %s is %s", args[0], body)
	}
}

func fetch(ts *testscript.TestScript, path string) []byte {
	resp, err := http.Get(ts.Getenv("THENA_BASE_URL") + path)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return body
}

// fits [!] SCHEMA FILE asserts that every line of a file is a JSON value that
// fits what fields --schema SCHEMA prints.
func fits(ts *testscript.TestScript, neg bool, args []string) {
	out, err := exec.Command("taskbatch", "fields", "--schema", args[0]).Output()
	ts.Check(err)
	var schema openapi3.Schema
	ts.Check(json.Unmarshal(out, &schema))
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		var value any
		ts.Check(json.Unmarshal([]byte(line), &value))
		err := schema.VisitJSON(value, openapi3.MultiErrors())
		if err != nil && !neg {
			ts.Fatalf("%s does not fit the schema %s: %v", line, args[0], err)
		}
		if err == nil && neg {
			ts.Fatalf("%s fits the schema %s", line, args[0])
		}
	}
}

// TestReadme types what stands in the README's console blocks behind a $, and
// wants to see what stands below it. Times, which differ, do not count.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(readme, []byte("\n")); lines > 150 {
		t.Errorf("%d lines; the reference belongs into help", lines)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	times := regexp.MustCompile(`[0-9][0-9.,]* (ms|s|rows/s)\b`)
	typed := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllSubmatch(readme, -1) {
		for _, session := range strings.Split("\n"+string(block[1]), "\n$ ")[1:] {
			line, want, _ := strings.Cut(session, "\n")
			if strings.HasPrefix(line, "go ") {
				continue // the first commands have a script of their own
			}
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			out, _ := cmd.CombinedOutput() // some end with exit code 1, as they should
			if got, want := times.ReplaceAllString(string(out), "T $1"), times.ReplaceAllString(want, "T $1"); strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("%s\nsays\n%s\nand not\n%s", line, got, want)
			}
			typed++
		}
	}
	if typed == 0 {
		t.Error("the README shows no session")
	}
}
