package cli

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/csvmap/words"
)

// session is one call of the program.
type session struct {
	ctx     context.Context
	program string // the program's name as the user can type it again
	inv     *invocation
	signals *signals
	console *console
	stdin   io.Reader
}

// Main runs the command line args (args[0] is the program) and returns the
// exit code; after a signal it does not return, the process dies of that
// signal. It writes to stdout and stderr only.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	con := newConsole(stdout, stderr)
	defer func() {
		if p := caughtPanic(recover()); p != nil {
			con.errorf("%s", oneLine(p.String()))
			code = batch.Bug.Exit()
		}
	}()
	s := &session{program: programName(args[0]), console: con}
	program := s.commandLine()
	inv, err := normalize(args[1:], program)
	if err == nil && inv.acts() {
		err = checkEnvironment(program)
	}
	if err != nil {
		return con.end(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sig := catchSignals(cancel)
	defer sig.release()
	s.ctx, s.inv, s.signals, s.stdin = ctx, inv, sig, stdin
	work := inBackground(func() {
		code = con.check(con.end(s.app(program).RunContext(ctx, inv.argv(args[0]))))
	})
	outlast(work, sig.idle, lastWords)
	if caught := sig.caught(); caught != nil {
		sig.release()
		return dieOf(caught)
	}
	return code
}

// app is the program as cli/v2 runs it: it never exits, never writes by
// itself, and leaves lists alone.
func (s *session) app(p *manual.Program) *cli.App {
	app := &cli.App{
		Name:                      "taskbatch",
		Writer:                    s.console.out,
		ErrWriter:                 s.console.err,
		HideVersion:               true,
		HideHelp:                  true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              passUsageError,
	}
	for _, c := range p.Commands {
		cmd := &cli.Command{Name: c.Name, HideHelp: true, OnUsageError: passUsageError, Action: func(*cli.Context) error { return c.Run() }}
		for _, f := range c.Flags {
			cmd.Flags = append(cmd.Flags, f)
		}
		app.Commands = append(app.Commands, cmd)
	}
	return app
}

func passUsageError(_ *cli.Context, err error, _ bool) error {
	return usagef("%s", oneLine(err.Error()))
}

// programName is what a user types to start this program again.
func programName(arg string) string {
	switch {
	case strings.Contains(filepath.ToSlash(arg), "/go-build"):
		return "go run ."
	case strings.ContainsAny(arg, `/\`):
		return words.Shell(arg)
	}
	return "taskbatch"
}
