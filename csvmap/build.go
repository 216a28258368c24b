package csvmap

import (
	"bytes"
	"fmt"
	"slices"

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
	fields    [client.NumFields]int // the same of the fields, -1 for those without a column
	constants bool                  // --set gives some of the values

	row         Row
	values      []value // one for each of layout.own
	raw         []byte  // cell of _raw
	ignoredKeys []byte  // cell of _ignored
	empty       bool    // the own cells stay empty
	verbatim    bool    // the own cells stay as the record has them
	conflict    bool    // a metadata key has two values

	seen     []bool       // JSONL: which of layout.own the row has had
	text     bytes.Buffer // what decoder reads
	decoder  jsontext.Decoder
	update   client.Update
	metadata value // with all its keys
}

func newBuilder(l *layout) *builder {
	r := l.rules
	y := typist{emptyClears: r.emptyClears && l.results == nil, separator: r.separator}
	if l.results == nil && slices.ContainsFunc(r.translations, func(tr *translation) bool { return tr.target.place == toKey }) {
		y.keys = r
	}
	b := &builder{
		layout:    l,
		typist:    y,
		taskID:    l.ownOf(target{place: toTaskID}),
		constants: len(r.sets) > 0,
		values:    make([]value, len(l.own)),
		seen:      make([]bool, len(l.own)),
	}
	for f := range b.fields {
		b.fields[f] = l.ownOf(target{place: toField, field: client.Field(f)})
	}
	return b
}

// start begins a row.
func (b *builder) start(number, line int64) {
	b.row = Row{Number: number, Line: line}
	clear(b.values)
	b.raw, b.ignoredKeys, b.typist.made = b.raw[:0], b.ignoredKeys[:0], b.typist.made[:0]
	b.empty, b.verbatim, b.conflict = false, false, false
}

// fail notes the first thing that is wrong with the row.
func (b *builder) fail(line int64, column string, p *RowError) {
	if b.row.Err == nil {
		p.Line, p.Column = line, column
		b.row.Err = p
	}
}

// warn notes the first thing that is odd about the row.
func (b *builder) warn(column string, p *RowError) {
	if b.row.Warning == nil {
		p.Line, p.Column = b.row.Line, column
		b.row.Warning = p
	}
}

// setTaskID takes the task id over into the row, if it is valid.
func (b *builder) setTaskID() {
	if v := b.values[b.taskID]; v.state == given {
		b.row.TaskID = string(v.text)
		if looksScientific(b.row.TaskID) {
			b.warn(taskIDName, rowErrorf("taskId in scientific notation", b.row.TaskID, shortened))
		}
	}
}

// finish makes the body of the values. constants tells whether --set applies
// to the row.
func (b *builder) finish(constants bool) {
	b.setTaskID()
	whole := b.fields[client.Metadata]
	object := value{}
	if whole >= 0 {
		object = b.values[whole]
	}
	if b.layout.tree != nil {
		object = b.mergeMetadata(object, constants)
	}
	if b.layout.tail < len(b.layout.own) {
		b.values[whole] = object // the keys have no cells of their own
	}
	if b.row.Err != nil {
		return
	}
	b.update.Reset()
	b.metadata = object
	for f := range client.Field(client.NumFields) {
		switch v := b.value(f); {
		case v.state == cleared:
			b.update.Clear(f)
		case v.state != given:
		case f.Kind() != client.Text:
			b.update.SetJSON(f, v.text)
		default:
			b.update.SetText(f, v.text)
		}
	}
	b.row.Body, b.row.Set, b.row.Cleared, b.row.values = b.update.Body(), b.update.Set(), b.update.Cleared(), b
	if isMisread(b.row.Body) {
		b.warnMisread()
	}
}

// value is what the row says of a field, metadata with all its keys.
func (b *builder) value(f client.Field) value {
	switch i := b.fields[f]; {
	case f == client.Metadata:
		return b.metadata
	case i >= 0:
		return b.values[i]
	}
	return value{}
}

// warnMisread finds the cell with text in a wrong encoding.
func (b *builder) warnMisread() {
	for i, own := range b.layout.own {
		if text := b.values[i].text; own.target.sent() && isMisread(text) {
			b.warn(b.inputName(i), rowErrorf(misreadKind, text, "it is shown here as it would be sent; write the file again as UTF-8"))
			return
		}
	}
}

// mergeMetadata adds the keys that have columns of their own to the metadata
// object.
func (b *builder) mergeMetadata(base value, constants bool) value {
	tree, start := b.layout.tree, len(b.typist.made)
	if base.state == given && constants && tree.constant { // also in its own cell --set comes first
		b.typist.made = tree.without(b.typist.made, base.text)
		base, _ = objectValue(b.typist.since(start)) // it is an object
		b.values[b.fields[client.Metadata]] = base
	}
	if !tree.any(b.values) || base.state == bad {
		return base
	}
	start = len(b.typist.made)
	if base.state != given {
		b.typist.made = tree.appendValue(b.typist.made, b.values)
		return value{given, b.typist.since(start)}
	}
	merged, conflict := tree.merge(b.typist.made, base.text, b.values)
	b.typist.made = merged
	if conflict != nil {
		b.conflict = true
		name := b.inputName(conflict.column)
		b.fail(b.row.Line, name, rowErrorf("same metadata key twice", conflict.path,
			"the row's metadata has the key %s, which %s gives too; keep one of them", words.Quote(conflict.path), words.Quote(name)))
		return base
	}
	return value{given, b.typist.since(start)}
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

// appendTail appends the row's own columns in the form of the results file.
// rec is nil for JSONL.
func (b *builder) appendTail(dst []byte, rec *entry, withIgnored, withRaw bool) []byte {
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
			dst = b.values[i].appendCell(dst, own.target)
		}
	}
	if withIgnored {
		dst = record.AppendCSV(append(dst, ','), b.ignoredKeys)
	}
	if withRaw {
		dst = record.AppendCSV(append(dst, ','), b.raw)
	}
	return dst
}

