package cli

import (
	"bytes"
	"context"
	"runtime/debug"
	"strings"
	"testing"
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

// TestMainInProcess: the streams are those of the call, and no signal handler
// or goroutine stays behind (see TestMain).
func TestMainInProcess(t *testing.T) {
	for line, want := range map[string]int{
		"version": exitOK, "fields --csv": exitOK, "help": exitOK, "check nothere.csv": exitUsage,
		"sandbox --addr 8.8.8.8:80": exitUsage, "sandbox --only-known nothere": exitUsage, "nonsense": exitUsage,
	} {
		var out, errOut bytes.Buffer
		args := append([]string{"taskbatch"}, strings.Fields(line)...)
		code := Main(context.Background(), args, strings.NewReader(""), &out, &errOut)
		if code != want || (code == exitOK) != (errOut.Len() == 0) || (code == exitOK) != (out.Len() > 0) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", line, code, out.String(), errOut.String())
		}
	}
}
