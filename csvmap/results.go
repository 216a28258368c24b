package csvmap

import (
	"fmt"
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

// resultsHint explains a header from which somebody removed a column of ours.
func resultsHint(names []string) []string {
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(record.Names[:], strings.TrimSpace(name)) }) {
		return []string{"a results file that is to be sent again must keep its columns _outcome and _row"}
	}
	return nil
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

	var p headerProblems
	checkDuplicates(l.columns, &p)
	checkTargets(l.columns, r, &p)
	if err := p.err(line, nil); err != nil {
		return nil, err
	}
	if err := checkSetTypes(l.columns, r); err != nil {
		return nil, err
	}
	l.addOwn(r)
	return l, nil
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
