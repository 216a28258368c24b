package client

import (
	"encoding/binary"

	"github.com/go-json-experiment/json/jsontext"
)

// Update is the body of one PUT in the making. Fields are given in their order,
// each once at most. One that is not given is absent (the server keeps it), one
// with an empty text, list or object is cleared. The zero Update is ready for
// use and changes nothing.
type Update struct {
	body    []byte // up to the last field, without the closing brace
	set     FieldSet
	cleared FieldSet
}

// emptyValues are the values that clear a field, by its Kind.
var emptyValues = [...]string{Text: `""`, List: `[]`, Object: `{}`}

// keys are the fields' keys in a body, each with the comma before it.
var keys = func() (keys [NumFields]string) {
	for f := range keys {
		keys[f] = `,"` + fields[f].Name + `":`
	}
	return keys
}()

// Reset makes all fields absent and keeps the memory.
func (u *Update) Reset() { *u = Update{body: u.body[:0]} }

// SetText sets f to a text, which must be valid UTF-8.
func (u *Update) SetText(f Field, text []byte) {
	if len(text) == 0 {
		u.Clear(f)
		return
	}
	u.set = u.set.Add(f)
	u.body = append(u.body, keys[f]...)
	if isPlain(text) {
		u.body = append(append(append(u.body, '"'), text...), '"')
	} else {
		u.body, _ = jsontext.AppendQuote(u.body, text) // fails only for bad UTF-8
	}
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
func (u *Update) SetJSON(f Field, raw []byte) {
	if string(raw) == emptyValues[f.Kind()] {
		u.Clear(f)
		return
	}
	u.set = u.set.Add(f)
	u.body = append(append(u.body, keys[f]...), raw...)
}

// Clear sets f to its empty value: "", [] or {}.
func (u *Update) Clear(f Field) {
	u.cleared = u.cleared.Add(f)
	u.body = append(append(u.body, keys[f]...), emptyValues[f.Kind()]...)
}

// Set is the fields that have a value.
func (u *Update) Set() FieldSet { return u.set }

// Cleared is the fields that are present with an empty value.
func (u *Update) Cleared() FieldSet { return u.cleared }

// Body is the canonical body, without blanks, valid until the Update is changed.
// One that changes nothing gives {}.
func (u *Update) Body() []byte {
	if len(u.body) == 0 {
		return []byte("{}")
	}
	u.body[0] = '{' // in place of the first field's comma
	return append(u.body, '}')
}
