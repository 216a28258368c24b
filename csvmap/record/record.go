// Package record is the format of a results record: what stands in its first
// columns, which are ours, and how. Those who write results files and those
// who read them back, exactly as written or after a spreadsheet has saved them,
// use this one definition.
package record

import "strconv"

// A results file's own columns, in their order; the row's columns follow.
const (
	ColOutcome  = iota // what became of the row, one of the seven words
	ColRow             // row number in the input; never changes, not even in a rerun
	ColStatus          // last HTTP status; empty without an answer
	ColAttempts        // requests tried for the row; 0 if none was
	ColMS              // milliseconds from the first send to the final answer; empty if nothing was sent
	ColAt              // when the row was settled, RFC 3339, UTC, milliseconds
	ColTarget          // the server that the run updates: its base URL, or "sandbox"
	ColError           // one line with the server's words, or what else went wrong
	ColSum             // the text of a Sum; empty for invalid rows
	NumHead
)

// Names are the names of these columns.
var Names = [NumHead]string{"_outcome", "_row", "_status", "_attempts", "_ms", "_at", "_target", "_error", "_sum"}

// Two of the row's own columns that are ours, too. A file has them only if
// some row needs them.
const (
	IgnoredName = "_ignored" // the ignored keys of a JSONL row
	RawName     = "_raw"     // the text of a row that could not be read; the last column
)

// TimeLayout is the form of ColAt, for a time in UTC.
const TimeLayout = "2006-01-02T15:04:05.000Z07:00"

// Head is a record's first cells, decoded. A column that a person removed is
// "".
type Head [NumHead]string

// Outcome reads the cell; false: it is none of the seven words.
func (h *Head) Outcome() (Outcome, bool) { return ParseOutcome(h[ColOutcome]) }

// Row reads the cell; false: it is no row number.
func (h *Head) Row() (int64, bool) { return ParseRow(h[ColRow]) }

// Sum reads the cell; false: it is no sum, as in an invalid row or after a
// spreadsheet spoiled it.
func (h *Head) Sum() (Sum, bool) { return ParseSum(h[ColSum]) }

// ParseRow reads a row number: decimal digits, the first not 0.
func ParseRow(cell string) (int64, bool) {
	if cell == "" || cell[0] < '1' || cell[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	return n, err == nil
}
