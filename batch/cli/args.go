package cli

import (
	"math"
	"slices"
	"strings"

	"taskbatch/batch/manual"
	"taskbatch/csvmap/words"
)

// invocation is a command line in the one form that cli/v2 cannot misread. By
// itself cli/v2 ignores flags that stand after the first operand (a dry run
// would become a real one) and takes the last of two equal flags.
type invocation struct {
	command  *manual.Command
	given    []given  // flags on the command line, in order
	operands []string // FILE
	dashes   bool     // operands stand behind --
}

// given is one flag with its value; a switch without one has "true".
type given struct {
	flag *manual.Flag
	text string
}

// word writes the flag with its value as a shell takes it.
func (g given) word() string {
	if g.flag.IsSwitch() && g.text == "true" {
		return "--" + g.flag.Name
	}
	return "--" + g.flag.Name + "=" + words.Shell(g.text)
}

// argv is the invocation as cli/v2 reads it.
func (inv *invocation) argv(program string) []string {
	out := []string{program, inv.command.Name}
	for _, g := range inv.given {
		out = append(out, "--"+g.flag.Name+"="+g.text)
	}
	return append(append(out, "--"), inv.operands...)
}

// acts tells whether the command does more than print what is always the same.
func (inv *invocation) acts() bool {
	return !slices.Contains([]string{"help", "version", "man", "completion"}, inv.command.Name)
}

// normalize reads a command line, without the program's name. Its errors are
// *usageError.
func normalize(args []string, p *manual.Program) (*invocation, error) {
	helpOf := func(operands ...string) (*invocation, error) {
		return &invocation{command: p.Command("help"), operands: operands}, nil
	}
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		return helpOf()
	}
	name := args[0]
	if name == "--version" {
		name = "version"
	}
	inv := &invocation{command: p.Command(name)}
	if inv.command == nil {
		return nil, unknownCommand(name, p)
	}
	switch help, err := inv.scan(args[1:]); {
	case err != nil:
		return nil, err
	case help:
		return helpOf(name)
	}
	return inv, inv.checkOperands()
}

// scan reads the flags and operands after the command, up to --help.
func (inv *invocation) scan(args []string) (help bool, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
			inv.dashes = true
			inv.operands = append(inv.operands, args...)
			return false, nil
		}
		name, value, isFlag := cutFlag(word)
		if !isFlag {
			inv.operands = append(inv.operands, word)
			continue
		}
		if name == "help" || name == "h" {
			return true, nil
		}
		f, err := inv.flagOf(word, name)
		if err != nil {
			return false, err
		}
		if value == nil && f.IsSwitch() {
			yes := "true"
			value = &yes
		}
		if value == nil {
			if value, err = inv.following(f, args); err != nil {
				return false, err
			}
			args = args[1:]
		}
		inv.given = append(inv.given, given{f, *value})
	}
	return false, nil
}

// flagOf finds the flag of a word such as --rate=5 or -r; a long name wants
// two dashes and a short one one, and only some may be given twice.
func (inv *invocation) flagOf(word, name string) (*manual.Flag, error) {
	f := inv.command.Flag(name)
	dashes := len(word) - len(strings.TrimLeft(word, "-"))
	typed, _, _ := strings.Cut(word, "=")
	switch {
	case f == nil:
		return nil, unknownFlag(inv.command, typed, name)
	case name == f.Name && dashes != 2:
		return nil, usagef("unknown flag %s; did you mean --%s?", words.Shown(typed), f.Name)
	case name == f.Short && dashes != 1:
		return nil, usagef("unknown flag %s; did you mean -%s?", words.Shown(typed), f.Short)
	}
	for _, g := range inv.given {
		if g.flag == f && !f.Repeat {
			return nil, usagef("--%s is given twice", f.Name)
		}
	}
	return f, nil
}

// following is the value of a flag that has none behind a =: the next
// argument. A forgotten value must not swallow the flag after it.
func (inv *invocation) following(f *manual.Flag, args []string) (*string, error) {
	if len(args) == 0 {
		return nil, usagef("--%s needs a value: --%s %s", f.Name, f.Name, f.Placeholder())
	}
	if name, _, isFlag := cutFlag(args[0]); isFlag && len(name) > 1 && inv.command.Flag(name) != nil {
		return nil, usagef("--%s needs a value; for one that looks like a flag write --%s=%s", f.Name, f.Name, words.Shown(args[0]))
	}
	return &args[0], nil
}

func (inv *invocation) checkOperands() error {
	name, operand, n := inv.command.Name, inv.command.Operand, len(inv.operands)
	most := 1
	if strings.HasSuffix(operand, "...") || inv.dashes && name == "completion" {
		most = math.MaxInt
	}
	switch {
	case strings.HasPrefix(operand, "[") && n <= most:
		return nil
	case operand == "" && n > 0:
		return usagef("%s takes no file, but was given %s", name, words.Shown(inv.operands[0]))
	case operand == "":
		return nil
	case n == 0 && operand != "FILE":
		return usagef("%s needs %s; see taskbatch help %s", name, operand, name)
	case n == 0:
		return usagef("%s needs a %s: taskbatch %s tasks.csv, or - for standard input", name, operand, name)
	case n > most:
		return usagef("%s takes one %s, but was given %d: %s and %s", name, operand, n, words.Shown(inv.operands[0]), words.Shown(inv.operands[1]))
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
