package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/csvmap"
)

// The exit codes; batch uses the same numbers in its errors.
const (
	exitOK      = 0
	exitRows    = 1 // some rows did not get through
	exitUsage   = 2 // usage or configuration
	exitInput   = 3 // input not usable, invalid rows
	exitHeld    = 6 // another run of the batch is going on
	exitLocal   = 7 // a local file cannot be written
	exitBug     = 70
	exitSignals = 128 // + the signal's number
)

// usageError is a mistake on the command line or in the environment: one line
// on stderr, exit 2, and nothing on stdout, not even with --json.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// configf is something wrong with the set-up that the command line itself does
// not show, as a key or an input that is not there: exit 2, too.
func configf(format string, args ...any) error {
	return &ending{exit: exitUsage, msg: fmt.Sprintf(format, args...)}
}

// isUsage tells whether an error is a mistake on the command line.
func isUsage(err error) bool {
	var (
		usage  *usageError
		option *csvmap.OptionError
	)
	return errors.As(err, &usage) || errors.As(err, &option)
}

var errNotSwitch = errors.New("neither true nor false")

// reported is the ending of a command that has said all there is to say.
type reported int

func (r reported) Error() string { return fmt.Sprintf("exit %d", int(r)) }

// ending is why a command could not do its work, or had none to do.
type ending struct {
	exit  int
	msg   string
	hints []string
}

func (e *ending) Error() string { return e.msg }

// endingOf tells what an error of one of the packages means for the user.
func endingOf(err error) *ending {
	var (
		own     *ending
		usage   *usageError
		broken  *batch.Error
		input   *csvmap.InputError
		option  *csvmap.OptionError
		held    *results.HeldError
		foreign *results.ForeignError
		local   *fs.PathError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &usage), errors.As(err, &option):
		return &ending{exit: exitUsage, msg: oneLine(err.Error())}
	case errors.As(err, &foreign):
		return &ending{exit: exitUsage, msg: err.Error(), hints: []string{foreign.Hint()}}
	case errors.As(err, &broken):
		e := &ending{exit: broken.Cause.Exit(), msg: err.Error()}
		if broken.Hint != "" {
			e.hints = []string{broken.Hint}
		}
		return e
	case errors.As(err, &input):
		exit := exitInput
		if input.Usage {
			exit = exitUsage
		}
		return &ending{exit: exit, msg: err.Error(), hints: input.Hints}
	case errors.Is(err, csvmap.ErrChanged):
		return &ending{exit: exitInput, msg: err.Error()}
	case errors.As(err, &held):
		return &ending{exit: exitHeld, msg: err.Error(), hints: []string{"--wait-lock 1h waits for it"}}
	case errors.As(err, &local) && local.Op == "write":
		return &ending{exit: exitLocal, msg: err.Error(), hints: []string{"make room, or point TMPDIR to another place"}}
	}
	return &ending{exit: exitUsage, msg: err.Error()}
}

// end tells an error that no command has told yet, and gives its exit code.
func (c *console) end(err error) int {
	if err == nil {
		return exitOK
	}
	var told reported
	if errors.As(err, &told) {
		return int(told)
	}
	e := endingOf(err)
	c.errorf("%s", e.msg)
	for _, h := range e.hints {
		c.hint(h)
	}
	return e.exit
}