// csvRow makes a row of a record of an ordinary CSV.
func (b *builder) csvRow(rec *entry) {
	b.start(rec.number, rec.line)
	if b.readRecord(rec) {
		b.readCells(rec, true)
	} else {
		b.keepRaw(rec.raw)
	}
}

// readRecord checks that the record has the header's cells. If not, the row is
// invalid; its task id is still read, if it is there, for the sake of later
// rows of the task.
func (b *builder) readRecord(rec *entry) bool {
	columns := b.layout.width
	switch err := rec.err; {
	case err != nil:
		b.fail(err.Line, b.columnName(err.cell), err)
	case rec.isMerged(columns, b.layout.delimiter):
		b.fail(rec.line, "", rowErrorf("all in one cell", "", "%s", mergedCells(rec.line).Msg))
	case rec.count < columns:
		b.fail(rec.line, b.columnName(len(rec.cells)), rowErrorf("too few cells", "",
			"the row has %s, the header %d; %s and what follows is missing", words.Plural(rec.count, "cell"), columns, words.Quote(b.columnName(len(rec.cells)))))
	case rec.count > columns:
		b.fail(b.lineOf(rec, columns), "", rowErrorf("too many cells", string(rec.cells[columns]),
			"the row has %s, the header %d; is a delimiter in a text without quotes?", words.Plural(rec.count, "cell"), columns))
	default:
		return true
	}
	own := b.layout.own[b.taskID]
	if cell := cellAt(rec, own.cell); len(cell) > 0 {
		if v, p := b.typist.cell(own.target, own.translation, cell); p == nil {
			b.values[b.taskID] = v
			b.setTaskID()
		}
	}
	return false
}

// readCells reads the cells of a record that is whole.
func (b *builder) readCells(rec *entry, constants bool) {
	for i := range b.layout.own {
		switch own := &b.layout.own[i]; {
		case own.optional:
			own.filled = own.filled || len(rec.cells[own.cell]) > 0
		case own.target.place == nowhere:
		case own.constant != nil && constants:
			b.values[i] = *own.constant
		case own.cell >= 0:
			var p *RowError
			if b.values[i], p = b.typist.cell(own.target, own.translation, rec.cells[own.cell]); p != nil {
				b.fail(b.lineOf(rec, own.cell), b.columnName(own.cell), p)
				if p.untranslated {
					b.keepRaw(rec.raw)
				}
			}
		}
	}
	for _, i := range b.layout.unnamed {
		if cell := string(rec.cells[i]); cell != "" {
			b.fail(b.lineOf(rec, i), b.columnName(i), rowErrorf("column without a name", cell,
				"column %d has no name in the header, but this row has %s in it; name the column, or carry it along: --ignore-unknown", i+1, words.Quote(cell)))
			b.keepRaw(rec.raw)
		}
	}
	b.finish(constants)
}

// keepRaw keeps the text of a row that cannot go into cells.
func (b *builder) keepRaw(text []byte) {
	if len(b.raw) == 0 {
		b.raw = shownRaw(text)
		b.ignoredKeys = b.ignoredKeys[:0]
		b.empty = true
	}
}

func (b *builder) columnName(i int) string {
	if i >= b.layout.width {
		return ""
	}
	if name := b.layout.columns[i].name; name != "" {
		return name
	}
	return fmt.Sprintf("(column %d)", i+1)
}

// lineOf returns the physical line on which a cell begins: newlines inside a
// record stand in its cells.
func (b *builder) lineOf(rec *entry, cell int) int64 {
	line := rec.line
	for _, c := range rec.cells[:cell] {
		line += int64(bytes.Count(c, []byte{b.layout.newline}))
	}
	return line
}

const maxRaw = 4 << 10 // bytes of a cell in the column _raw

// shownRaw is the text of a record for people: on one line, what cannot be
// seen written as an escape, cut to maxRaw bytes.
func shownRaw(raw []byte) (dst []byte) {
	const ellipsis = "..."
	text, cut := string(raw[:min(len(raw), maxRaw+1)]), 0
	for len(text) > 0 {
		n := 1
		if text[0] == '\\' {
			dst = append(dst, `\\`...)
		} else {
			dst, n = words.AppendVisible(dst, text)
		}
		text = text[n:]
		if len(dst) <= maxRaw-len(ellipsis) {
			cut = len(dst)
		} else if len(dst) > maxRaw {
			return append(dst[:cut], ellipsis...)
		}
	}
	return dst
}
