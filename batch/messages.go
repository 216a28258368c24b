package batch

import (
	"fmt"
	"strings"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// invalidMessage says in the results file why a row is invalid, and where.
func invalidMessage(row *csvmap.Row) string {
	if row.Prior != nil && row.Prior.Raw && row.Prior.Head[record.ColError] != "" {
		return row.Prior.Head[record.ColError]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", row.Err.Line)
	if row.Err.Column != "" {
		fmt.Fprintf(&b, ", column %s", row.Err.Column)
	}
	b.WriteString(": ")
	b.WriteString(row.Err.Reason)
	return b.String()
}

func blockedMessage(c closing) string {
	return fmt.Sprintf("row %d of this task ended %s", c.row, c.outcome)
}

func heldMessage(it *item) string {
	return fmt.Sprintf("row %d is newer: it is updated already", it.over)
}

func panicStop(it *item) *Stop {
	return &Stop{Cause: Bug, Why: fmt.Sprintf("a bug in taskbatch: row %d: %v", it.row.Number, it.panicked),
		Hint: "please report it; the same command continues"}
}
