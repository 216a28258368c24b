package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// command is one command of the program.
type command struct {
	name    string
	summary string // one line for the list of commands
	operand string // placeholder of its one operand; "" = takes none
	about   string // paragraphs and examples for its help
	options []option
	run     func(*session) error
}

// option is one flag of a command. Options with the same group stand together.
type option struct {
	name, short string
	group       string
	value       string // placeholder of its value; "" = a switch
	def         string // default value
	env         []string
	repeat      bool // may be given more than once
	stays       bool // still matters when the results are rerun
	usage       string
}

// option finds a flag by its long or short name; nil if there is none.
func (c *command) option(name string) *option {
	for i := range c.options {
		if o := &c.options[i]; o.name == name || o.short == name {
			if name != "" {
				return o
			}
		}
	}
	return nil
}

// findOption finds the flag of a word such as --rate=5 or -r; a long name
// wants two dashes and a short one one.
func (c *command) findOption(word, name string) (*option, error) {
	opt := c.option(name)
	dashes := len(word) - len(strings.TrimLeft(word, "-"))
	if opt != nil && (dashes == 2) == (name == opt.name) {
		return opt, nil
	}
	typed, _, _ := strings.Cut(word, "=")
	if opt != nil && name == opt.name {
		return nil, usagef("unknown flag %s; did you mean --%s?", shown(typed), opt.name)
	}
	if opt != nil {
		return nil, usagef("unknown flag %s; did you mean -%s?", shown(typed), opt.short)
	}
	names := make([]string, len(c.options))
	for i := range c.options {
		names[i] = c.options[i].name
	}
	if near := nearest(name, names); near != "" && len(name) > 1 {
		return nil, usagef("unknown flag %s; did you mean --%s?", shown(typed), near)
	}
	return nil, usagef("unknown flag %s; see taskbatch help %s", shown(typed), c.name)
}

// flags are the options as cli/v2 knows them. Their values stay text: values.go
// reads them, so that every mistake is told in the same words.
func (c *command) flags() []cli.Flag {
	flags := make([]cli.Flag, len(c.options))
	for i, o := range c.options {
		var aliases []string
		if o.short != "" {
			aliases = []string{o.short}
		}
		switch {
		case o.value == "":
			flags[i] = &cli.BoolFlag{Name: o.name, Aliases: aliases, Usage: o.usage}
		case o.repeat:
			flags[i] = &cli.StringSliceFlag{Name: o.name, Aliases: aliases, Usage: o.usage}
		default:
			flags[i] = &cli.StringFlag{Name: o.name, Aliases: aliases, Usage: o.usage, Value: o.def}
		}
	}
	return flags
}
