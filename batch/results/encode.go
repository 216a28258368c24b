package results

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

var headLine = strings.Join(record.Names[:], ",")

const (
	maxError = 1000 // bytes of an _error cell
	ellipsis = "..."
)

// Header is the first line of a results file, line feed included, whose rows
// have the given columns of their own.
func Header(columns []string) []byte {
	line := []byte(headLine)
	for _, c := range columns {
		line = record.AppendCSV(append(line, ','), c)
	}
	return append(line, '\n')
}

// Record is one row of the results file.
type Record struct {
	Outcome  record.Outcome
	Row      int64
	Status   int // last HTTP status; 0: none
	Attempts int
	MS       int64     // from the first send to the final answer; written only when Attempts > 0
	At       time.Time // when the row was settled
	Target   string    // what the run updates
	Error    string    // one line; escaped, cut and defused when it is written
	Sum      record.Sum
	HasSum   bool   // false for invalid rows: the cell stays empty
	Tail     []byte // the row's own columns, encoded, each with a comma before it
}

// append appends the record as it stands in a results file, its line feed
// included.
func (r *Record) append(dst []byte) []byte {
	dst = append(dst, r.Outcome.String()...)
	dst = strconv.AppendInt(append(dst, ','), r.Row, 10)
	dst = append(dst, ',')
	if r.Status != 0 {
		dst = strconv.AppendInt(dst, int64(r.Status), 10)
	}
	dst = strconv.AppendInt(append(dst, ','), int64(r.Attempts), 10)
	dst = append(dst, ',')
	if r.Attempts > 0 {
		dst = strconv.AppendInt(dst, r.MS, 10)
	}
	dst = appendTime(append(dst, ','), r.At)
	dst = record.AppendCSV(append(dst, ','), r.Target)
	dst = append(dst, ',')
	if r.Error != "" {
		dst = record.AppendCSV(dst, errorCell(r.Error))
	}
	dst = append(dst, ',')
	if r.HasSum {
		dst = r.Sum.Append(dst)
	}
	dst = append(dst, r.Tail...)
	return append(dst, '\n')
}

// appendTime appends a time in the form of record.TimeLayout. The time package
// is three times as quick to write that without the milliseconds.
func appendTime(dst []byte, t time.Time) []byte {
	dst = t.UTC().AppendFormat(dst, time.RFC3339)
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(dst[:len(dst)-len("Z")], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}

// AppendCarried appends a record whose head is given as an earlier file has it;
// tail as in Record.
func AppendCarried(dst []byte, head *record.Head, tail []byte) []byte {
	for i, cell := range head {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i == record.ColRow { // a spreadsheet may have put blanks around it
			cell = strings.TrimSpace(cell)
		}
		if strings.IndexByte(cell, 0) >= 0 { // would look like a torn file
			cell = strings.ReplaceAll(cell, "\x00", `\x00`)
		}
		dst = record.AppendCSV(dst, cell)
	}
	return append(append(dst, tail...), '\n')
}

// errorCell makes one harmless line of at most maxError bytes out of a message.
func errorCell(message string) string {
	cell := make([]byte, 0, min(len(message)+16, maxError+utf8.UTFMax*3))
	if strings.IndexByte("=+-@", message[0]) >= 0 { // a spreadsheet would take it for a formula
		cell = append(cell, '\'')
	}
	fits := 0 // length of the longest start that leaves room for the ellipsis
	for len(message) > 0 {
		var n int
		cell, n = words.AppendVisible(cell, message)
		message = message[n:]
		if len(cell) > maxError {
			return string(append(cell[:fits], ellipsis...))
		}
		if len(cell) <= maxError-len(ellipsis) {
			fits = len(cell)
		}
	}
	return string(cell)
}
