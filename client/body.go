package client

import (
	"encoding/binary"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Update is the body of one PUT in the making: a raw JSON value for each
// field. A field can be absent (the server keeps it), cleared (an empty
// value) or set; an empty text, list or object counts as cleared, however it
// was given. The zero Update is ready for use and changes nothing.
type Update struct {
	values  [NumFields]struct{ start, end int } // of those set or cleared: where in buf
	set     FieldSet
	cleared FieldSet
	buf     []byte
}

// emptyValues are the values that clear a field, by its Kind.
var emptyValues = [...]string{Text: `""`, List: `[]`, Object: `{}`}

// Reset makes all fields absent and keeps the memory.
func (u *Update) Reset() {
	u.set, u.cleared = 0, 0
	u.buf = u.buf[:0]
}

// SetText sets f to the text s, which must be valid UTF-8.
func (u *Update) SetText(f Field, s string) {
	start := len(u.buf)
	u.buf = append(append(append(u.buf, '"'), s...), '"')
	if !isPlain(u.buf[start+1 : len(u.buf)-1]) {
		u.buf, _ = jsontext.AppendQuote(u.buf[:start], s) // fails only for bad UTF-8
	}
	u.take(f, start)
}

// isPlain tells whether a text is ASCII that a JSON string holds without an
// escape, as nearly all texts are. It looks at eight bytes at a time.
func isPlain(text []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		x := binary.LittleEndian.Uint64(text)
		quote, backslash := x^'"'*ones, x^'\\'*ones
		// A byte's high bit is set if it is no ASCII, below the blank, or zero.
		if (x|(x-' '*ones)|(quote-ones)|(backslash-ones))&highs != 0 {
			return false
		}
	}
	for _, c := range text {
		if c < ' ' || c >= 0x80 || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// SetJSON sets f to raw, which must be compact, valid JSON.
func (u *Update) SetJSON(f Field, raw string) {
	start := len(u.buf)
	u.buf = append(u.buf, raw...)
	u.take(f, start)
}

// Clear sets f to its empty value: "", [] or {}.
func (u *Update) Clear(f Field) { u.SetJSON(f, emptyValues[f.Kind()]) }

// take sets f to the value that begins at start in buf and ends it.
func (u *Update) take(f Field, start int) {
	u.values[f].start, u.values[f].end = start, len(u.buf)
	if string(u.buf[start:]) == emptyValues[f.Kind()] {
		u.cleared |= 1 << f
		u.set &^= 1 << f
		return
	}
	u.set |= 1 << f
	u.cleared &^= 1 << f
}

// Set is the fields that have a value.
func (u *Update) Set() FieldSet { return u.set }

// Cleared is the fields that are present with an empty value.
func (u *Update) Cleared() FieldSet { return u.cleared }

// AppendBody appends the canonical body: the fields present, in Field order,
// without blanks. An Update that changes nothing gives {}.
func (u *Update) AppendBody(dst []byte) []byte {
	dst = append(slices.Grow(dst, len(u.buf)), '{')
	present, first := u.set|u.cleared, true
	for f, at := range u.values {
		if !present.Has(Field(f)) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), fields[f].Name...), `":`...)
		dst = append(dst, u.buf[at.start:at.end]...)
	}
	return append(dst, '}')
}
