package cli

import (
	stdflag "flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/csvmap/words"
)

// flag is one flag of a command, as cli/v2 parses it and as help tells it. Its
// values stay text until cli/v2 runs its action, read, so that every mistake
// is told in the same words.
type flag struct {
	name, short string
	group       string
	value       string   // placeholder of its value; "" and no choices = a switch
	choices     []string // the only values it takes
	def         string   // default value
	leave       bool     // the default is left to the package that reads the value
	env         []string // variables that set it
	repeat      bool     // may be given more than once
	stays       bool     // still matters when the results are rerun
	usage       string
	read        func(text string) error

	texts  []string // its values, from the command line or a variable
	origin string   // the variable that set it; "" = the command line
}

var _ cli.ActionableFlag = (*flag)(nil)

// Apply makes the flag known to a parser, and takes the value of a variable;
// an empty one counts as unset.
func (f *flag) Apply(set *stdflag.FlagSet) error {
	for _, variable := range f.env {
		if text := os.Getenv(variable); text != "" {
			f.texts, f.origin = []string{text}, variable
			break
		}
	}
	set.Var(f, f.name, f.usage)
	return nil
}

// Set takes a value from the command line, which wins over a variable.
func (f *flag) Set(text string) error {
	if f.origin != "" {
		f.texts, f.origin = nil, ""
	}
	f.texts = append(f.texts, text)
	return nil
}

// RunAction reads the values once all flags are parsed.
func (f *flag) RunAction(*cli.Context) error {
	for _, text := range f.texts {
		if err := f.take(text); err != nil {
			return usagef("%s: %s", f.where(), oneLine(err.Error()))
		}
	}
	return nil
}

func (f *flag) take(text string) error {
	if f.choices != nil && !slices.Contains(f.choices, text) {
		return fmt.Errorf("%s is none of %s%s", shown(text), strings.Join(f.choices, ", "), words.DidYouMean(text, f.choices))
	}
	return f.read(text)
}

// Names implements cli.Flag. Short names are gone before cli/v2 parses.
func (f *flag) Names() []string { return []string{f.name} }

// IsSet tells whether the command line or a variable has set the flag.
func (f *flag) IsSet() bool { return len(f.texts) > 0 }

// String is the value that stands.
func (f *flag) String() string {
	if !f.IsSet() {
		return f.def
	}
	return f.texts[len(f.texts)-1]
}

// where is what the user set: the flag, or the variable.
func (f *flag) where() string {
	if f.origin != "" {
		return f.origin
	}
	return "--" + f.name
}

func (f *flag) isSwitch() bool { return f.value == "" && f.choices == nil }

// placeholder stands for the value in the help; "" for a switch.
func (f *flag) placeholder() string {
	if f.choices != nil && f.value == "" {
		return strings.Join(f.choices, "|")
	}
	return f.value
}

// word writes the flag with a value as a shell takes it.
func (f *flag) word(text string) string {
	if f.isSwitch() && text == "true" {
		return "--" + f.name
	}
	return "--" + f.name + "=" + words.Shell(text)
}

// group puts flags under one heading and gives their defaults to their
// readers.
func group(name string, flags ...*flag) []cli.Flag {
	out := make([]cli.Flag, len(flags))
	for i, f := range flags {
		f.group = name
		if f.def != "" && !f.leave {
			if err := f.take(f.def); err != nil {
				panic("default of --" + f.name + ": " + err.Error())
			}
		}
		out[i] = f
	}
	return out
}

// flagsOf are the flags of a command but --help.
func flagsOf(cmd *cli.Command) []*flag {
	var flags []*flag
	for _, f := range cmd.Flags {
		if own, ok := f.(*flag); ok {
			flags = append(flags, own)
		}
	}
	return flags
}

// findFlag finds a flag of a command by its long or short name; nil if there
// is none.
func findFlag(cmd *cli.Command, name string) *flag {
	for _, f := range flagsOf(cmd) {
		if name != "" && (f.name == name || f.short == name) {
			return f
		}
	}
	return nil
}
