package client

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine escapes what would break a line or a terminal: control characters,
// line and paragraph separators, and bytes that are not UTF-8.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, mustEscape) && utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, len(s)+16)
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			out = append(out, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		case mustEscape(r):
			quoted := strconv.QuoteRuneToASCII(r)
			out = append(out, quoted[1:len(quoted)-1]...)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

// mustEscape is true for control characters and the separators U+2028 and
// U+2029.
func mustEscape(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// shorten cuts s to at most limit bytes, between two characters, and marks
// the cut.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len("...")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
