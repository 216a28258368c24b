package csvmap

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// builder turns what a row says into its request body and its results cells.
type builder struct {
	layout    *layout
	typist    typist
	taskID    int                   // index in layout.own
	fields    [client.NumFields]int // the same of those that have a column
	object    int                   // index in layout.own of whole metadata objects, -1: none
	constants bool                  // --set gives some of the values

	row         Row
	values      []value // one for each of layout.own
	raw         string  // cell of _raw
	ignoredKeys []byte  // cell of _ignored
	empty       bool    // the own cells stay empty
	verbatim    bool    // the own cells stay as the record has them
	conflict    bool    // a metadata key has two values

	seen     []bool       // JSONL: which of layout.own the row has had
	text     bytes.Buffer // what decoder reads
	decoder  jsontext.Decoder
	update   client.Update
	metadata value // with all its keys
	body     []byte
	merged   []byte
}

func newBuilder(l *layout, r *rules) *builder {
	y := typist{emptyClears: r.emptyClears && l.results == nil, separator: r.separator}
	if l.results == nil && slices.ContainsFunc(r.translations, func(tr *translation) bool { return tr.target.place == toKey }) {
		y.keys = r
	}
	b := &builder{
		layout:    l,
		typist:    y,
		taskID:    taskIDOf(l.own),
		object:    metadataOf(l.own),
		constants: len(r.sets) > 0,
		values:    make([]value, len(l.own)),
		seen:      make([]bool, len(l.own)),
	}
	for i, own := range l.own {
		if own.target.place == toField {
			b.fields[own.target.field] = i
		}
	}
	return b
}

// start begins a row.
func (b *builder) start(number, line int64) {
	b.row = Row{Number: number, Line: line}
	clear(b.values)
	b.raw, b.ignoredKeys = "", b.ignoredKeys[:0]
	b.empty, b.verbatim, b.conflict = false, false, false
}

// fail notes the first thing that is wrong with the row.
func (b *builder) fail(line int64, column string, p *problem) {
	if b.row.Err == nil {
		b.row.Err = &RowError{Line: line, Column: column, Value: strings.Clone(p.value), Kind: p.kind, Reason: p.reason}
	}
}

// warn notes the first thing that is odd about the row.
func (b *builder) warn(column, kind, value, reason string) {
	if b.row.Warning == nil {
		b.row.Warning = &RowError{Line: b.row.Line, Column: column, Value: strings.Clone(words.Shorten(value, 100)), Kind: kind, Reason: reason}
	}
}

// setTaskID takes the task id over into the row, if it is valid.
func (b *builder) setTaskID() {
	if v := b.values[b.taskID]; v.state == given {
		b.row.TaskID = strings.Clone(v.text)
		if looksScientific(v.text) {
			b.warn(taskIDName, "taskId in scientific notation", v.text, "it looks like a number that a spreadsheet has shortened")
		}
	}
}

// finish makes the body of the values. constants tells whether --set applies
// to the row.
func (b *builder) finish(constants bool) {
	b.setTaskID()
	object := value{}
	if b.object >= 0 {
		object = b.values[b.object]
	}
	if b.layout.tree != nil {
		object = b.mergeMetadata(object, constants)
	}
	if b.layout.tail < len(b.layout.own) {
		b.values[b.object] = object // the keys have no cells of their own
	}
	if b.row.Err != nil {
		return
	}
	b.update.Reset()
	for i, own := range b.layout.own {
		if own.target.place == toField && i != b.object {
			b.apply(own.target.field, b.values[i])
		}
	}
	b.apply(client.Metadata, object)
	b.metadata = object
	b.body = b.update.AppendBody(b.body[:0])
	b.row.Body, b.row.Set, b.row.Cleared, b.row.values = b.body, b.update.Set(), b.update.Cleared(), b
	if isMisread(b.body) {
		b.warnMisread()
	}
}

// warnMisread finds the cell with text in a wrong encoding.
func (b *builder) warnMisread() {
	for i, own := range b.layout.own {
		if text := b.values[i].text; own.target.sent() && isMisread([]byte(text)) {
			b.warn(b.inputName(i), misreadKind, text, "it is shown here as it would be sent; write the file again as UTF-8")
			return
		}
	}
}

func (b *builder) apply(f client.Field, v value) {
	switch {
	case v.state == cleared:
		b.update.Clear(f)
	case v.state != given:
	case f.Kind() != client.Text:
		b.update.SetJSON(f, v.text)
	default:
		b.update.SetText(f, v.text)
	}
}

// mergeMetadata adds the keys that have columns of their own to the metadata
// object.
func (b *builder) mergeMetadata(base value, constants bool) value {
	tree := b.layout.tree
	if base.state == given && constants && tree.constant {
		base = b.removeConstants(base)
	}
	if !tree.any(b.values) || base.state == bad {
		return base
	}
	if base.state != given {
		b.merged = tree.appendValue(b.merged[:0], b.values)
		return value{given, string(b.merged)}
	}
	merged, conflict := tree.merge(b.merged[:0], base.text, b.values)
	b.merged = merged
	if conflict != nil {
		b.conflict = true
		name := b.inputName(conflict.column)
		b.fail(b.row.Line, name, problemf("same metadata key twice", conflict.path,
			"the row's metadata has the key %s, which %s gives too; keep one of them", words.Quote(conflict.path), words.Quote(name)))
		return base
	}
	return value{given, string(merged)}
}

// inputName is the name that the input, or else --set, has for one of
// layout.own.
func (b *builder) inputName(i int) string {
	t := b.layout.own[i].target
	for _, c := range b.layout.columns {
		if c.name != "" && c.target.same(t) {
			return c.name
		}
	}
	return t.String()
}

// removeConstants takes the keys that --set gives out of the metadata object,
// also out of its results cell.
func (b *builder) removeConstants(base value) value {
	b.merged = b.layout.tree.without(b.merged[:0], base.text)
	base, _ = objectValue(string(b.merged)) // it is an object
	b.values[b.object] = base
	return base
}

// appendTail appends the row's own columns in the form of the results file.
// rec is nil for JSONL.
func (b *builder) appendTail(dst []byte, rec *csvRecord, withIgnored, withRaw bool) []byte {
	for i := range b.layout.own[:b.layout.tail] {
		own := &b.layout.own[i]
		if own.leftOut() {
			continue
		}
		dst = append(dst, ',')
		switch {
		case b.empty:
		case b.verbatim || own.target.place == nowhere:
			dst = record.AppendCSV(dst, cellAt(rec, own.cell))
		default:
			dst = record.AppendCSV(dst, b.values[i].cell(own.target))
		}
	}
	if withIgnored {
		dst = record.AppendCSV(append(dst, ','), string(b.ignoredKeys))
	}
	if withRaw {
		dst = record.AppendCSV(append(dst, ','), b.raw)
	}
	return dst
}
