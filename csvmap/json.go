package csvmap

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// jsonRow makes a row of a line.
func (b *builder) jsonRow(line *entry) {
	b.start(line.number, line.line)
	clear(b.seen)
	if line.err != nil {
		b.failLine(line, "", line.err)
		return
	}
	b.readObject(line)
	if len(b.ignoredKeys) > 0 {
		b.ignoredKeys = append(b.ignoredKeys, '}')
	}
	for i, own := range b.layout.own {
		if own.constant != nil {
			b.values[i] = *own.constant
		}
	}
	if !b.seen[b.taskID] && b.row.Err == nil {
		b.failLine(line, taskIDName, rowErrorf("no taskId", "", "the row has no taskId"))
	}
	b.finish(true)
	if b.row.Err != nil && b.conflict {
		b.keepRaw(line.raw)
	}
}

// failLine makes the row invalid; its text is kept, because cells cannot say
// what is wrong.
func (b *builder) failLine(line *entry, key string, p *RowError) {
	b.fail(line.line, key, p)
	b.keepRaw(line.raw)
}

// readObject reads the keys of a line's object. After a value of a wrong type
// it reads on, to know the task id.
func (b *builder) readObject(line *entry) {
	d := &b.decoder
	b.text = *bytes.NewBuffer(line.raw)
	d.Reset(&b.text)
	if d.PeekKind() != jsontext.KindBeginObject {
		_, p := b.typist.json(line.raw)
		if p == nil {
			p = rowErrorf("wrong type", line.raw, "the line is JSON, but no object like {\"taskId\":\"TASK-1001\",...}")
		}
		b.failLine(line, "", p)
		return
	}
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() == jsontext.KindString {
		var name, raw []byte
		if name, err = readValue(d, line.raw); err != nil {
			break
		}
		if raw, err = readValue(d, line.raw); err == nil {
			b.readKey(line, plainText(name), raw)
		}
	}
	if err == nil {
		_, err = d.ReadToken() // }
	}
	if err != nil {
		b.failSyntax(line, err)
	} else if rest := bytes.TrimLeft(line.raw[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		b.failLine(line, "", rowErrorf("trailing text", "", "text follows after the object, at character %d", len(line.raw)-len(rest)+1))
	}
}

// failSyntax names the key of the object in which the line is no strict JSON.
func (b *builder) failSyntax(line *entry, err error) {
	key := ""
	if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
		for key = range syntax.JSONPointer.Tokens() {
			break
		}
	}
	b.failLine(line, key, jsonError(line.raw, err))
}

// readKey reads one key of a line's object.
func (b *builder) readKey(line *entry, key, raw []byte) {
	i, known := b.layout.keys[string(key)]
	if !known {
		b.readUnknown(line, string(key), raw)
		return
	}
	own := &b.layout.own[i]
	if b.seen[i] {
		b.failLine(line, string(key), rowErrorf("two keys for one field", key, "the row has a second key that means %s", own.target.untyped()))
		return
	}
	b.seen[i] = true
	if own.constant != nil {
		return
	}
	v, p := b.typist.jsonValue(own.target, own.translation, raw, b.layout.rules.null)
	b.values[i] = v
	switch {
	case p == nil:
	case v.state == bad:
		b.fail(line.line, string(key), p)
	default:
		b.failLine(line, string(key), p)
	}
}

// readUnknown carries a key along, or refuses it.
func (b *builder) readUnknown(line *entry, key string, raw []byte) {
	if !b.layout.ignores(key) {
		b.failLine(line, key, rowErrorf("unknown key", key, "%s is no field%s", words.Quote(key), unknownAdvice(key)))
		return
	}
	if len(b.ignoredKeys) == 0 {
		b.ignoredKeys = append(slices.Grow(b.ignoredKeys, len(line.raw)), '{')
	}
	b.ignoredKeys, _ = jsontext.AppendQuote(appendComma(b.ignoredKeys), key) // valid UTF-8: the decoder has seen it
	b.ignoredKeys = append(append(b.ignoredKeys, ':'), raw...)
}

// jsonValue reads the value of a JSONL key.
func (y *typist) jsonValue(t target, tr *translation, raw []byte, null string) (value, *RowError) {
	kind, text := jsontext.Value(raw).Kind(), raw
	if kind == jsontext.KindString {
		text = plainText(raw)
	}
	switch {
	case len(text) > inputLimits.cell:
		return value{}, rowErrorf("cell too large", "", "%s", tooLarge("the value", inputLimits.cell))
	case kind == jsontext.KindNull && null == "error":
		return value{}, rowErrorf("null", "", "null is ambiguous; --null keep leaves the field as it is, --null clear clears it")
	case kind == jsontext.KindNull && t.place == toTaskID:
		return value{}, rowErrorf("no taskId", "", "the taskId is null")
	case kind == jsontext.KindNull && null == "keep":
		return value{}, nil
	case kind == jsontext.KindNull:
		return value{state: cleared}, nil
	case t.isJSON():
		return y.typedJSON(t, tr, raw, kind)
	case kind != jsontext.KindString:
		return value{}, rowErrorf("wrong type", raw, "%s must be a text in quotes, not %s", t, words.Visible(words.Shorten(string(raw), 60)))
	}
	text, p := tr.text(text)
	switch {
	case p != nil:
		return value{}, p
	case bytes.IndexByte(text, 0) >= 0:
		return value{}, rowErrorf("NUL", "", "the text holds a NUL character")
	case t.place == toTaskID:
		return readTaskID(text)
	case len(text) == 0:
		return value{state: cleared}, nil
	}
	return value{given, text}, nil
}

// typedJSON is typed for a value that is JSON already.
func (y *typist) typedJSON(t target, tr *translation, raw []byte, kind jsontext.Kind) (value, *RowError) {
	wrong := func(what string) (value, *RowError) {
		return value{}, rowErrorf("wrong type", raw, "%s must be %s, not %s", t, what, words.Visible(words.Shorten(string(raw), 60)))
	}
	switch {
	case t.kind() == client.Object && kind != jsontext.KindBeginObject:
		return wrong("a JSON object")
	case t.kind() == client.List && kind != jsontext.KindBeginArray:
		return wrong("an array of texts")
	case t.place == toKey && t.typ == booleanKey && kind != jsontext.KindTrue && kind != jsontext.KindFalse:
		return wrong("true or false")
	case t.place == toKey && t.typ == numberKey && kind != jsontext.KindNumber:
		return wrong("a JSON number")
	}
	if tr != nil && t.place == toKey && kind == jsontext.KindString {
		text, p := tr.text(plainText(raw))
		if p != nil {
			return value{}, p
		}
		start := len(y.made)
		y.made, _ = jsontext.AppendQuote(y.made, text) // valid UTF-8, as files and arguments are
		raw = y.since(start)
	}
	return y.typed(t, tr, raw)
}

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
