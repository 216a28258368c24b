package manual

import (
	stdflag "flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/csvmap/words"
)

// Flag is one flag of a command, as cli/v2 parses it and as the manual tells
// it. Its values stay text until cli/v2 runs its action, Read, so that every
// mistake is told in the same words. Flags of the same group stand together.
type Flag struct {
	Name, Short string
	Group       string
	Value       string   // placeholder of its value; "" and no choices = a switch
	Choices     []string // the only values it takes
	Default     string
	Env         []string // variables that set it
	Repeat      bool     // may be given more than once
	Usage       string
	Read        func(text string) error

	texts  []string // its values, from the command line or a variable
	origin string   // the variable that set it; "" = the command line
}

var _ cli.ActionableFlag = (*Flag)(nil)

// Apply makes the flag known to a parser, and takes the value of a variable;
// an empty one counts as unset.
func (f *Flag) Apply(set *stdflag.FlagSet) error {
	for _, variable := range f.Env {
		if text := os.Getenv(variable); text != "" {
			f.texts, f.origin = []string{text}, variable
			break
		}
	}
	set.Var(f, f.Name, f.Usage)
	return nil
}

// Set takes a value from the command line, which wins over a variable.
func (f *Flag) Set(text string) error {
	if f.origin != "" {
		f.texts, f.origin = nil, ""
	}
	f.texts = append(f.texts, text)
	return nil
}

// RunAction reads the values once all flags are parsed.
func (f *Flag) RunAction(*cli.Context) error {
	for _, text := range f.texts {
		if err := f.Take(text); err != nil {
			return fmt.Errorf("%s: %s", f.Where(), words.Visible(err.Error()))
		}
	}
	return nil
}

// Take reads one value.
func (f *Flag) Take(text string) error {
	if f.Choices != nil && !slices.Contains(f.Choices, text) {
		return fmt.Errorf("%s is none of %s%s", words.Shown(text), strings.Join(f.Choices, ", "), words.DidYouMean(text, f.Choices))
	}
	return f.Read(text)
}

// Names implements cli.Flag. Short names are gone before cli/v2 parses.
func (f *Flag) Names() []string { return []string{f.Name} }

// IsSet tells whether the command line or a variable has set the flag.
func (f *Flag) IsSet() bool { return len(f.texts) > 0 }

// String is the value that stands.
func (f *Flag) String() string {
	if !f.IsSet() {
		return f.Default
	}
	return f.texts[len(f.texts)-1]
}

// Where is what the user set: the flag, or the variable.
func (f *Flag) Where() string {
	if f.origin != "" {
		return f.origin
	}
	return "--" + f.Name
}

// IsSwitch tells whether the flag stands without a value.
func (f *Flag) IsSwitch() bool { return f.Placeholder() == "" }

// Placeholder stands for the flag's value; "" for a switch.
func (f *Flag) Placeholder() string {
	if f.Value == "" {
		return strings.Join(f.Choices, "|")
	}
	return f.Value
}

// text is what the flag does, with its default and its variables.
func (f *Flag) text() string {
	text := f.Usage
	if f.Default != "" {
		text += " (default: " + f.Default + ")"
	}
	if f.Repeat {
		text += " (repeatable)"
	}
	if len(f.Env) > 0 {
		text += " [$" + strings.Join(f.Env, ", $") + "]"
	}
	return text
}
