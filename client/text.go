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
	for len(s) > 0 {
		var n int
		out, n = AppendVisible(out, s)
		s = s[n:]
	}
	return string(out)
}

// AppendVisible appends the first character of s, which must not be empty, and
// returns how many bytes of s it has. What would break a line, steer a terminal
// or turn the direction of the text is written as an escape (\n \r \t \x1b
// \u2028), and so is a byte that is not UTF-8.
func AppendVisible(dst []byte, s string) ([]byte, int) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Appendf(dst, `\x%02x`, s[0]), n
	case !mustEscape(r):
		return append(dst, s[:n]...), n
	case r == '\n':
		return append(dst, `\n`...), n
	case r == '\r':
		return append(dst, `\r`...), n
	case r == '\t':
		return append(dst, `\t`...), n
	case r < 0x80:
		return fmt.Appendf(dst, `\x%02x`, r), n
	}
	return fmt.Appendf(dst, `\u%04x`, r), n
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
