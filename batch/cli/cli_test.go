package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"taskbatch/batch"
)

func TestFirstFrameNamesThePanicsPlace(t *testing.T) {
	defer func() {
		recover()
		if got := firstFrame(debug.Stack()); !strings.Contains(got, "cli_test.go:") {
			t.Errorf("the panic began in %q", got)
		}
	}()
	var nothing *job
	nothing.set.path = "x"
}

// TestPanicInBackground: a panic beside the command ends it like one of its
// own, with the place where it began.
func TestPanicInBackground(t *testing.T) {
	defer func() {
		p := caughtPanic(recover())
		if p == nil || !strings.Contains(p.String(), "nil pointer") || !strings.Contains(p.place, "cli_test.go:") {
			t.Errorf("got %v", p)
		}
	}()
	inBackground(func() {
		var nothing *job
		nothing.set.path = "x"
	}).wait()
}

// broken is a stdin or stdout that panics.
type broken struct{}

func (broken) Read([]byte) (int, error)  { panic("the pipe burst") }
func (broken) Write([]byte) (int, error) { panic("the pipe burst") }

func TestPanicsEndWithOneLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.csv")
	if err := os.WriteFile(path, []byte("taskId,title\nA,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"check -", "version", "update --sandbox " + path} {
		var errOut bytes.Buffer
		args := append([]string{"taskbatch"}, strings.Fields(line)...)
		code := Main(context.Background(), args, broken{}, broken{}, &errOut)
		if code != batch.Bug.Exit() || strings.Count(errOut.String(), "\n") != 1 || !strings.Contains(errOut.String(), "bug in taskbatch: the pipe burst at ") {
			t.Errorf("%s: exit %d, stderr %q", line, code, errOut.String())
		}
	}
}

// TestMainInProcess: the streams are those of the call, and no signal handler
// or goroutine stays behind (see TestMain).
func TestMainInProcess(t *testing.T) {
	for line, want := range map[string]int{
		"version": exitOK, "fields --csv": exitOK, "help": exitOK, "check nothere.csv": batch.Setup.Exit(),
		"sandbox --addr 8.8.8.8:80": batch.Setup.Exit(), "sandbox --only-known nothere": batch.Setup.Exit(), "nonsense": batch.Setup.Exit(),
	} {
		var out, errOut bytes.Buffer
		args := append([]string{"taskbatch"}, strings.Fields(line)...)
		code := Main(context.Background(), args, strings.NewReader(""), &out, &errOut)
		if code != want || (code == exitOK) != (errOut.Len() == 0) || (code == exitOK) != (out.Len() > 0) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", line, code, out.String(), errOut.String())
		}
	}
}
