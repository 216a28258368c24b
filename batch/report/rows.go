package report

import (
	"context"
	"iter"

	"taskbatch/csvmap/record"
)

// Row is a row that did not get through, for the table. All its texts are for
// people: short, and without what cannot be seen.
type Row struct {
	Outcome  record.Outcome
	Number   string
	Status   string
	Attempts string
	Message  string
	Cells    []string // of the shown columns
}

const maxCell = 300 // bytes shown of a cell

// unfinished yields the first rows that did not get through. An error ends them
// and is kept in s.broken.
func (s *Section) unfinished(ctx context.Context, most int64) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		left := min(most, s.Unfinished())
		if left == 0 {
			return
		}
		for cells, err := range s.records.Each(ctx) {
			if err != nil {
				s.broken = err
				return
			}
			outcome, ok := record.ParseOutcome(string(s.cell(cells, record.ColOutcome)))
			if !ok || outcome.Finished() {
				continue
			}
			left--
			if !yield(s.row(cells, outcome)) || left == 0 {
				return
			}
		}
	}
}

func (s *Section) row(cells [][]byte, outcome record.Outcome) Row {
	text := func(column, limit int) string { return visible(string(s.cell(cells, column)), limit) }
	row := Row{
		Outcome: outcome, Number: text(record.ColRow, maxCell), Status: text(record.ColStatus, maxCell),
		Attempts: text(record.ColAttempts, maxCell), Message: text(record.ColError, 2*maxCell),
	}
	for _, c := range s.columns {
		if c.shown {
			row.Cells = append(row.Cells, visible(string(cellAt(cells, c.at)), maxCell))
		}
	}
	return row
}

// Columns are the names of Row.Cells.
func (s *Section) Columns() (names []string) {
	for _, c := range s.columns {
		if c.shown {
			names = append(names, visible(c.name, maxCell))
		}
	}
	return names
}
