package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/csvmap"
)

// The exit codes that belong to no batch.Cause.
const (
	exitOK      = 0
	exitRows    = 1   // some rows did not get through
	exitSignals = 128 // + the signal's number
)

// usageError is a mistake on the command line or in the environment: one line
// on stderr, exit 2, and nothing on stdout, not even with --json.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// isUsage tells whether an error is a mistake on the command line.
func isUsage(err error) bool {
	var (
		usage  *usageError
		option *csvmap.OptionError
	)
	return errors.As(err, &usage) || errors.As(err, &option)
}

// setupf is something wrong with the set-up that the command line itself does
// not show, as a key or an input that is not there.
func setupf(format string, args ...any) *batch.Error {
	return stopped(batch.Setup, fmt.Sprintf(format, args...), "")
}

func stopped(cause batch.Cause, why, hint string) *batch.Error {
	return &batch.Error{Stop: batch.Stop{Cause: cause, Why: why, Hint: hint}}
}

// stopOf tells what an error of one of the packages means for the user; nil
// for none.
func stopOf(err error) *batch.Stop {
	var (
		known   *batch.Error
		input   *csvmap.InputError
		held    *results.HeldError
		foreign *results.ForeignError
		local   *fs.PathError
	)
	cause, hint := batch.Setup, ""
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return &known.Stop
	case errors.As(err, &foreign):
		hint = foreign.Hint()
	case errors.As(err, &input):
		if !input.Usage {
			cause = batch.Input
		}
		hint = strings.Join(input.Hints, "\n")
	case errors.Is(err, csvmap.ErrChanged):
		cause = batch.Input
	case errors.As(err, &held):
		cause, hint = batch.Held, "--wait-lock 1h waits for it"
	case errors.As(err, &local) && local.Op == "write":
		cause, hint = batch.Local, "make room, or point TMPDIR to another place"
	}
	return &batch.Stop{Cause: cause, Why: err.Error(), Hint: hint}
}

// reported is the exit code of a command that has said all there is to say.
type reported int

func (r reported) Error() string { return fmt.Sprintf("exit %d", int(r)) }

// end tells an error that no command has told yet, and gives its exit code.
func (c *console) end(err error) int {
	var told reported
	if errors.As(err, &told) {
		return int(told)
	}
	stop := stopOf(err)
	if stop == nil {
		return exitOK
	}
	c.explain(stop)
	return stop.Cause.Exit()
}

// explain says why a command ends, and what to do next.
func (c *console) explain(stop *batch.Stop) {
	c.errorf("%s", stop.Why)
	for _, hint := range hints(stop) {
		c.hint(hint)
	}
}

// hints are the lines of a stop's hint.
func hints(stop *batch.Stop) []string {
	if stop.Hint == "" {
		return nil
	}
	return strings.Split(stop.Hint, "\n")
}

// signalExit is what a shell shows for a process that died of the signal.
func signalExit(sig os.Signal) int { return exitSignals + signalNumber(sig) }
