package csvmap

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// isReserved tells whether a column of this name belongs to the results file
// itself.
func isReserved(name string) bool {
	return slices.Contains(record.Names[:], name) || name == record.RawName || name == record.IgnoredName
}

// isResultsHeader recognises a results file.
func isResultsHeader(names []string) bool {
	return slices.Contains(names, record.Names[record.ColOutcome]) && slices.Contains(names, record.Names[record.ColRow])
}

// resultsColumns is where a results file has the columns that are ours; -1 for
// those that a person removed.
type resultsColumns struct {
	head    [record.NumHead]int
	raw     int
	ignored int

	asItStands bool        // the file's cells are not protected against formulas
	edited     []cellCount // of the edited rows, for each of layout.own
	misread    int64       // edited rows with text in a wrong encoding
}

// mapResults makes the layout of a results file: only exact names are fields,
// and nothing but --set applies.
func mapResults(names []string, line int64, r *rules) (*layout, error) {
	l := &layout{rules: r, width: len(names), results: &resultsColumns{}}
	for _, name := range names {
		name, _ = record.Unprotect(strings.TrimPrefix(name, "\uFEFF"))
		c := column{name: name, note: "carried along"}
		if t, ok := parseExactTarget(name); ok {
			c.target, c.note = t, ""
		} else if isReserved(name) {
			c.target, c.note = target{place: ours}, ""
		}
		l.columns = append(l.columns, c)
	}
	for i, name := range record.Names {
		l.results.head[i] = slices.Index(names, name)
	}
	l.results.raw = slices.Index(names, record.RawName)
	l.results.ignored = slices.Index(names, record.IgnoredName)

	if err := l.finish(&headerProblems{}, line, nil); err != nil {
		return nil, err
	}
	return l, checkSetTypes(l.columns, r)
}

// checkSetTypes refuses a --set that would give a metadata key another type
// than the rows that are carried over have.
func checkSetTypes(columns []column, r *rules) error {
	for _, c := range columns {
		if set := r.constantFor(c.target); set != nil && set.target.typ != c.target.typ {
			return &InputError{Usage: true, Msg: fmt.Sprintf("--set %s: the results file has this key as %s", set.target, c.target),
				Hints: []string{fmt.Sprintf("--set %s", words.Shell(c.target.String()+"=..."))}}
		}
	}
	return nil
}

// prior reads what the file says of a row.
func (c *resultsColumns) prior(rec *entry) *Prior {
	p := &Prior{}
	for i, at := range c.head {
		p.Head[i] = string(cellAt(rec, at))
	}
	return p
}

// cellAt is the record's cell, empty if it has none there.
func cellAt(rec *entry, i int) []byte {
	if i < 0 || i >= len(rec.cells) || rec.err != nil && i >= rec.err.cell {
		return nil
	}
	return rec.cells[i]
}

// resultsRow makes a row of a record of a results file. Constants replace the
// cells of rows that are sent again only.
func (b *builder) resultsRow(rec *entry) {
	prior := b.layout.results.prior(rec)
	whole := b.readProtected(rec, prior)
	raw := cellAt(rec, b.layout.results.raw)
	prior.Raw = len(raw) > 0 && whole && !b.hasCells(rec)
	if sum, ok := prior.Head.Sum(); ok && whole && len(raw) == 0 && !b.fits(prior) {
		prior.Edited = true
		prior.WasTask = lostZeros(b.row.TaskID, sum)
	}
	outcome, _ := prior.Head.Outcome()
	sent := !outcome.Finished() && len(raw) == 0 && prior.WasTask == ""
	if sent && whole && b.constants {
		b.readResults(rec, prior, true)
	}
	b.row.Prior = prior
	b.verbatim = !sent
	b.ignoredKeys = append(b.ignoredKeys, cellAt(rec, b.layout.results.ignored)...)
	switch {
	case !whole:
		b.keepRaw(rec.raw)
	case len(raw) > 0:
		b.raw = append(b.raw[:0], raw...)
		b.row.Err = notRepaired(rec.line, prior.Raw)
	case prior.WasTask != "":
		if b.row.Err == nil && !outcome.Finished() {
			b.fail(b.lineOf(rec, b.layout.own[b.taskID].cell), taskIDName, rowErrorf("leading zeros lost", b.row.TaskID,
				"the taskId was %s, of which a spreadsheet has made %s; write it back, or empty the row's _sum if %[2]s is meant",
				words.Quote(prior.WasTask), words.Quote(b.row.TaskID)))
		}
		b.row.TaskID = prior.WasTask
	}
	if b.row.Err != nil {
		b.row.Body, b.row.Set, b.row.Cleared = nil, 0, 0
	}
}

// readResults reads the cells of a record; false: it has not the header's.
func (b *builder) readResults(rec *entry, prior *Prior, constants bool) bool {
	number, _ := prior.Head.Row() // checked before
	b.start(number, rec.line)
	if !b.readRecord(rec) {
		return false
	}
	b.readCells(rec, constants)
	return true
}

// fits tells whether the row is still what its _sum was made of.
func (b *builder) fits(prior *Prior) bool {
	sum, ok := prior.Head.Sum()
	return ok && b.row.Err == nil && sum == record.SumOf(b.row.TaskID, b.row.Body)
}

