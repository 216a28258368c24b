package csvmap

import (
	"errors"
	"fmt"
)

// ErrChanged is returned by Input.Each when the input is not what Input.Check
// has read: somebody wrote to the file in between.
var ErrChanged = errors.New("the input has changed since it was checked")

// InputError says why an input cannot be used at all. Nothing may be sent.
type InputError struct {
	Path string
	Line int64 // physical line, 0: the whole file
	Col  int64 // character in the line, 0: the whole line
	Msg  string
	// Hints say what to do next, one sentence each.
	Hints []string
	// Flags, beside those given, let the input be read, as FlagsDo says.
	Flags   []string
	FlagsDo string
	// Usage: the command cannot be what the user meant (exit 2), while the
	// file itself may be fine.
	Usage bool
}

func (e *InputError) Error() string {
	text := e.Path
	if e.Line > 0 {
		text += fmt.Sprintf(": line %d", e.Line)
	}
	if e.Col > 0 {
		text += fmt.Sprintf(", column %d", e.Col)
	}
	return text + ": " + e.Msg
}

// OptionError says which flag has a value that cannot be used.
type OptionError struct {
	Flag string // without the dashes
	Msg  string
}

func (e *OptionError) Error() string { return "--" + e.Flag + ": " + e.Msg }

// optionErrorf makes an OptionError.
func optionErrorf(flag, format string, args ...any) *OptionError {
	return &OptionError{Flag: flag, Msg: fmt.Sprintf(format, args...)}
}
