package results

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"taskbatch/client"
	"taskbatch/csvmap"
)

// The results file's own columns, in their order; the row's columns follow.
//
//	_outcome   what became of the row, one of the seven words
//	_row       row number in the input; never changes, not even in a rerun
//	_status    last HTTP status; empty without an answer
//	_attempts  requests tried for the row; 0 if none was
//	_ms        milliseconds from the first send to the final answer; empty if
//	           nothing was sent
//	_at        when the row was settled, RFC 3339, UTC, milliseconds
//	_error     one line with the server's words, or what else went wrong
//	_sum       16 hex digits, the hash of taskId and body; empty for invalid rows
const (
	ColOutcome = iota
	ColRow
	ColStatus
	ColAttempts
	ColMS
	ColAt
	ColError
	ColSum
	numHead
)

const headLine = "_outcome,_row,_status,_attempts,_ms,_at,_error,_sum"

const (
	maxError   = 1000 // bytes of an _error cell
	ellipsis   = "…"
	timeLayout = "2006-01-02T15:04:05.000Z07:00"
	hexDigits  = "0123456789abcdef"
)

// Header is the first line of a results file, line feed included, whose rows
// have the given columns of their own.
func Header(columns []string) []byte {
	line := []byte(headLine)
	for _, c := range columns {
		line = csvmap.AppendCSV(append(line, ','), c)
	}
	return append(line, '\n')
}

// Append appends the record as it stands in a results file, its line feed
// included.
func (r *Record) Append(dst []byte) []byte {
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
	dst = r.At.UTC().AppendFormat(append(dst, ','), timeLayout)
	dst = append(dst, ',')
	if r.Error != "" {
		dst = csvmap.AppendCSV(dst, errorCell(r.Error))
	}
	dst = append(dst, ',')
	if r.HasSum {
		for shift := 60; shift >= 0; shift -= 4 {
			dst = append(dst, hexDigits[r.Sum>>shift&15])
		}
	}
	dst = append(dst, r.Tail...)
	return append(dst, '\n')
}

// AppendCarried appends a record whose first eight cells are given, decoded, as
// an earlier file has them; tail as in Record.
func AppendCarried(dst []byte, head *[8]string, tail []byte) []byte {
	for i, cell := range head {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i == ColRow { // a spreadsheet may have put blanks around it
			cell = strings.TrimSpace(cell)
		}
		if strings.IndexByte(cell, 0) >= 0 { // would look like a torn file
			cell = strings.ReplaceAll(cell, "\x00", `\x00`)
		}
		dst = csvmap.AppendCSV(dst, cell)
	}
	return append(append(dst, tail...), '\n')
}

// errorCell makes one harmless line of at most maxError bytes out of a message.
func errorCell(message string) string {
	if isHarmless(message) {
		return message
	}
	cell := make([]byte, 0, min(len(message)+16, maxError+utf8.UTFMax*3))
	if strings.IndexByte("=+-@", message[0]) >= 0 { // a spreadsheet would take it for a formula
		cell = append(cell, '\'')
	}
	fits := 0 // length of the longest start that leaves room for the ellipsis
	for len(message) > 0 {
		var n int
		cell, n = client.AppendVisible(cell, message)
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

// isHarmless tells of the usual message, which stays as it is.
func isHarmless(message string) bool {
	if len(message) > maxError || strings.IndexByte("=+-@", message[0]) >= 0 {
		return false
	}
	for i := range len(message) {
		if message[i] < ' ' || message[i] > '~' {
			return false
		}
	}
	return true
}