// readProtected is readResults for cells that may be protected against being
// run as a formula. Where the row's _sum does not tell whether they are, the
// other rows of the file have told.
func (b *builder) readProtected(rec *entry, prior *Prior) (whole bool) {
	whole = b.readResults(rec, prior, false)
	plain := b.layout.results.unprotected(rec)
	if !whole || plain == nil {
		return whole
	}
	asItStands, told := b.tells(rec, plain, prior)
	if !told {
		asItStands = b.layout.results.asItStands
	}
	if !asItStands {
		copy(rec.cells, plain)
	}
	return b.readResults(rec, prior, false)
}

// tells finds out by a record's _sum whether its cells are protected; told is
// false if it does not tell.
func (b *builder) tells(rec *entry, plain [][]byte, prior *Prior) (asItStands, told bool) {
	fits := func(cells [][]byte) bool {
		stand := rec.cells
		rec.cells = cells
		defer func() { rec.cells = stand }()
		return b.readResults(rec, prior, false) && b.fits(prior)
	}
	asItStands = fits(rec.cells)
	if plain == nil { // a formula that is sent
		return asItStands, asItStands
	}
	return asItStands, asItStands != fits(plain)
}

// fileTells is tells for those records that can tell for the whole file.
func (b *builder) fileTells(rec *entry) (asItStands, told bool) {
	plain := b.layout.results.unprotected(rec)
	formula := func(own ownColumn) bool {
		cell := cellAt(rec, own.cell)
		return own.target.sent() && len(cell) > 0 && cell[0] != '\'' && record.IsFormula(cell)
	}
	if plain == nil && !slices.ContainsFunc(b.layout.own, formula) {
		return false, false
	}
	return b.tells(rec, plain, b.layout.results.prior(rec))
}

// unprotected returns the record's cells without the mark that keeps a
// spreadsheet from running them, nil if none has it.
func (c *resultsColumns) unprotected(rec *entry) [][]byte {
	var cells [][]byte
	for i, cell := range rec.cells {
		if plain, found := record.Unprotect(cell); found && !slices.Contains(c.head[:], i) {
			if cells == nil {
				cells = slices.Clone(rec.cells)
			}
			cells[i] = plain
		}
	}
	return cells
}

// hasCells tells whether one of the row's own cells is filled; a remark in a
// column without a name is none.
func (b *builder) hasCells(rec *entry) bool {
	return slices.ContainsFunc(b.layout.own, func(own ownColumn) bool { return !own.optional && len(cellAt(rec, own.cell)) > 0 })
}

// notRepaired is why a row with a text in _raw is not sent.
func notRepaired(line int64, empty bool) *RowError {
	reason := "its cells are filled; empty its _raw, then it is sent"
	if empty {
		reason = "the row could not be read in an earlier run; fill its cells and empty its _raw, then it is sent"
	}
	return &RowError{Line: line, Column: record.RawName, Kind: "not repaired", Reason: reason}
}

// lostZeros returns what a taskId was before a spreadsheet took it for a
// number, by the hash of it in _sum; "" if it only was another.
func lostZeros(id string, sum record.Sum) string {
	const most = 20
	if id == "" {
		return ""
	}
	for range most {
		if id = "0" + id; record.SumOf(id, nil).Task == sum.Task {
			return id
		}
	}
	return ""
}

// cellCount counts filled cells, and those of them that a spreadsheet may have
// written.
type cellCount struct{ filled, rewritten int64 }

// What a spreadsheet makes of cells: numbers, dates and times.
var (
	spreadsheetNumber = regexp.MustCompile(`^[+-]?[\d.,]+([eE][+-]?\d+)?%?$`)
	spreadsheetDate   = regexp.MustCompile(`^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2})?( [AP]M)?)?` +
		`|\d{1,2}[-. ]\p{L}{3,4}\.?([-. ]\d{2,4})?|\d{1,2}:\d{2}(:\d{2})?)$`)
)

func isSpreadsheetCell(cell []byte) bool {
	return spreadsheetNumber.Match(cell) || spreadsheetDate.Match(cell)
}

// countEdited counts the cells of a row that was edited.
func (c *resultsColumns) countEdited(own []ownColumn, rec *entry) {
	if c.edited == nil {
		c.edited = make([]cellCount, len(own))
	}
	for i, o := range own {
		if cell := cellAt(rec, o.cell); len(cell) > 0 && o.target.sent() && !o.target.isJSON() {
			c.edited[i].filled++
			if isSpreadsheetCell(cell) {
				c.edited[i].rewritten++
			}
		}
	}
}

// rewritten tells what a spreadsheet has probably done to the file: columns
// that it took for numbers or dates, and a wrong encoding.
func (c *resultsColumns) rewritten(own []ownColumn) (hints []string) {
	if c.misread > 0 {
		hints = append(hints, fmt.Sprintf("%s with %s: a spreadsheet has opened the file in a wrong encoding and saved it so", words.Plural(c.misread, "edited row"), misreadKind))
	}
	for i, n := range c.edited {
		if n.filled > 0 && n.rewritten == n.filled {
			hints = append(hints, fmt.Sprintf("column %s: in the edited rows it holds only numbers and dates (%s); a spreadsheet has probably rewritten it",
				own[i].name, words.Plural(n.filled, "cell")))
		}
	}
	return hints
}
