package csvmap

import (
	"strings"

	"taskbatch/csvmap/words"
)

// maxTaskID is the length of the longest task id.
const maxTaskID = 128

// readTaskID checks a task id, without the blanks around it. It goes into a
// URL path as it stands, hence the narrow alphabet (RFC 3986's unreserved
// characters).
func readTaskID(text string) (value, *problem) {
	id := strings.Trim(text, " \t")
	switch {
	case id == "":
		return value{bad, text}, problemf("no taskId", text, "the taskId is empty")
	case id == "." || id == "..":
		return value{bad, text}, problemf("bad taskId", id, "a taskId cannot be %s", words.Quote(id))
	case len(id) > maxTaskID:
		return value{bad, text}, problemf("bad taskId", id, "the taskId has %d characters; at most %d are possible", len(id), maxTaskID)
	}
	for _, r := range id {
		if !isTaskIDRune(r) {
			return value{bad, text}, problemf("bad taskId", id, "the taskId %s holds %q; only A-Z a-z 0-9 . _ ~ - are possible%s",
				words.Quote(id), r, scientificHint(id))
		}
	}
	return value{given, id}, nil
}

func isTaskIDRune(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	return r == '.' || r == '_' || r == '~' || r == '-'
}

func scientificHint(id string) string {
	if looksScientific(id) {
		return "; it looks like a number that a spreadsheet has shortened"
	}
	return ""
}

// looksScientific tells whether a spreadsheet may have turned a long number
// into this, as 1.23E+15 or 1.23E15.
func looksScientific(id string) bool {
	if id[0] < '0' || id[0] > '9' {
		return false
	}
	i := strings.IndexAny(id, "eE")
	if i < 0 || !isDigits(strings.Replace(strings.Replace(id[:i], ".", "", 1), ",", "", 1)) {
		return false
	}
	exponent := id[i+1:]
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return isDigits(exponent)
}

func isDigits(s string) bool { return s != "" && digits(s) == len(s) }
