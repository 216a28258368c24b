package client

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine escapes what would break a line, steer a terminal or turn the
// direction of the text, and bytes that are not UTF-8.
func oneLine(s string) string {
	if isPlain(s) || !strings.ContainsFunc(s, mustEscape) && utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, len(s)+16)
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			out = fmt.Appendf(out, `\x%02x`, s[i])
		case !mustEscape(r):
			out = utf8.AppendRune(out, r)
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < 0x80:
			out = fmt.Appendf(out, `\x%02x`, r)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return string(out)
}

// isPlain is true for printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// mustEscape is true for control characters, the separators U+2028 and
// U+2029, the byte order mark and the marks that turn the direction.
func mustEscape(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' || unicode.Is(unicode.Bidi_Control, r)
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
