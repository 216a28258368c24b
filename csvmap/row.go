package csvmap

import (
	"errors"
	"fmt"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// Row is one update, as the input holds it.
type Row struct {
	Number int64  // as a spreadsheet shows it (CSV) or the line number (JSONL); never changes, not even in a rerun
	Line   int64  // physical line on which the row starts
	TaskID string // "" when it could not be read
	Body   []byte // the canonical update body; `{}` changes nothing; nil when Err is set

	Set     client.FieldSet // fields that get a value
	Cleared client.FieldSet // fields that are cleared

	// Tail is the row's own columns as they stand in its results record: one
	// CSV cell for each of Input.Columns, each with a comma before it. Only
	// set by Input.Each.
	Tail []byte

	Err     *RowError // why the row is invalid
	Warning *RowError // something odd that does not hinder sending, e.g. a taskId in scientific notation
	Prior   *Prior    // what a results file says of the row; nil for other inputs

	values *builder // of Input.Check
}

// Value is the text that the row sets the field to, JSON for lists and
// objects; empty if it does not set it. Only for rows of Input.Check, until the
// next one.
func (r *Row) Value(f client.Field) []byte {
	if r.values == nil || !r.Set.Has(f) {
		return nil
	}
	return r.values.value(f).text
}

// RowError says why a row cannot be turned into a request.
type RowError struct {
	Line   int64  // physical line of the cell or key
	Column string // column or key as the input names it; "" for the whole row
	Value  string // the offending value, shortened; may be ""
	// Kind is a short text for grouping, without values: "unknown key", "too
	// few cells", ... Of values that are not in a lookup file the first hundred
	// have each a Kind of their own.
	Kind   string
	Reason string // what is wrong and what to do, one line, without the line and column

	cell int // index of the cell from which on the record could not be split
	// untranslated: the cell is not in its lookup file. A rerun, which
	// translates nothing, must not take it as it stands.
	untranslated bool
}

// Prior is the record that a results file holds of a row.
type Prior struct {
	Head   record.Head
	Edited bool // _sum holds a sum, which does not fit the cells any more
	// Raw: _raw is not empty and all cells are: the row is as the earlier run
	// left it, so Head's _error still says why it is invalid. When cells are
	// filled but _raw is not emptied, Raw is false and Err says so.
	Raw bool
	// WasTask is the taskId before a spreadsheet took its leading zeros, "" if
	// none did. The row belongs to that task. Unless it is finished it is
	// invalid and keeps its _sum, until a person empties it.
	WasTask string
}

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
