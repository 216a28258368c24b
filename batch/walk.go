package batch

import (
	"fmt"
	"io"

	"taskbatch/batch/results"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// walk goes through the input's rows and, beside them, through the records of
// earlier runs, which are in row order too. Both passes use it, so that they
// see the same fates.
type walk struct {
	plan    *Plan
	history *results.Reader // nil: there is none
	old     results.Old
	more    bool // old holds a record that no row has claimed
	rows    int64

	sums bool  // wanted of every row, not only to compare them
	gone int64 // unfinished records whose row is not in the input any more
}

// view is what the walk knows of a row.
type view struct {
	fate     fate
	selected bool
	past     past
	sum      record.Sum
	over     int64
}

// newWalk starts at the first row.
func (p *Plan) newWalk() (*walk, error) {
	w := &walk{plan: p, history: p.history}
	if w.history == nil {
		return w, nil
	}
	if err := w.history.Rewind(); err != nil {
		return nil, historyError(err)
	}
	return w, w.step()
}

// step moves to the next record.
func (w *walk) step() error {
	old, err := w.history.Next()
	w.old, w.more = old, err == nil
	if err == io.EOF {
		return nil
	}
	return historyError(err)
}

// passOver leaves behind the records before a row; none may be finished.
func (w *walk) passOver(row int64) error {
	for w.more && w.old.Row < row {
		if w.old.Outcome.Finished() {
			return errorOf(Setup, fmt.Sprintf("row %d is %s in %s, but the input does not hold it any more", w.old.Row, w.old.Outcome, w.plan.survey.Continues), "undo the change to the input, or start over with --fresh (the earlier results are kept under their time)")
		}
		w.gone++
		if err := w.step(); err != nil {
			return err
		}
	}
	return nil
}

// end is after the last row.
func (w *walk) end() error { return w.passOver(1 << 62) }

// enough tells whether --limit leaves out all the rows that are still to come.
func (w *walk) enough() bool {
	limit := w.plan.cfg.Limit
	return limit > 0 && w.rows >= limit && !w.more && !w.plan.rerun
}

// visit says what is to be done with the next row of the input.
func (w *walk) visit(row *csvmap.Row) (view, error) {
	w.rows++
	within := w.plan.cfg.Limit == 0 || w.rows <= w.plan.cfg.Limit
	v := view{past: priorOf(row)}
	if err := w.passOver(row.Number); err != nil {
		return v, err
	}
	if row.Err == nil && (w.sums || w.history != nil) {
		v.sum = record.SumOf(row.TaskID, row.Body)
	}
	copied := v.past.outcome.Finished()
	if w.more && w.old.Row == row.Number {
		v.past = past{outcome: w.old.Outcome, sum: w.old.Sum, hasSum: w.old.HasSum, inFile: true}
		if !copied && v.past.outcome.Finished() && (row.Err != nil || !v.past.hasSum || v.past.sum != v.sum) {
			return v, changedError(row, w.old.Outcome, w.plan.survey.Continues)
		}
		if err := w.step(); err != nil {
			return v, err
		}
	}
	v.selected = within || v.past.outcome != record.None
	switch {
	case !v.selected, v.past.inFile && (!within || v.past.outcome.Finished()):
		v.fate = recorded
	case !within || v.past.outcome.Finished():
		v.fate = carried
	case row.Err != nil:
		v.fate = invalid
	case string(row.Body) == "{}":
		v.fate = noChange
	default:
		v.fate = send
		if v.over = w.plan.newest[row.TaskID]; v.over > row.Number {
			v.fate = held
		}
	}
	return v, nil
}

// priorOf is what a results file given as input says of a row.
func priorOf(row *csvmap.Row) past {
	if row.Prior == nil {
		return past{}
	}
	p := past{head: &row.Prior.Head}
	p.outcome, _ = p.head.Outcome()
	p.sum, p.hasSum = p.head.Sum()
	return p
}

func changedError(row *csvmap.Row, o record.Outcome, file string) *Error {
	return errorOf(Setup,
		fmt.Sprintf("row %d (line %d, task %s) is %s in %s, but it is not the same any more: the input, or a flag that maps it, was changed", row.Number, row.Line, row.TaskID, o, file),
		"undo the change, put changed rows into a file of their own, or start over with --fresh (the earlier results are kept under their time)")
}
