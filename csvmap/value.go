package csvmap

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// clearCell is the cell that clears its field: two quote characters.
const clearCell = `""`

// errorCells are what spreadsheets write for a formula that failed.
var errorCells = []string{"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}

// cellMeaning is what a CSV cell says, before its text is read as a type.
type cellMeaning uint8

const (
	emptyMeaning cellMeaning = iota // nothing: see Options.Empty
	clearMeaning                    // clear the field
	errorMeaning                    // a spreadsheet's error value
	textMeaning                     // the text that readCell returns
)

// escapeCell returns the cell that stands for a text: the text itself, or with
// one backslash more if it would else be read as a clearing mark or as a
// spreadsheet's error value. The empty text has no cell of its own: its field
// is cleared.
func escapeCell(text []byte) []byte {
	if isSpecial(text) {
		return append([]byte{'\\'}, text...)
	}
	return text
}

// readCell is the reverse of escapeCell: what the cell says, and the text if
// it stands for one.
func readCell(cell []byte) ([]byte, cellMeaning) {
	switch {
	case len(cell) == 0:
		return nil, emptyMeaning
	case !isSpecial(cell):
		return cell, textMeaning
	case cell[0] == '\\':
		return cell[1:], textMeaning
	case cell[0] == '#':
		return cell, errorMeaning
	}
	return nil, clearMeaning
}

// isSpecial tells whether s is a mark, or a mark behind backslashes.
func isSpecial(s []byte) bool {
	return len(s) > 0 && (s[0] == '"' || s[0] == '#' || s[0] == '\\') && isMark(bytes.TrimLeft(s, `\`))
}

func isMark(s []byte) bool { return string(s) == clearCell || slices.Contains(errorCells, string(s)) }

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
	text  []byte
}

// clearedCells are the cells that clear a field, by its kind.
var clearedCells = [...]string{client.Text: clearCell, client.List: "[]", client.Object: "{}"}

// appendCell appends the value in the form of a results file.
func (v value) appendCell(dst []byte, t target) []byte {
	switch v.state {
	case cleared:
		return record.AppendCSV(dst, clearedCells[t.kind()])
	case given:
		return record.AppendCSV(dst, escapeCell(v.text))
	}
	return record.AppendCSV(dst, v.text)
}

// rowErrorf makes the error of a value; the row fills in where it stands.
func rowErrorf[T record.Text](kind string, value T, format string, args ...any) *RowError {
	return &RowError{Kind: kind, Value: words.Shorten(string(value), 100), Reason: fmt.Sprintf(format, args...)}
}

// typist reads texts as the types of their targets.
type typist struct {
	emptyClears bool
	separator   string
	keys        *rules // translates keys of whole metadata objects; nil: none are translated
	made        []byte // the texts of a row's values that do not stand so in the input
}

// since is the text that was made from start on.
func (y *typist) since(start int) []byte { return y.made[start:len(y.made):len(y.made)] }

// cell reads a CSV cell, translated by tr. Lists are translated item by item.
func (y *typist) cell(t target, tr *translation, cell []byte) (value, *RowError) {
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
			return value{}, rowErrorf("no taskId", "", "the taskId is empty")
		}
		if y.emptyClears {
			return value{state: cleared}, nil
		}
		return value{}, nil
	case errorMeaning:
		return value{bad, cell}, rowErrorf("spreadsheet error", cell,
			`%s is the error of a spreadsheet's formula; repair it there, or write \%s if the text is meant`, cell, cell)
	case clearMeaning:
		if t.place == toTaskID {
			return value{bad, cell}, rowErrorf("bad taskId", cell, "the taskId cannot be cleared")
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
func (y *typist) typed(t target, tr *translation, text []byte) (value, *RowError) {
	switch {
	case t.typ == numberKey:
		if !isNumber(text) {
			return value{}, rowErrorf("bad number", text, "%s is no JSON number; write it like 12 or -0.5%s", words.Quote(string(text)), blanksHint(text))
		}
		return value{given, text}, nil
	case t.typ == booleanKey:
		for _, name := range []string{"true", "false"} {
			if bytes.EqualFold(text, []byte(name)) {
				return value{given, []byte(name)}, nil
			}
		}
		return value{}, rowErrorf("bad boolean", text, "%s is no boolean; write true or false%s", words.Quote(string(text)), blanksHint(text))
	case t.kind() == client.List && text[0] != '[':
		return y.splitList(text, tr)
	}
	raw, p := y.json(text)
	switch {
	case p != nil:
		return value{}, p
	case t.kind() == client.List:
		return y.jsonList(raw, tr)
	case t.kind() == client.Object:
		return y.object(raw)
	}
	return value{given, raw}, nil
}

// blanksHint points at what is easily overlooked.
func blanksHint(text []byte) string {
	if len(bytes.TrimSpace(text)) < len(text) {
		return ", without the blanks around it (nothing is trimmed)"
	}
	return ""
}

// objectValue makes the value of metadata from canonical JSON.
func objectValue(raw []byte) (value, *RowError) {
	if raw[0] != '{' {
		return value{}, rowErrorf("wrong type", raw, `metadata must be a JSON object, like {"region":"EU"}`)
	}
	if string(raw) == "{}" {
		return value{state: cleared}, nil
	}
	return value{given, raw}, nil
}

// object makes the value of metadata from canonical JSON, its keys translated.
func (y *typist) object(raw []byte) (value, *RowError) {
	if y.keys != nil && raw[0] == '{' {
		start := len(y.made)
		translated, p := y.keys.appendTranslated(y.made, raw, "")
		if p != nil {
			return value{}, p
		}
		y.made = translated
		raw = y.since(start)
	}
	return objectValue(raw)
}

// splitList reads a list that is not written as JSON.
func (y *typist) splitList(text []byte, tr *translation) (value, *RowError) {
	list := y.newList(tr)
	for line := range bytes.FieldsFuncSeq(text, isNewline) {
		for item := range bytes.SplitSeq(line, []byte(y.separator)) {
			if item = bytes.Trim(item, " \t"); len(item) == 0 {
				continue
			}
			if p := list.add(item); p != nil {
				return value{}, p
			}
		}
	}
	v, p := list.value()
	if v.state == cleared {
		return value{}, rowErrorf("empty list", text, `the cell holds blanks and separators but no URL; leave it empty, or write "" in it to clear the list`)
	}
	return v, p
}

func isNewline(r rune) bool { return r == '\n' || r == '\r' }

// jsonList makes the value of a list from canonical JSON.
func (y *typist) jsonList(raw []byte, tr *translation) (value, *RowError) {
	list := y.newList(tr)
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	begin, err := d.ReadToken()
	for err == nil && begin.Kind() == '[' && d.PeekKind() == '"' {
		var item []byte
		if item, err = readValue(d, raw); err == nil {
			if p := list.add(plainText(item)); p != nil {
				return value{}, p
			}
		}
	}
	if err != nil || d.PeekKind() != ']' {
		return value{}, rowErrorf("wrong type", raw, `a list must be a JSON array of texts, like ["https://example.com/a.pdf"]`)
	}
	return list.value()
}

// list is the value of a list in the making.
type list struct {
	typist      *typist
	translation *translation
	start       int       // in typist.made
	bad         *RowError // the first that an item has
}

func (y *typist) newList(tr *translation) *list {
	l := &list{typist: y, translation: tr, start: len(y.made)}
	y.made = append(y.made, '[')
	return l
}

// add adds an item, translated.
func (l *list) add(item []byte) *RowError {
	item, p := l.translation.text(item)
	if p != nil {
		return p
	}
	if l.bad == nil {
		l.bad = checkURL(string(item))
	}
	y := l.typist
	if len(y.made) > l.start+1 {
		y.made = append(y.made, ',')
	}
	y.made, _ = jsontext.AppendQuote(y.made, item) // valid UTF-8, as files and arguments are
	return nil
}

// value ends the list.
func (l *list) value() (value, *RowError) {
	l.typist.made = append(l.typist.made, ']')
	switch text := l.typist.since(l.start); {
	case len(text) == len("[]"):
		return value{state: cleared}, nil
	case l.bad != nil:
		return value{bad, text}, l.bad
	default:
		return value{given, text}, nil
	}
}

// checkURL wants an absolute http or https URL with a host.
func checkURL(s string) *RowError {
	u, err := url.Parse(s)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.ContainsAny(s, " \t\r\n") {
		return nil
	}
	return rowErrorf("bad URL", s, "%s is no absolute http or https URL, like https://example.com/a.pdf", words.Quote(s))
}
