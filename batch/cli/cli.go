package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/batch"
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
	commands := s.commands()
	inv, err := normalize(args[1:], commands)
	if err == nil && inv.acts() {
		err = checkEnvironment(commands)
	}
	if err != nil {
		return con.end(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sig := catchSignals(cancel)
	defer sig.release()
	s.ctx, s.inv, s.signals, s.stdin = ctx, inv, sig, stdin
	s.streams = streams{statStream(stdin), statStream(stdout), statStream(stderr)}
	work := inBackground(func() {
		code = con.check(con.end(s.app(commands).RunContext(ctx, inv.argv(args[0]))))
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
func (s *session) app(commands []*cli.Command) *cli.App {
	for _, cmd := range commands {
		cmd.HideHelpCommand = true
		cmd.CustomHelpTemplate = literal(commandHelp(cmd))
		cmd.OnUsageError = passUsageError
	}
	return &cli.App{
		Name:                      "taskbatch",
		Usage:                     "bulk updates of tasks from a CSV or JSONL file",
		Writer:                    s.console.out,
		ErrWriter:                 s.console.err,
		HideVersion:               true,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		CustomAppHelpTemplate:     literal(overview(commands)),
		Action:                    cli.ShowAppHelp,
		Commands:                  commands,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              passUsageError,
	}
}

func passUsageError(_ *cli.Context, err error, _ bool) error {
	return usagef("%s", oneLine(err.Error()))
}

// commands are those of the program, in the order of the help: ArgsUsage is
// the placeholder of the one operand, Description the help's own words. Their
// flags are the one place that knows the names, values, defaults and
// variables.
func (s *session) commands() []*cli.Command {
	update, check, box, sheet, rep := &settings{}, &settings{}, &boxSettings{}, &templates{}, &reportSettings{}
	var all []*cli.Command // some commands speak of all of them
	all = []*cli.Command{
		{
			Name: "update", ArgsUsage: "FILE", Usage: "update one task per row",
			Description: updateHelp, Flags: update.flags(),
			Action: func(*cli.Context) error { return s.batch(update) },
		},
		{
			Name: "check", ArgsUsage: "FILE", Usage: "all that update does up to the socket; needs no key, writes no file",
			Description: checkHelp, Flags: check.flags(),
			Action: func(*cli.Context) error { check.out.dryRun = true; return s.batch(check) },
		},
		{
			Name: "report", ArgsUsage: "RESULTS...", Usage: "what became of a batch, from its results file alone",
			Description: reportHelp, Flags: rep.flags(),
			Action: func(*cli.Context) error { return s.report(rep) },
		},
		{
			Name: "sandbox", Usage: "the API on this machine, to try things on",
			Description: sandboxHelp, Flags: box.flags(),
			Action: func(*cli.Context) error { return s.sandbox(box) },
		},
		{
			Name: "fields", Usage: "the fields, with types, aliases and examples",
			Description: fieldsHelp, Flags: sheet.flags(),
			Action: func(*cli.Context) error { return s.fields(sheet) },
		},
		{
			Name: "help", ArgsUsage: "[COMMAND | TOPIC]", Usage: "how to use a command, or about a topic", Description: helpHelp(),
			Action: func(*cli.Context) error { return s.helpCommand(all) },
		},
		{
			Name: "completion", ArgsUsage: "SHELL", Usage: "completions for bash, zsh, fish or powershell", Description: completionHelp,
			Action: func(*cli.Context) error { return s.completion(all) },
		},
		{
			Name: "man", Usage: "the manual page, for man", Description: manHelp,
			Action: func(*cli.Context) error { return s.man(all) },
		},
		{
			Name: "version", Usage: "the version of this program", Description: versionHelp,
			Action: func(*cli.Context) error { return s.version() },
		},
	}
	return all
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
