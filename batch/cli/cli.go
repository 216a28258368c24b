package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/batch/results"
)

// session is one call of the program.
type session struct {
	ctx     context.Context
	program string // the program's name as the user can type it again
	inv     *invocation
	values  *values
	signals *signals
	console *console
	stdin   io.Reader
	streams streams
}

// streams are the files behind the standard streams; nil for one without.
type streams struct{ in, out, err fs.FileInfo }

// statStream is the file behind a stream; nil if there is none.
func statStream(stream any) fs.FileInfo {
	f, ok := stream.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// Main runs the command line args (args[0] is the program) and returns the
// exit code of contract §6; after a signal it does not return, the process
// dies of that signal. It writes to stdout and stderr only.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	con := newConsole(stdin, stdout, stderr)
	defer func() {
		if p := caughtPanic(recover()); p != nil {
			con.errorf("%s", oneLine(p.String()))
			code = exitBug
		}
	}()
	commands := allCommands()
	inv, err := parse(args[1:], commands, os.Getenv)
	if err != nil {
		return con.end(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sig := catchSignals(cancel)
	defer sig.release()
	s := &session{
		ctx: ctx, program: programName(args[0]), inv: inv, signals: sig, console: con,
		stdin:   interruptible(ctx, stdin),
		streams: streams{statStream(stdin), statStream(stdout), statStream(stderr)},
	}
	program := s.app(commands)
	code = con.check(con.end(program.RunContext(ctx, inv.argv(args[0]))))
	if caught := sig.caught(); caught != nil {
		sig.release()
		return dieOf(caught)
	}
	return code
}

// app is the program as cli/v2 runs it: it never exits, never writes by
// itself, and leaves lists alone.
func (s *session) app(commands []*command) *cli.App {
	app := &cli.App{
		Name:                      "taskbatch",
		Usage:                     "bulk updates of tasks from a CSV or JSONL file",
		Writer:                    s.console.out,
		ErrWriter:                 s.console.err,
		HideVersion:               true,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		CustomAppHelpTemplate:     literal(overview(commands)),
		Action:                    cli.ShowAppHelp,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              passUsageError,
	}
	for _, cmd := range commands {
		app.Commands = append(app.Commands, &cli.Command{
			Name:               cmd.name,
			Usage:              cmd.summary,
			Flags:              cmd.flags(),
			HideHelpCommand:    true,
			CustomHelpTemplate: literal(cmd.help()),
			OnUsageError:       passUsageError,
			Action: func(c *cli.Context) error {
				s.values = &values{c: c, origin: s.inv.origin}
				return cmd.run(s)
			},
		})
	}
	return app
}

func passUsageError(_ *cli.Context, err error, _ bool) error {
	return usagef("%s", oneLine(err.Error()))
}

// allCommands lists the commands in the order of the help.
func allCommands() []*command {
	return []*command{
		{
			name: "update", operand: "FILE", summary: "update one task per row",
			about: updateHelp, options: updateOptions(), run: (*session).update,
		},
		{
			name: "check", operand: "FILE", summary: "all that update does up to the socket; needs no key, writes no file",
			about: checkHelp, options: updateOptions(), run: (*session).check,
		},
		{
			name: "sandbox", summary: "the API on this machine, to try things on",
			about: sandboxHelp, options: sandboxOptions(), run: (*session).sandbox,
		},
		{
			name: "fields", summary: "the fields, with types, aliases and examples",
			about: fieldsHelp, options: fieldsOptions(), run: (*session).fields,
		},
		{
			name: "version", summary: "the version of this program",
			about: versionHelp, run: (*session).version,
		},
	}
}

// programName is what a user types to start this program again.
func programName(arg string) string {
	switch {
	case strings.Contains(filepath.ToSlash(arg), "/go-build"):
		return "go run ."
	case strings.ContainsAny(arg, `/\`):
		return results.ShellWord(arg)
	}
	return "taskbatch"
}
