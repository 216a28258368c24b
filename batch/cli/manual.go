package cli

import (
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/batch/manual"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// program is the command line as the manual tells it.
func program(commands []*cli.Command) *manual.Program {
	p := &manual.Program{Version: version(), Values: map[string][]string{}}
	for _, cmd := range commands {
		c := manual.Command{Name: cmd.Name, Operand: cmd.ArgsUsage, Summary: cmd.Usage, About: cmd.Description}
		for _, f := range flagsOf(cmd) {
			c.Flags = append(c.Flags, manual.Flag{
				Name: f.name, Short: f.short, Group: f.group, Value: f.value, Choices: f.choices,
				Default: f.def, Env: f.env, Repeat: f.repeat, Usage: f.usage,
			})
		}
		p.Commands = append(p.Commands, c)
	}
	p.Fields = []string{"taskId"}
	for f := range client.Field(client.NumFields) {
		info := f.Info()
		p.Fields = append(p.Fields, info.Name)
		p.Values[info.Name] = info.Values
	}
	return p
}

// helpCommand prints the help of the program, a command or a topic.
func (s *session) helpCommand(commands []*cli.Command) error {
	out := s.console.out
	if len(s.inv.operands) == 0 {
		_, err := out.Write([]byte(overview(commands)))
		return err
	}
	name := s.inv.operands[0]
	p := program(commands)
	if text, ok := p.Topic(name); ok {
		_, err := out.Write([]byte(text))
		return err
	}
	names := make([]string, len(manual.Topics))
	for i, t := range manual.Topics {
		names[i] = t.Name
	}
	cmd, err := findCommand(name, commands, names...)
	if err != nil {
		return err
	}
	_, err = out.Write([]byte(commandHelp(cmd)))
	return err
}

// man prints the man page.
func (s *session) man(commands []*cli.Command) error {
	return program(commands).WriteMan(s.console.out)
}

// completion prints the script for a shell or, for that script, what may
// stand at the end of the words behind --.
func (s *session) completion(commands []*cli.Command) error {
	shell := s.inv.operands[0]
	script := manual.Script(shell)
	if script == "" {
		return usagef("%s is none of %s%s", shown(shell), strings.Join(manual.Shells, ", "), words.DidYouMean(shell, manual.Shells))
	}
	if s.inv.dashes {
		script = program(commands).Complete(s.inv.operands[1:]).Lines()
	}
	_, err := s.console.out.Write([]byte(script))
	return err
}
