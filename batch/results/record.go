package results

import "time"

// Outcome is what became of a row.
type Outcome uint8

// The outcomes; every row has exactly one.
const (
	None    Outcome = iota
	Updated         // the server answered 2xx
	Skipped         // the row changes nothing; nothing was sent
	Failed          // refused for good, or errors until the attempts ran out or the run stopped
	Unknown         // an attempt was sent and not answered: it may have been applied
	Invalid         // the row cannot be turned into a request
	Blocked         // an earlier row of the task did not get through
	Unsent          // the run stopped before the first attempt
	NumOutcomes
)

// Record is one row of the results file.
type Record struct {
	Outcome  Outcome
	Row      int64
	Status   int // last HTTP status; 0: none
	Attempts int
	MS       int64     // from the first send to the final answer; written only when Attempts > 0
	At       time.Time // when the row was settled
	Error    string    // one line; Append escapes, cuts and defuses it
	Sum      uint64    // hash of taskId and body
	HasSum   bool      // false for invalid rows: the cell stays empty
	Tail     []byte    // the row's own columns, encoded, each with a comma before it
}
