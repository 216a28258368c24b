package cli

import (
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// invocation is a command line in the one form that cli/v2 cannot misread. By
// itself cli/v2 ignores flags that stand after the first operand (a dry run
// would become a real one) and takes the last of two equal flags.
type invocation struct {
	command  *cli.Command // nil: the help of the program
	given    []given      // flags on the command line, in order
	operands []string     // FILE
	dashes   bool         // operands stand behind --
	help     bool
}

// given is one flag with its value; a switch without one has "true".
type given struct {
	flag *flag
	text string
}

// argv is the invocation as cli/v2 reads it.
func (inv *invocation) argv(program string) []string {
	if inv.command == nil {
		return []string{program}
	}
	out := []string{program, inv.command.Name}
	if inv.help {
		return append(out, "--help")
	}
	for _, g := range inv.given {
		out = append(out, "--"+g.flag.name+"="+g.text)
	}
	return append(append(out, "--"), inv.operands...)
}

// acts tells whether the command does more than print what is always the same.
func (inv *invocation) acts() bool {
	return inv.command != nil && !inv.help && !slices.Contains([]string{"help", "version", "man", "completion"}, inv.command.Name)
}

// normalize reads a command line, without the program's name. Its errors are
// *usageError.
func normalize(args []string, commands []*cli.Command) (*invocation, error) {
	inv := &invocation{}
	if len(args) == 0 {
		return inv, nil
	}
	first, rest := args[0], args[1:]
	switch first {
	case "--version":
		first = "version"
	case "-h", "--help":
		return inv, nil
	}
	cmd, err := findCommand(first, commands)
	if err != nil {
		return nil, err
	}
	inv.command = cmd
	if err := inv.scan(rest); err != nil || inv.help {
		return inv, err
	}
	return inv, inv.checkOperands()
}

// findCommand finds the command that a word names; others are words that could
// have been meant, too.
func findCommand(word string, commands []*cli.Command, others ...string) (*cli.Command, error) {
	names := make([]string, 0, len(commands)+len(others))
	for _, c := range commands {
		if c.Name == word {
			return c, nil
		}
		names = append(names, c.Name)
	}
	names = append(names, others...)
	if name, _, isFlag := cutFlag(word); isFlag {
		if flagGuesses[name] != "" || flagAnswers[name] != "" {
			typed, _, _ := strings.Cut(word, "=") // its value may be a key
			return nil, unknownFlag(commands[0], typed, name)
		}
		for _, c := range commands {
			if findFlag(c, name) != nil {
				return nil, usagef("flag %s stands before the command; write: taskbatch %s %s", shown(word), c.Name, shown(word))
			}
		}
		return nil, usagef("unknown flag %s; see taskbatch help", shown(word))
	}
	return nil, unknownCommand(word, names)
}

// scan reads the flags and operands after the command.
func (inv *invocation) scan(args []string) error {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
			inv.dashes = true
			inv.operands = append(inv.operands, args...)
			return nil
		}
		name, value, isFlag := cutFlag(word)
		if !isFlag {
			inv.operands = append(inv.operands, word)
			continue
		}
		if name == "help" || name == "h" {
			inv.help = true
			return nil
		}
		f, err := inv.flagOf(word, name)
		if err != nil {
			return err
		}
		if value == nil && f.isSwitch() {
			yes := "true"
			value = &yes
		}
		if value == nil {
			if value, err = inv.following(f, args); err != nil {
				return err
			}
			args = args[1:]
		}
		inv.given = append(inv.given, given{f, *value})
	}
	return nil
}

// flagOf finds the flag of a word such as --rate=5 or -r; a long name wants
// two dashes and a short one one, and only some may be given twice.
func (inv *invocation) flagOf(word, name string) (*flag, error) {
	f := findFlag(inv.command, name)
	dashes := len(word) - len(strings.TrimLeft(word, "-"))
	typed, _, _ := strings.Cut(word, "=")
	switch {
	case f == nil:
		return nil, unknownFlag(inv.command, typed, name)
	case name == f.name && dashes != 2:
		return nil, usagef("unknown flag %s; did you mean --%s?", shown(typed), f.name)
	case name == f.short && dashes != 1:
		return nil, usagef("unknown flag %s; did you mean -%s?", shown(typed), f.short)
	}
	for _, g := range inv.given {
		if g.flag == f && !f.repeat {
			return nil, usagef("--%s is given twice", f.name)
		}
	}
	return f, nil
}

// following is the value of a flag that has none behind a =: the next
// argument. A forgotten value must not swallow the flag after it.
func (inv *invocation) following(f *flag, args []string) (*string, error) {
	if len(args) == 0 {
		return nil, usagef("--%s needs a value: --%s %s", f.name, f.name, f.placeholder())
	}
	if name, _, isFlag := cutFlag(args[0]); isFlag && len(name) > 1 && findFlag(inv.command, name) != nil {
		return nil, usagef("--%s needs a value; for one that looks like a flag write --%s=%s", f.name, f.name, shown(args[0]))
	}
	return &args[0], nil
}

func (inv *invocation) checkOperands() error {
	name, operand, n := inv.command.Name, inv.command.ArgsUsage, len(inv.operands)
	most := 1
	if strings.HasSuffix(operand, "...") || inv.dashes && name == "completion" {
		most = math.MaxInt
	}
	switch {
	case strings.HasPrefix(operand, "[") && n <= most:
		return nil
	case operand == "" && n > 0:
		return usagef("%s takes no file, but was given %s", name, shown(inv.operands[0]))
	case operand == "":
		return nil
	case n == 0 && operand != "FILE":
		return usagef("%s needs %s; see taskbatch help %s", name, operand, name)
	case n == 0:
		return usagef("%s needs a %s: taskbatch %s tasks.csv, or - for standard input", name, operand, name)
	case n > most:
		return usagef("%s takes one %s, but was given %d: %s and %s", name, operand, n, shown(inv.operands[0]), shown(inv.operands[1]))
	case inv.operands[0] == "":
		return usagef("%s needs a %s, but its name is empty", name, operand)
	}
	return nil
}

// cutFlag splits a word into the flag's name and the value behind =, if any.
// A lone - is a file.
func cutFlag(word string) (name string, value *string, isFlag bool) {
	body, isFlag := strings.CutPrefix(word, "-")
	if !isFlag || body == "" {
		return "", nil, false
	}
	body = strings.TrimPrefix(body, "-")
	name, text, hasValue := strings.Cut(body, "=")
	if hasValue {
		value = &text
	}
	return name, value, true
}
