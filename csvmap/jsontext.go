package csvmap

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/csvmap/words"
)

// isNumber tells whether s is a number as JSON writes them.
func isNumber(s []byte) bool {
	v := jsontext.Value(s)
	return v.Kind() == jsontext.KindNumber && len(bytes.TrimSpace(s)) == len(s) && v.IsValid()
}

// json checks a JSON value strictly and returns it in canonical form: compact,
// texts with as few escapes as possible, numbers as they stand.
func (y *typist) json(text []byte) ([]byte, *RowError) {
	start := len(y.made)
	made, err := jsontext.AppendFormat(y.made, text)
	if err != nil {
		return nil, jsonError(text, err)
	}
	y.made = made
	if made = y.since(start); bytes.Equal(made, text) {
		y.made = y.made[:start]
	} else {
		text = made
	}
	if holdsNUL(text) {
		return nil, rowErrorf("NUL", text, "a text holds a NUL character")
	}
	return text, nil
}

// readValue reads the next value of text, which d has been given, and returns
// the part of text that it is.
func readValue(d *jsontext.Decoder, text []byte) ([]byte, error) {
	v, err := d.ReadValue()
	end := d.InputOffset()
	return text[end-int64(len(v)) : end], err
}

// plainText is the text of a JSON string that is known to be valid.
func plainText(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return text
}

// jsonError explains why a text is not strict JSON.
func jsonError(text []byte, err error) *RowError {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return rowErrorf("bad JSON", text, "it is not JSON: %v", err)
	}
	where := ""
	if key := pointerPath(syntax.JSONPointer); key != "" {
		where = " at the key " + words.Quote(key)
	}
	switch inner := syntax.Err.Error(); {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return rowErrorf("duplicate key", text, "the key %s stands twice in the same JSON object", words.Quote(pointerPath(syntax.JSONPointer)))
	case inner == "invalid UTF-8":
		return rowErrorf("bad UTF-8", "", "the text%s is not valid UTF-8", where)
	case strings.HasPrefix(inner, "invalid surrogate pair"):
		return rowErrorf("lone surrogate", text, `half of a \u surrogate pair stands alone%s`, where)
	case strings.HasSuffix(inner, "after top-level value"):
		return rowErrorf("trailing text", text, "text follows after the end of the JSON value, at character %d", syntax.ByteOffset+1)
	default:
		return rowErrorf("bad JSON", text, "it is not valid JSON: %s%s, at character %d", inner, where, syntax.ByteOffset+1)
	}
}

// pointerPath is a JSON pointer as people write it: a.b.c.
func pointerPath(p jsontext.Pointer) string { return strings.Join(slices.Collect(p.Tokens()), ".") }

// holdsNUL finds \u0000 in canonical JSON.
func holdsNUL(raw []byte) bool {
	const escape = `\u0000`
	for {
		i := bytes.Index(raw, []byte(escape))
		if i < 0 {
			return false
		}
		if backslashes := i - len(bytes.TrimRight(raw[:i], `\`)); backslashes%2 == 0 {
			return true
		}
		raw = raw[i+len(escape):]
	}
}
