package csvmap

import (
	"bytes"
	"fmt"

	"taskbatch/csvmap/words"
)

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
