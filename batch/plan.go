package batch

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// Plan is a batch that was read and checked, ready to run.
type Plan struct {
	cfg    Config
	survey Survey
	tally  *tally

	rerun       bool            // the input is a results file
	history     *results.Reader // the records that this run continues, in row order; nil: none
	partial     bool            // they come from the .partial
	lastUpdated int64           // highest updated row in them
	gone        bool            // unfinished records whose row is not in the input any more
	newest      map[string]int64
}

// Prepare reads the whole input once, and what earlier runs recorded of it.
// Nothing is sent and no file is written. Errors: *Error, *csvmap.InputError,
// or the context's. The Plan must be closed.
func Prepare(ctx context.Context, cfg Config) (*Plan, error) {
	p := &Plan{cfg: cfg, tally: newTally(), rerun: cfg.Input.Facts().IsResults, newest: map[string]int64{}}
	if err := p.prepare(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close removes what Prepare holds open.
func (p *Plan) Close() error {
	if p.history == nil {
		return nil
	}
	return p.history.Close()
}

func (p *Plan) prepare(ctx context.Context) error {
	if err := p.openHistory(); err != nil {
		return err
	}
	w, err := p.newWalk()
	if err != nil {
		return err
	}
	s := newSurveyor(p)
	for row, err := range p.cfg.Input.Check(ctx) {
		if err != nil {
			return err
		}
		v, err := w.visit(row)
		if err != nil {
			return err
		}
		if v.selected {
			s.add(row, v)
		} else {
			p.survey.Left++
		}
	}
	err = w.end()
	p.gone = w.gone > 0
	p.survey.DuplicateTasks = s.tasks.count()
	return err
}

// openHistory finds the records that this run continues: the .partial of a
// run that was cut off, else the results file.
func (p *Plan) openHistory() error {
	if p.cfg.Results == "" || p.cfg.Fresh {
		return nil
	}
	var err error
	partial := results.PartialName(p.cfg.Results)
	p.history, err = results.OpenPartial(partial, filepath.Dir(partial))
	p.survey.Continues, p.partial = partial, true
	if errors.Is(err, fs.ErrNotExist) {
		p.history, err = results.OpenComplete(p.cfg.Results)
		p.survey.Continues, p.partial = p.cfg.Results, false
	}
	if errors.Is(err, fs.ErrNotExist) {
		p.survey.Continues = ""
		return nil
	}
	if err != nil {
		return historyError(err)
	}
	return p.scanHistory()
}

// scanHistory notes what Check needs to know beforehand.
func (p *Plan) scanHistory() error {
	for {
		old, err := p.history.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return historyError(err)
		}
		if old.Outcome == record.Updated {
			p.lastUpdated = old.Row
		}
		if old.Outcome.Finished() {
			p.survey.finishedAt(old.Cell(record.ColAt))
		}
	}
}

// historyError is an earlier file that cannot be continued.
func historyError(err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	var foreign *results.ForeignError
	if errors.As(err, &foreign) {
		hint = foreign.Hint()
	}
	return errorOf(Setup, err.Error(), hint)
}

// sameColumns tells whether the records that are continued have the columns
// of this run.
func (p *Plan) sameColumns() bool {
	return slices.Equal(p.history.Columns(), p.cfg.Input.Columns())
}

// Survey is what Prepare found.
func (p *Plan) Survey() *Survey { return &p.survey }

// Progress may be called from any goroutine while Run runs.
func (p *Plan) Progress() Progress {
	pr := p.tally.progress(time.Now())
	pr.Total = p.survey.Rows
	return pr
}
