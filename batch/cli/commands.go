package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"taskbatch/batch/manual"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// commandLine is the program's, with the commands in the order of the help.
func (s *session) commandLine() *manual.Program {
	update, check, box, sheet, rep := &settings{}, &settings{}, &boxSettings{}, &templates{}, &reportSettings{}
	p := &manual.Program{Version: version(), Fields: []string{"taskId"}, Values: map[string][]string{}}
	p.Commands = []*manual.Command{
		{Name: "update", Operand: "FILE", Summary: "update one task per row", Flags: update.flags(),
			Run: func() error { return s.batch(update) }},
		{Name: "check", Operand: "FILE", Summary: "all that update does up to the socket; needs no key, writes no file", Flags: check.flags(),
			Run: func() error { check.out.dryRun = true; return s.batch(check) }},
		{Name: "report", Operand: "RESULTS...", Summary: "what became of a batch, from its results file alone", Flags: rep.flags(),
			Run: func() error { return s.report(rep) }},
		{Name: "sandbox", Summary: "the API on this machine, to try things on", Flags: box.flags(),
			Run: func() error { return s.sandbox(box) }},
		{Name: "fields", Summary: "the fields, with types, aliases and examples", Flags: sheet.flags(),
			Run: func() error { return s.fields(sheet) }},
		{Name: "help", Operand: "[COMMAND | TOPIC]", Summary: "how to use a command, or about a topic",
			Run: func() error { return s.help(p) }},
		{Name: "completion", Operand: "SHELL", Summary: "completions for bash, zsh, fish or powershell",
			Run: func() error { return s.completion(p) }},
		{Name: "man", Summary: "the manual page, for man",
			Run: func() error { fmt.Fprint(s.console.out, p.Man()); return nil }},
		{Name: "version", Summary: "the version of this program",
			Run: s.printVersion},
	}
	for f := range client.Field(client.NumFields) {
		info := f.Info()
		p.Fields = append(p.Fields, info.Name)
		p.Values[info.Name] = info.Values
	}
	return p
}

// help prints the help of the program, a command or a topic.
func (s *session) help(p *manual.Program) error {
	word := strings.Join(s.inv.operands, "") // there is one at most
	text, ok := p.Help(word)
	if !ok {
		var topics []string
		for _, t := range manual.Topics {
			topics = append(topics, t.Name)
		}
		return unknownCommand(word, p, topics...)
	}
	fmt.Fprint(s.console.out, text)
	return nil
}

// completion prints the script for a shell or, for that script, what may
// stand at the end of the words behind --.
func (s *session) completion(p *manual.Program) error {
	shell := s.inv.operands[0]
	script := manual.Script(shell)
	if script == "" {
		return usagef("%s is none of %s%s", words.Shown(shell), strings.Join(manual.Shells, ", "), words.DidYouMean(shell, manual.Shells))
	}
	if s.inv.dashes {
		script = p.Complete(s.inv.operands[1:]).Lines()
	}
	fmt.Fprint(s.console.out, script)
	return nil
}

// printVersion is the command version.
func (s *session) printVersion() error {
	fmt.Fprintf(s.console.out, "taskbatch %s\n%s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version is the module's version, as the build recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
