package client

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// A shorter key would be found by chance in ordinary words.
	minSecret = 4
	removed   = "[key removed]"
	maxLine   = 2 << 10
)

// secret is the API key, which must not leave the package in any text.
type secret string

// line makes text, which may hold whatever a server sent, one line for
// people: without the key, control characters escaped, at most 2 KiB.
func (k secret) line(text string) string {
	return shorten(oneLine(string(k.remove([]byte(text), false))), maxLine)
}

// remove returns text without the key: verbatim, or with any of its
// characters escaped for a URL, for JSON or for HTML. cut says that the text
// is only the beginning of something: then what may be the beginning of the
// key is removed from its end, too.
func (k secret) remove(text []byte, cut bool) []byte {
	if len(k) < minSecret {
		return text
	}
	var out []byte
	start := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != k[0] && c != '%' && c != '\\' && c != '&' {
			continue
		}
		n := k.match(text[i:], cut)
		if n == 0 {
			continue
		}
		out = append(append(out, text[start:i]...), removed...)
		start = i + n
		i = start - 1
	}
	if start == 0 {
		return text
	}
	return append(out, text[start:]...)
}

// match is how many bytes at the beginning of text spell the key, 0 if they
// do not.
func (k secret) match(text []byte, cut bool) int {
	if bytes.HasPrefix(text, []byte(k)) {
		return len(k)
	}
	n := 0
	for i := 0; i < len(k); {
		r, size := utf8.DecodeRuneInString(string(k[i:]))
		m := matchChar(text[n:], string(k[i:i+size]), r)
		if m == 0 {
			if cut && i >= minSecret && endsInside(text[n:]) {
				return len(text)
			}
			return 0
		}
		n += m
		i += size
	}
	return n
}

// endsInside tells whether a text that is cut off here may have been cut in
// the middle of a character or its escape.
func endsInside(rest []byte) bool {
	return len(rest) == 0 || len(rest) < len("&#x0000;") && bytes.IndexByte([]byte(`%\&`), rest[0]) >= 0
}

// matchChar is how many bytes at the beginning of text spell char, whose
// rune is r.
func matchChar(text []byte, char string, r rune) int {
	if len(text) == 0 {
		return 0
	}
	switch text[0] {
	case '%':
		if n := matchPercent(text, char); n > 0 {
			return n
		}
	case '\\':
		if n := matchBackslash(text, char, r); n > 0 {
			return n
		}
	case '&':
		if n := matchEntity(text, r); n > 0 {
			return n
		}
	case '+':
		if char == " " {
			return 1
		}
	}
	if bytes.HasPrefix(text, []byte(char)) {
		return len(char)
	}
	return 0
}

// matchPercent: each byte as %XX.
func matchPercent(text []byte, char string) int {
	for i := range len(char) {
		if len(text) < 3*i+3 || text[3*i] != '%' {
			return 0
		}
		b, err := strconv.ParseUint(string(text[3*i+1:3*i+3]), 16, 8)
		if err != nil || byte(b) != char[i] {
			return 0
		}
	}
	return 3 * len(char)
}

// matchBackslash: a JSON escape; characters beyond the basic plane are left
// out, which no key has.
func matchBackslash(text []byte, char string, r rune) int {
	if len(text) >= 2 && text[1] == char[0] && strings.Contains(`"\/`, char) {
		return 2
	}
	if len(text) >= 6 && text[1] == 'u' {
		if u, err := strconv.ParseUint(string(text[2:6]), 16, 16); err == nil && rune(u) == r {
			return 6
		}
	}
	return 0
}

// matchEntity: an HTML character reference, named or by number.
func matchEntity(text []byte, r rune) int {
	end := bytes.IndexByte(text[:min(len(text), 12)], ';')
	if end < 2 {
		return 0
	}
	name := string(text[1:end])
	if number, ok := strings.CutPrefix(strings.ToLower(name), "#"); ok {
		base := 10
		if hex, ok := strings.CutPrefix(number, "x"); ok {
			number, base = hex, 16
		}
		if u, err := strconv.ParseUint(number, base, 32); err == nil && rune(u) == r {
			return end + 1
		}
		return 0
	}
	switch {
	case name == "amp" && r == '&', name == "lt" && r == '<', name == "gt" && r == '>',
		name == "quot" && r == '"', name == "apos" && r == '\'':
		return end + 1
	}
	return 0
}
