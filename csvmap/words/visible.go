package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible escapes what would break a line, steer a terminal or turn the
// direction of the text, and bytes that are not UTF-8.
func Visible(text string) string {
	if isPlain(text) || !strings.ContainsFunc(text, Hidden) && utf8.ValidString(text) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		var n int
		out, n = AppendVisible(out, text)
		text = text[n:]
	}
	return string(out)
}

// AppendVisible appends the first character of text, which must not be empty,
// and returns how many bytes of text it has. A hidden one is written as an
// escape (\n \r \t \x1b \u2028), and so is a byte that is not UTF-8.
func AppendVisible(dst []byte, text string) ([]byte, int) {
	r, n := utf8.DecodeRuneInString(text)
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Appendf(dst, `\x%02x`, text[0]), n
	case !Hidden(r):
		return append(dst, text[:n]...), n
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

// Hidden is true for control characters, the separators U+2028 and U+2029, the
// byte order mark and the marks that turn the direction.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' || unicode.Is(unicode.Bidi_Control, r)
}
