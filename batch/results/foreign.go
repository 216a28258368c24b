package results

import (
	"fmt"
	"strings"

	"taskbatch/csvmap/words"
)

// ForeignError says that a file is not a results file exactly as taskbatch
// writes it, so that it cannot be continued (exit 2).
type ForeignError struct {
	Path string
	Line int64  // physical line; 0: the file as a whole
	What string // what differs
}

// Error names the place and the difference.
func (e *ForeignError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("cannot continue %s: %s", e.Path, e.What)
	}
	return fmt.Sprintf("cannot continue %s: line %d: %s", e.Path, e.Line, e.What)
}

// Hint says what to do next. A complete file that was saved by a spreadsheet
// can still be rerun; a partial one cannot.
func (e *ForeignError) Hint() string {
	const other = "--fresh starts over (the file is kept under its time), -o names another results file"
	if strings.HasSuffix(e.Path, partialSuffix) {
		return other
	}
	return "if a spreadsheet has saved it: taskbatch update " + words.Shell(e.Path) + " sends what did not get through; " + other
}
