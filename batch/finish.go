package batch

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// completeUntilStopped completes the files. After a signal, earlier or now, it
// has only so much time; a second one ends it at once.
func (p *Plan) completeUntilStopped(ctx context.Context, d *dispatcher, s *Summary, stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		defer cancel()
		asked := d.stopping.signalled
		if asked.IsZero() {
			select {
			case <-stop:
				asked = time.Now()
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-stop:
		case <-time.After(time.Until(asked.Add(grace + filesGrace))):
		case <-ctx.Done():
		}
	})
	p.complete(ctx, d, s)
	cancel()
	watch.Wait()
}

// complete puts the records in row order and gives the results file its name.
// It counts the outcomes anew from the records themselves.
func (p *Plan) complete(ctx context.Context, d *dispatcher, s *Summary) {
	if d.stopping.giveUp {
		s.leftOver()
		return
	}
	counted, err := d.file.Order(ctx, p.cfg.Results, p.form())
	switch {
	case ctx.Err() != nil && err != nil:
		s.leftOver()
		p.cfg.notify(true, "there was no time left to put the records in order; the same command continues")
		return
	case err != nil:
		s.leftOver()
		s.Stop = &Stop{Local, fmt.Sprintf("cannot complete the results: %v", err), "make room, then run the same command again: it completes them"}
		return
	}
	s.Results, s.Complete, s.Errors = p.cfg.Results, true, counted.Causes.List()
	p.reconcile(counted.Outcomes, s)
	if err := p.WriteFailures(); err != nil {
		s.Stop = &Stop{Local, err.Error(), "make room, then run the same command again: it writes the file"}
	}
}

// form is how the results and the failures are written.
func (p *Plan) form() results.Form {
	if !p.cfg.Excel {
		return results.Form{}
	}
	return results.Form{Excel: true, Delimiter: p.cfg.Input.Delimiter()}
}

// WriteFailures writes the failures file, if one is wanted, from the complete
// results file: the rows that a rerun would send. Without a results file, as
// when nothing was to be done, it is only the header.
func (p *Plan) WriteFailures() error {
	if p.cfg.Failures == "" {
		return nil
	}
	err := results.WriteAtomic(p.cfg.Failures, 0o600, func(w io.Writer) error {
		return results.CopyUnfinished(w, p.cfg.Results, p.form(), p.cfg.Input.Columns())
	})
	if err != nil {
		return fmt.Errorf("cannot write the failures: %w", err)
	}
	return nil
}

// leftOver counts the rows that got no record as unsent.
func (s *Summary) leftOver() {
	n := s.Rows
	for _, c := range s.Outcomes {
		n -= c
	}
	s.Outcomes[record.Unsent] += max(0, n)
}

// reconcile checks that selected rows = sum of outcomes = records.
func (p *Plan) reconcile(counted Outcomes, s *Summary) {
	var records int64
	for o, n := range counted {
		records += n
		if n != s.Outcomes[o] {
			s.Stop = mismatch(fmt.Sprintf("%d records are %s, but %d were counted", n, record.Outcome(o), s.Outcomes[o]))
		}
	}
	if records != s.Rows {
		s.Stop = mismatch(fmt.Sprintf("%d rows were selected, but %d have a record", s.Rows, records))
	}
	s.Outcomes = counted
}

func mismatch(what string) *Stop {
	return &Stop{Bug, "a bug in taskbatch: the results do not add up: " + what, "please report it; the records are kept"}
}

// newSummary is the summary before the files are completed.
func (p *Plan) newSummary(d *dispatcher, started time.Time) *Summary {
	s := p.tally.summary()
	s.Started, s.Rows, s.Stop, s.Errors = started, p.survey.Rows, d.stopping.stop, []results.Cause{}
	s.Results = results.PartialName(p.cfg.Results)
	if s.Stop != nil && s.Stop.Cause == Rule && !d.stopping.cut {
		s.Stop = nil // every row came to its own end all the same
	}
	if d.stopping.unwritable {
		s.Unrecorded = d.file.Unrecorded()
	}
	return s
}
