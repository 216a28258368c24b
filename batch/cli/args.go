package cli

import (
	"strings"
)

// invocation is a command line taken apart. cli/v2 ignores flags that stand
// after the first operand (a dry run would become a real one) and takes the
// last of two equal flags, so the arguments are read here and handed on in the
// one form that cli/v2 cannot misread.
type invocation struct {
	command  *command
	given    []given           // flags on the command line, in order
	operands []string          // FILE
	origin   map[string]string // flag -> environment variable that set it
	environ  []given           // flags that the environment sets
	help     bool
}

// given is one flag with its value; a switch has the value "true" or "false".
type given struct{ name, value string }

// argv is the invocation as cli/v2 reads it safely.
func (inv *invocation) argv(program string) []string {
	if inv.command == nil {
		return []string{program}
	}
	out := []string{program, inv.command.name}
	if inv.help {
		return append(out, "--help")
	}
	for _, list := range [][]given{inv.environ, inv.given} {
		for _, g := range list {
			out = append(out, "--"+g.name+"="+g.value)
		}
	}
	return append(append(out, "--"), inv.operands...)
}

// parse takes a command line (without the program's name) apart. Its errors
// are *usageError.
func parse(args []string, commands []*command, getenv func(string) string) (*invocation, error) {
	inv := &invocation{origin: map[string]string{}}
	if len(args) == 0 {
		return inv, nil
	}
	first, rest := args[0], args[1:]
	switch first {
	case "--version":
		first = "version"
	case "-h", "--help":
		return inv, nil
	case "help":
		return parseHelp(inv, rest, commands)
	}
	cmd, err := findCommand(first, commands)
	if err != nil {
		return nil, err
	}
	inv.command = cmd
	if err := inv.scan(rest); err != nil || inv.help {
		return inv, err
	}
	if err := inv.checkOperands(); err != nil {
		return nil, err
	}
	return inv, inv.readEnvironment(getenv)
}

// parseHelp reads `help [COMMAND]`.
func parseHelp(inv *invocation, args []string, commands []*command) (*invocation, error) {
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
		return inv, nil
	}
	cmd, err := findCommand(args[0], commands)
	inv.command, inv.help = cmd, true
	return inv, err
}

func findCommand(word string, commands []*command) (*command, error) {
	names := make([]string, 0, len(commands))
	for _, c := range commands {
		if c.name == word {
			return c, nil
		}
		names = append(names, c.name)
	}
	if name, _, isFlag := cutFlag(word); isFlag {
		for _, c := range commands {
			if o := c.option(name); o != nil {
				return nil, usagef("flag %s stands before the command; write: taskbatch %s %s", shown(word), c.name, shown(word))
			}
		}
		return nil, usagef("unknown flag %s; see taskbatch help", shown(word))
	}
	if near := nearest(word, names); near != "" {
		return nil, usagef("unknown command %s; did you mean %s?", shown(word), near)
	}
	if strings.ContainsAny(word, "./") {
		return nil, usagef("unknown command %s; did you mean: taskbatch update %s?", shown(word), shown(word))
	}
	return nil, usagef("unknown command %s; the commands are %s", shown(word), strings.Join(names, ", "))
}

// scan reads the flags and operands after the command.
func (inv *invocation) scan(args []string) error {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
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
		opt, err := inv.command.findOption(word, name)
		if err != nil {
			return err
		}
		var text string
		text, args, err = inv.valueOf(opt, value, args)
		if err != nil {
			return err
		}
		if err := inv.add(opt, text); err != nil {
			return err
		}
	}
	return nil
}

// valueOf is the flag's value: what follows its =, else the next argument.
func (inv *invocation) valueOf(opt *option, value *string, args []string) (string, []string, error) {
	switch {
	case opt.value == "" && value == nil:
		return "true", args, nil
	case opt.value == "":
		on, err := parseSwitch(*value)
		if err != nil {
			return "", nil, usagef("--%s: %s is neither true nor false", opt.name, shown(*value))
		}
		return on, args, nil
	case value != nil:
		return *value, args, nil
	case len(args) == 0:
		return "", nil, usagef("--%s needs a value: --%s %s", opt.name, opt.name, opt.value)
	}
	// A forgotten value must not swallow the flag after it.
	if name, _, isFlag := cutFlag(args[0]); isFlag && len(name) > 1 && inv.command.option(name) != nil {
		return "", nil, usagef("--%s needs a value; for one that looks like a flag write --%s=%s", opt.name, opt.name, shown(args[0]))
	}
	return args[0], args[1:], nil
}

func (inv *invocation) add(opt *option, value string) error {
	if !opt.repeat {
		for _, g := range inv.given {
			if g.name == opt.name {
				return usagef("--%s is given twice", opt.name)
			}
		}
	}
	inv.given = append(inv.given, given{opt.name, value})
	return nil
}

func (inv *invocation) checkOperands() error {
	cmd := inv.command
	switch {
	case cmd.operand == "" && len(inv.operands) > 0:
		return usagef("%s takes no file, but was given %s", cmd.name, shown(inv.operands[0]))
	case cmd.operand != "" && len(inv.operands) == 0:
		return usagef("%s needs a %s: taskbatch %s tasks.csv, or - for standard input", cmd.name, cmd.operand, cmd.name)
	case cmd.operand != "" && len(inv.operands) > 1:
		return usagef("%s takes one %s, but was given %d: %s and %s", cmd.name, cmd.operand, len(inv.operands), shown(inv.operands[0]), shown(inv.operands[1]))
	case cmd.operand != "" && inv.operands[0] == "":
		return usagef("%s needs a %s, but its name is empty", cmd.name, cmd.operand)
	}
	return nil
}

// readEnvironment takes the value of flags that the command line does not
// name; an empty variable counts as unset.
func (inv *invocation) readEnvironment(getenv func(string) string) error {
	for i := range inv.command.options {
		opt := &inv.command.options[i]
		if inv.isGiven(opt.name) {
			continue
		}
		for _, variable := range opt.env {
			value := getenv(variable)
			if value == "" {
				continue
			}
			if opt.value == "" && variable != "NO_COLOR" {
				on, err := parseSwitch(value)
				if err != nil {
					return usagef("%s: %s is neither true nor false", variable, shown(value))
				}
				value = on
			} else if opt.value == "" {
				value = "true" // whatever it says: https://no-color.org
			}
			inv.environ = append(inv.environ, given{opt.name, value})
			inv.origin[opt.name] = variable
			break
		}
	}
	return nil
}

func (inv *invocation) isGiven(name string) bool {
	for _, g := range inv.given {
		if g.name == name {
			return true
		}
	}
	return false
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

func parseSwitch(value string) (string, error) {
	switch strings.ToLower(value) {
	case "1", "t", "true", "yes", "on":
		return "true", nil
	case "0", "f", "false", "no", "off":
		return "false", nil
	}
	return "", errNotSwitch
}
