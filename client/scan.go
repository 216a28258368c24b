package client

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner goes through the members of the JSON object in b. It looks only as
// deep as it must: what stands inside a value is skipped, not checked. That
// makes it several times as fast as a full parser, which matters for one
// answer a row.
type scanner struct {
	b        []byte
	i        int
	key      []byte // of the current member, without quotes and escapes
	value    []byte // as it stands; nil before the first member
	complete bool   // the object has ended, and nothing follows it
}

// next moves on to the next member. It returns false behind the last one, and
// where the text cannot be read on.
func (s *scanner) next() bool {
	b, before := s.b, byte(',')
	if s.value == nil {
		before = '{'
	}
	i := skipBlanks(b, s.i)
	if i < len(b) && b[i] == before {
		i = skipBlanks(b, i+1)
		before = 0
	}
	switch {
	case i == len(b):
		return false
	case b[i] == '}' && (before == ',' || s.value == nil && before == 0):
		s.complete = skipBlanks(b, i+1) == len(b)
		return false
	case before != 0:
		return false
	}
	key := i
	if i = skipString(b, key); i < 0 {
		return false
	}
	colon := skipBlanks(b, i)
	if colon == len(b) || b[colon] != ':' {
		return false
	}
	s.key = plainKey(b[key:i])
	value := skipBlanks(b, colon+1)
	if i = skipValue(b, value); i < 0 {
		return false
	}
	s.value, s.i = b[value:i], i
	return true
}

// items are those of the JSON array in b, as they stand, as far as it can be
// read.
func items(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if len(b) == 0 || b[0] != '[' {
			return
		}
		for i := skipBlanks(b, 1); ; {
			end := skipValue(b, i)
			if end < 0 || !yield(b[i:end]) {
				return
			}
			if i = skipBlanks(b, end); i == len(b) || b[i] != ',' {
				return
			}
			i = skipBlanks(b, i+1)
		}
	}
}

// plainKey is a key without quotes and escapes.
func plainKey(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		if key, err := jsontext.AppendUnquote(nil, quoted); err == nil {
			return key
		}
	}
	return quoted[1 : len(quoted)-1]
}

// skipBlanks is the index of the first byte from i on that is not a blank.
func skipBlanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipString is the index behind the string that starts at i, -1 if there is
// none or it does not end.
func skipString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// skipValue is the index behind the value that starts at i, -1 if there is
// none or it does not end.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	start := i
	for i < len(b) && isLiteral(b[i]) {
		i++
	}
	switch text := b[start:i]; {
	case len(text) == 0:
		return -1
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		return i
	case string(text) == "true", string(text) == "false", string(text) == "null":
		return i
	}
	return -1
}

// isLiteral is true for the bytes of numbers, true, false and null.
func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// skipNested is the index behind the object or array that starts at i, -1 if
// it does not end.
func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// unquote decodes a JSON string; ok is false if raw is not a valid one.
func unquote(raw []byte) (text string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), raw[len(raw)-1] == '"'
	}
	out, err := jsontext.AppendUnquote(nil, raw)
	return string(out), err == nil
}
