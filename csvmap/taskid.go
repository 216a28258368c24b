package csvmap

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

// maxTaskID is the length of the longest task id.
const maxTaskID = 128

// readTaskID checks a task id, without the blanks around it. It goes into a
// URL path as it stands, hence the narrow alphabet (RFC 3986's unreserved
// characters).
func readTaskID(text []byte) (value, *RowError) {
	id := text
	if len(id) > 0 && (isBlank(id[0]) || isBlank(id[len(id)-1])) {
		id = bytes.Trim(id, " \t")
	}
	switch {
	case len(id) == 0:
		return value{bad, text}, rowErrorf("no taskId", text, "the taskId is empty")
	case string(id) == "." || string(id) == "..":
		return value{bad, text}, rowErrorf("bad taskId", id, "a taskId cannot be %s", words.Quote(string(id)))
	case len(id) > maxTaskID:
		return value{bad, text}, rowErrorf("bad taskId", id, "the taskId has %d characters; at most %d are possible", len(id), maxTaskID)
	}
	for i, c := range id {
		if !taskIDBytes[c] {
			hint := ""
			if looksScientific(string(id)) {
				hint = "; " + shortened
			}
			r, _ := utf8.DecodeRune(id[i:])
			return value{bad, text}, rowErrorf("bad taskId", id, "the taskId %s holds %q; only A-Z a-z 0-9 . _ ~ - are possible%s",
				words.Quote(string(id)), r, hint)
		}
	}
	return value{given, id}, nil
}

// taskIDBytes are the characters of task ids.
var taskIDBytes = func() (all [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-") {
		all[c] = true
	}
	return all
}()

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// shortened is what is odd about an id that looksScientific.
const shortened = "it looks like a number that a spreadsheet has shortened"

// looksScientific tells whether a spreadsheet may have turned a long number
// into this, as 1.23E+15 or 1.23E15.
func looksScientific(id string) bool {
	if id[0] < '0' || id[0] > '9' { // as most ids
		return false
	}
	i := max(0, strings.IndexAny(id, "eE")) // 0: no mantissa
	exponent := id[i+1:]
	if strings.HasPrefix(exponent, "+") || strings.HasPrefix(exponent, "-") {
		exponent = exponent[1:]
	}
	return isDigits(strings.Replace(strings.Replace(id[:i], ".", "", 1), ",", "", 1)) && isDigits(exponent)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
