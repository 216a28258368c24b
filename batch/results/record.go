package results

import (
	"time"

	"taskbatch/csvmap/record"
)

// Record is one row of the results file.
type Record struct {
	Outcome  record.Outcome
	Row      int64
	Status   int // last HTTP status; 0: none
	Attempts int
	MS       int64     // from the first send to the final answer; written only when Attempts > 0
	At       time.Time // when the row was settled
	Target   string    // what the run updates
	Error    string    // one line; Append escapes, cuts and defuses it
	Sum      record.Sum
	HasSum   bool   // false for invalid rows: the cell stays empty
	Tail     []byte // the row's own columns, encoded, each with a comma before it
}
