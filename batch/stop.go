package batch

// Stop says why a run ended before every row was tried, or why it did not
// begin.
type Stop struct {
	Cause Cause
	Why   string // one line
	Hint  string // what to do next; may be ""
}

// Error is a Stop as the error of a run that cannot begin, or not go on.
type Error struct{ Stop }

func (e *Error) Error() string { return e.Why }

func errorOf(cause Cause, why, hint string) *Error { return &Error{Stop{cause, why, hint}} }

// Cause is the kind of a Stop. The first reason to stop counts, but of those
// from Local on a later kind outranks an earlier one.
type Cause uint8

const (
	Signal   Cause = iota // somebody asked for it
	Declined              // somebody was asked and said no
	Setup                 // configuration, results that cannot be continued, a redirect at the start
	Input                 // the input cannot be used, or has changed
	Key                   // the API key was refused
	Rule                  // a limit of the run was reached, or nothing works
	Held                  // another run of the batch is going on
	Local                 // a local file cannot be written
	Bug                   // of taskbatch
)

// Exit is the exit code of the program; 0 for a signal, whose number decides.
func (c Cause) Exit() int {
	return [...]int{Declined: 1, Setup: 2, Input: 3, Key: 4, Rule: 5, Held: 6, Local: 7, Bug: 70}[c]
}

func (c Cause) outranks(other Cause) bool { return c >= Local && c > other }
