package batch

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// history is the records that a run continues, in row order.
type history struct {
	*results.Reader
	path         string
	partial      bool  // path is a .partial
	lastUpdated  int64 // highest updated row
	lastFinished time.Time
}

// openHistory finds the records that this run continues: the .partial of a
// run that was cut off, else the results file.
func (p *Plan) openHistory() error {
	if p.cfg.Results == "" || p.cfg.Fresh {
		return nil
	}
	path, partial := results.PartialName(p.cfg.Results), true
	reader, err := results.OpenPartial(path, filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		path, partial = p.cfg.Results, false
		reader, err = results.OpenComplete(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return historyError(err)
	}
	p.history = &history{Reader: reader, path: path, partial: partial}
	return p.scanHistory()
}

// scan notes what must be known before the first row.
func (p *Plan) scanHistory() error {
	var seen Survey
	h := p.history
	for {
		old, err := h.Next()
		if err == io.EOF {
			h.lastFinished = seen.LastFinished
			return nil
		}
		if err != nil {
			return historyError(err)
		}
		if err := p.checkTarget(h.path, old.Row, old.Outcome, old.Cell(record.ColTarget)); err != nil {
			return err
		}
		if old.Outcome == record.Updated {
			h.lastUpdated = old.Row
		}
		if old.Outcome.Finished() {
			seen.finishedAt(old.Cell(record.ColAt))
		}
	}
}

// historyError is an earlier file that cannot be continued.
func historyError(err error) error {
	if errors.Is(err, results.ErrTemp) {
		return errorOf(Local, fmt.Sprintf("cannot read the earlier results: %v", err), "make room, then run the same command again")
	}
	hint := ""
	if foreign := (*results.ForeignError)(nil); errors.As(err, &foreign) {
		hint = foreign.Hint()
	}
	return errorOf(Setup, err.Error(), hint)
}

// sameColumns tells whether the records that are continued have the columns
// of this run.
func (p *Plan) sameColumns() bool {
	return slices.Equal(p.history.Columns(), p.cfg.Input.Columns())
}

// fate is what is to be done with a row, as far as the files tell.
type fate uint8

const (
	send     fate = iota // to be sent
	noChange             // sets no field: skipped
	same                 // its task was given exactly this by an earlier batch: skipped
	invalid              // cannot be turned into a request
	behind               // an earlier row of its task is invalid
	held                 // a later row of its task is updated already
	carried              // keeps the record that a results file given as input has of it
	recorded             // keeps its record in the .partial
	left                 // --limit leaves it out, and nothing is recorded of it
)

// past is what earlier runs recorded of a row.
type past struct {
	outcome record.Outcome // None: nothing
	sum     record.Sum
	hasSum  bool
	head    *record.Head // the record's first columns, when it comes from a results file given as input
	inFile  bool         // the record stands in the .partial that this run continues
}

// order is what must be known of the tasks, by hash, to send no older row over
// a newer one.
type order struct {
	seed   maphash.Seed
	newest map[uint64]int64 // last updated row of the tasks that also have an earlier row to send
}

func newOrder() order { return order{maphash.MakeSeed(), map[uint64]int64{}} }

func (o *order) hash(task string) uint64 { return maphash.String(o.seed, task) }

// walk goes through the input's rows and, beside them, through the records of
// earlier runs, which are in row order too. Both passes use it, so that they
// see the same fates.
type walk struct {
	plan    *Plan
	old     results.Old
	more    bool // old holds a record that no row has claimed
	rows    int64
	fitting bool     // a finished row was as it is recorded
	sums    bool     // wanted of every row, not only to compare them
	invalid closings // tasks with an invalid row so far
}

// newWalk starts at the first row.
func (p *Plan) newWalk() (*walk, error) {
	w := &walk{plan: p, invalid: closings{}}
	if p.history == nil {
		return w, nil
	}
	if err := p.history.Rewind(); err != nil {
		return nil, historyError(err)
	}
	return w, w.step()
}

// startOver is the last way on for an input that is not what it was.
const startOver = "start over with --fresh (the earlier results are kept under their time); a new file under the same name each night needs -o '{name}-{date}.csv'"

// step moves to the next record.
func (w *walk) step() error {
	old, err := w.plan.history.Next()
	w.old, w.more = old, err == nil
	if err == nil || err == io.EOF {
		return nil
	}
	return historyError(err)
}

// passOver leaves behind the records before a row; none may be finished.
func (w *walk) passOver(row int64) error {
	for w.more && w.old.Row < row {
		if w.old.Outcome.Finished() {
			return errorOf(Setup, fmt.Sprintf("row %d is %s in %s, but the input does not hold it any more", w.old.Row, w.old.Outcome, w.plan.history.path),
				"undo the change to the input, or "+startOver)
		}
		w.plan.gone = true
		if err := w.step(); err != nil {
			return err
		}
	}
	return nil
}

// end is after the last row.
func (w *walk) end() error { return w.passOver(1 << 62) }

// within tells whether --limit selects the row.
func (w *walk) within() bool {
	limit := w.plan.cfg.Limit
	return limit == 0 || w.rows <= limit
}

// visit says what is to be done with the next row of the input: it fills in
// the item's task, sum, past, fate and by.
func (w *walk) visit(it *item) error {
	w.rows++
	if it.row.TaskID != "" {
		it.task = w.plan.order.hash(it.row.TaskID)
	}
	if err := w.recall(it); err != nil {
		return err
	}
	given := w.given(it)
	it.fate = w.byRecord(it)
	if it.fate == send {
		it.fate = w.byContent(it)
	}
	if tried := it.past.outcome == record.Failed || it.past.outcome == record.Unknown; it.fate == send && given && !tried {
		it.fate = same // unless an attempt of this batch may have changed the task meanwhile
	}
	return nil
}

// given tells whether an earlier batch gave exactly this to the row's task.
func (w *walk) given(it *item) bool {
	if w.plan.unchanged == nil || it.task == 0 || string(it.row.Body) == "{}" {
		return false
	}
	return w.plan.unchanged.see(it.task, it.sum.Update) && it.row.Err == nil
}

// recall finds what is recorded of the row. What is finished must not have
// changed since.
func (w *walk) recall(it *item) error {
	row := it.row
	if err := w.passOver(row.Number); err != nil {
		return err
	}
	it.past = priorOf(row)
	if head := it.past.head; head != nil {
		if err := w.plan.checkTarget(w.plan.input, row.Number, it.past.outcome, head[record.ColTarget]); err != nil {
			return err
		}
	}
	if row.Err == nil && (w.sums || w.plan.history != nil || w.plan.unchanged != nil) {
		it.sum = record.SumOf(row.TaskID, row.Body)
	}
	if !w.more || w.old.Row != row.Number {
		return nil
	}
	copied := it.past.outcome.Finished() // from the input, as it stands
	it.past = past{outcome: w.old.Outcome, inFile: true}
	it.past.sum, it.past.hasSum = w.old.Sum()
	if !copied && it.past.outcome.Finished() {
		if row.Err != nil || !it.past.hasSum || it.past.sum != it.sum {
			return w.changed(row)
		}
		w.fitting = true
	}
	return w.step()
}

// changed is about a finished row that is not what was sent.
func (w *walk) changed(row *csvmap.Row) error {
	why := fmt.Sprintf("row %d (line %d, task %s) is %s in %s, but it is not the same any more: the input, or a flag that maps it, was changed", row.Number, row.Line, row.TaskID, w.old.Outcome, w.plan.history.path)
	if w.fitting {
		return errorOf(Setup, why, "undo the change, put changed rows into a file of their own, or "+startOver)
	}
	return errorOf(Setup, why+"; or these are the results of another input, whose name leads to the same file", "give this input results of its own with -o FILE, undo the change, or "+startOver)
}

// byRecord tells whether the row is done with, or left out; else it is send.
func (w *walk) byRecord(it *item) fate {
	within := w.within()
	switch {
	case within && !it.past.outcome.Finished():
		return send
	case it.past.outcome == record.None:
		return left
	case it.past.inFile:
		return recorded
	}
	return carried
}

// byContent tells whether a row that is not finished can be sent, as far as
// its cells and the other rows of its task go.
func (w *walk) byContent(it *item) fate {
	switch {
	case it.row.Err != nil:
		if it.task != 0 {
			w.invalid.close(it.task, it.row.Number, record.Invalid)
		}
		return invalid
	case string(it.row.Body) == "{}":
		return noChange
	}
	if it.by.row = w.plan.order.newest[it.task]; it.by.row > it.row.Number {
		return held
	}
	var closed bool
	if it.by, closed = w.invalid.by(it.task); closed {
		return behind
	}
	return send
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
