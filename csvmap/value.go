package csvmap

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// valueState is what a row does to one target.
type valueState uint8

const (
	kept    valueState = iota // nothing is sent
	cleared                   // the empty value
	given                     // text
	bad                       // cannot be sent; text is what goes back to people
)

// value is what a row says about one target. Its text is the decoded text, or
// canonical JSON where target.isJSON; for a bad value the cell as it stands.
type value struct {
	state valueState
	text  string
}

// cell is the value in the form of a results file.
func (v value) cell(t target) string {
	switch v.state {
	case kept:
		return ""
	case bad:
		return v.text
	case given:
		return EscapeCell(v.text)
	}
	switch t.kind() {
	case client.List:
		return "[]"
	case client.Object:
		return "{}"
	}
	return clearCell
}

// problem is why a value cannot be used; it becomes a RowError.
type problem struct {
	kind   string
	value  string
	reason string
	// untranslated: the cell is not in its lookup file. A rerun, which
	// translates nothing, must not take it as it stands.
	untranslated bool
}

func problemf(kind, value, format string, args ...any) *problem {
	return &problem{kind: kind, value: words.Shorten(value, 100), reason: fmt.Sprintf(format, args...)}
}

// typist reads texts as the types of their targets.
type typist struct {
	emptyClears bool
	separator   string
	keys        *rules // translates keys of whole metadata objects; nil: none are translated
	scratch     []byte // for JSON in the making
}

// cell reads a CSV cell, translated by tr. Lists are translated item by item.
func (y *typist) cell(t target, tr *translation, cell string) (value, *problem) {
	if tr != nil && t.kind() != client.List {
		to, p := tr.cell(cell)
		if p != nil {
			return value{bad, cell}, p
		}
		cell = to
	}
	text, meaning := readCell(cell)
	switch meaning {
	case emptyMeaning:
		if t.place == toTaskID {
			return value{}, problemf("no taskId", "", "the taskId is empty")
		}
		if y.emptyClears {
			return value{state: cleared}, nil
		}
		return value{}, nil
	case errorMeaning:
		return value{bad, cell}, problemf("spreadsheet error", cell,
			`%s is the error of a spreadsheet's formula; repair it there, or write \%s if the text is meant`, cell, cell)
	case clearMeaning:
		if t.place == toTaskID {
			return value{bad, cell}, problemf("bad taskId", cell, "the taskId cannot be cleared")
		}
		return value{state: cleared}, nil
	}
	if t.place == toTaskID {
		return readTaskID(text)
	}
	if !t.isJSON() {
		return value{given, text}, nil
	}
	v, p := y.typed(t, tr, text)
	if p != nil && v.state != bad {
		v = value{bad, cell}
	}
	return v, p
}

// typed reads a text that is not plain text for its target.
func (y *typist) typed(t target, tr *translation, text string) (value, *problem) {
	if t.place == toKey {
		return y.typedKey(t, text)
	}
	if t.kind() == client.List {
		if !strings.HasPrefix(text, "[") {
			return y.splitList(text, tr)
		}
		raw, p := y.json(text)
		if p != nil {
			return value{}, p
		}
		return y.jsonList(raw, tr)
	}
	raw, p := y.json(text)
	if p != nil {
		return value{}, p
	}
	return y.object(raw)
}

func (y *typist) typedKey(t target, text string) (value, *problem) {
	switch t.typ {
	case numberKey:
		if !isNumber(text) {
			return value{}, problemf("bad number", text, "%s is no JSON number; write it like 12 or -0.5%s", words.Quote(text), blanksHint(text))
		}
		return value{given, text}, nil
	case booleanKey:
		switch {
		case strings.EqualFold(text, "true"):
			return value{given, "true"}, nil
		case strings.EqualFold(text, "false"):
			return value{given, "false"}, nil
		}
		return value{}, problemf("bad boolean", text, "%s is no boolean; write true or false%s", words.Quote(text), blanksHint(text))
	}
	raw, p := y.json(text)
	return value{given, raw}, p
}

// blanksHint points at what is easily overlooked.
func blanksHint(text string) string {
	if strings.TrimSpace(text) != text {
		return ", without the blanks around it (nothing is trimmed)"
	}
	return ""
}

// objectValue makes the value of metadata from canonical JSON.
func objectValue(raw string) (value, *problem) {
	if raw[0] != '{' {
		return value{}, problemf("wrong type", raw, `metadata must be a JSON object, like {"region":"EU"}`)
	}
	if raw == "{}" {
		return value{state: cleared}, nil
	}
	return value{given, raw}, nil
}

// object makes the value of metadata from canonical JSON, its keys translated.
func (y *typist) object(raw string) (value, *problem) {
	if y.keys != nil && raw[0] == '{' {
		translated, p := y.keys.appendTranslated(y.scratch[:0], raw, "")
		if p != nil {
			return value{}, p
		}
		raw, y.scratch = string(translated), translated
	}
	return objectValue(raw)
}

// splitList reads a list that is not written as JSON.
func (y *typist) splitList(text string, tr *translation) (value, *problem) {
	list := append(y.scratch[:0], '[')
	var first *problem
	for line := range strings.FieldsFuncSeq(text, isNewline) {
		for item := range strings.SplitSeq(line, y.separator) {
			if item = strings.Trim(item, " \t"); item == "" {
				continue
			}
			item, p := tr.text(item)
			if p != nil {
				return value{}, p
			}
			if p := checkURL(item); p != nil && first == nil {
				first = p
			}
			if len(list) > 1 {
				list = append(list, ',')
			}
			list, _ = jsontext.AppendQuote(list, item) // valid UTF-8, as the file is
		}
	}
	list = append(list, ']')
	raw := string(list)
	y.scratch = list
	switch {
	case raw == "[]":
		return value{}, problemf("empty list", text, `the cell holds blanks and separators but no URL; leave it empty, or write "" in it to clear the list`)
	case first != nil:
		return value{bad, raw}, first
	}
	return value{given, raw}, nil
}

func isNewline(r rune) bool { return r == '\n' || r == '\r' }

// jsonList makes the value of a list from canonical JSON.
func (y *typist) jsonList(raw string, tr *translation) (value, *problem) {
	wrong := func() (value, *problem) {
		return value{}, problemf("wrong type", raw, `a list must be a JSON array of texts, like ["https://example.com/a.pdf"]`)
	}
	if raw == "[]" {
		return value{state: cleared}, nil
	}
	if raw[0] != '[' {
		return wrong()
	}
	d := jsontext.NewDecoder(strings.NewReader(raw))
	if _, err := d.ReadToken(); err != nil {
		return wrong()
	}
	list := append(y.scratch[:0], '[')
	var first *problem
	for d.PeekKind() != ']' {
		token, err := d.ReadToken()
		if err != nil || token.Kind() != '"' {
			return wrong()
		}
		item, p := tr.text(token.String())
		if p != nil {
			return value{}, p
		}
		if p := checkURL(item); p != nil && first == nil {
			first = p
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list, _ = jsontext.AppendQuote(list, item) // valid UTF-8, as above
	}
	y.scratch = append(list, ']')
	if raw = string(y.scratch); first != nil {
		return value{bad, raw}, first
	}
	return value{given, raw}, nil
}

// checkURL wants an absolute http or https URL with a host.
func checkURL(s string) *problem {
	u, err := url.Parse(s)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.ContainsAny(s, " \t\r\n") {
		return nil
	}
	return problemf("bad URL", s, "%s is no absolute http or https URL, like https://example.com/a.pdf", words.Quote(s))
}
