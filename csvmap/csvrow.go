package csvmap

import (
	"fmt"
	"slices"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// csvRow makes a row of a record of an ordinary CSV.
func (b *builder) csvRow(rec *csvRecord) {
	b.start(rec.number, rec.line)
	if b.readRecord(rec) {
		b.readCells(rec, true)
	} else {
		b.keepRaw(rec.raw)
	}
}

// resultsRow makes a row of a record of a results file. Constants replace the
// cells of rows that are sent again only.
func (b *builder) resultsRow(rec *csvRecord) {
	prior := b.layout.results.prior(rec)
	number, _ := prior.Head.Row() // checked before
	build := func(constants bool) bool {
		b.start(number, rec.line)
		ok := b.readRecord(rec)
		if ok {
			b.readCells(rec, constants)
		}
		return ok
	}
	whole := build(false)
	raw := cellAt(rec, b.layout.results.raw)
	prior.Raw = raw != "" && whole && !b.hasCells(rec)
	prior.Edited = whole && raw == "" && prior.edited(&b.row)
	outcome, _ := prior.Head.Outcome()
	sent := !outcome.Finished() && raw == ""
	if sent && whole && b.constants {
		build(true)
	}
	b.row.Prior = prior
	b.verbatim = !sent
	b.ignoredKeys = append(b.ignoredKeys, cellAt(rec, b.layout.results.ignored)...)
	switch {
	case !whole:
		b.keepRaw(rec.raw)
	case raw != "":
		b.raw = raw
		b.row.Err = notRepaired(rec.line, prior.Raw)
	}
	if b.row.Err != nil {
		b.row.Body, b.row.Set, b.row.Cleared = nil, 0, 0
	}
}

// hasCells tells whether one of the row's own cells is filled; a remark in a
// column without a name is none.
func (b *builder) hasCells(rec *csvRecord) bool {
	return slices.ContainsFunc(b.layout.own, func(own ownColumn) bool { return !own.optional && cellAt(rec, own.cell) != "" })
}

// notRepaired is why a row with a text in _raw is not sent.
func notRepaired(line int64, empty bool) *RowError {
	reason := "its cells are filled; empty its _raw, then it is sent"
	if empty {
		reason = "the row could not be read in an earlier run; fill its cells and empty its _raw, then it is sent"
	}
	return &RowError{Line: line, Column: record.RawName, Kind: "not repaired", Reason: reason}
}

// readRecord checks that the record has the header's cells. If not, the row is
// invalid; its task id is still read, if it is there, for the sake of later
// rows of the task.
func (b *builder) readRecord(rec *csvRecord) bool {
	columns := b.layout.width
	switch err := rec.err; {
	case err != nil:
		b.fail(err.line, b.columnName(err.cell), &problem{kind: err.kind, reason: err.reason})
	case rec.count < columns:
		b.fail(rec.line, b.columnName(len(rec.cells)), problemf("too few cells", "",
			"the row has %s, the header %d; %s and what follows is missing", words.Plural(rec.count, "cell"), columns, words.Quote(b.columnName(len(rec.cells)))))
	case rec.count > columns:
		b.fail(b.lineOf(rec, columns), "", problemf("too many cells", rec.cells[columns],
			"the row has %s, the header %d; is a delimiter in a text without quotes?", words.Plural(rec.count, "cell"), columns))
	default:
		return true
	}
	own := b.layout.own[b.taskID]
	if cell := cellAt(rec, own.cell); cell != "" {
		if v, p := readTaskID(cell); p == nil {
			b.values[b.taskID] = v
			b.setTaskID()
		}
	}
	return false
}

// readCells reads the cells of a record that is whole.
func (b *builder) readCells(rec *csvRecord, constants bool) {
	for i, own := range b.layout.own {
		switch {
		case own.optional:
			b.layout.own[i].filled = own.filled || rec.cells[own.cell] != ""
		case own.target.place == nowhere:
		case own.constant != nil && constants:
			b.values[i] = *own.constant
		case own.cell >= 0:
			v, p := b.typist.cell(own.target, rec.cells[own.cell])
			b.values[i] = v
			if p != nil {
				b.fail(b.lineOf(rec, own.cell), b.columnName(own.cell), p)
			}
		}
	}
	for _, i := range b.layout.unnamed {
		if cell := rec.cells[i]; cell != "" {
			b.fail(b.lineOf(rec, i), b.columnName(i), problemf("column without a name", cell,
				"column %d has no name in the header, but this row has %s in it; name the column, or carry it along: --ignore-unknown", i+1, words.Quote(cell)))
			b.keepRaw(rec.raw)
		}
	}
	b.finish(constants)
}

// keepRaw keeps the text of a row that cannot go into cells.
func (b *builder) keepRaw(text string) {
	if b.raw == "" {
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
func (b *builder) lineOf(rec *csvRecord, cell int) int64 {
	line := rec.line
	for _, c := range rec.cells[:cell] {
		line += int64(strings.Count(c, string(rune(b.layout.newline))))
	}
	return line
}
