package batch

import (
	"context"
	"fmt"
	"io"
	"time"

	"taskbatch/batch/results"
)

// complete puts the records in row order and gives the results file its name.
// It counts the outcomes anew from the records themselves.
func (p *Plan) complete(ctx context.Context, d *dispatcher, s *Summary) {
	if d.giveUp {
		return
	}
	if !d.signalled.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, d.signalled.Add(filesGrace))
		defer cancel()
	}
	causes := newCauses()
	var counted [results.NumOutcomes]int64
	order := func(failures io.Writer) error {
		return results.Order(ctx, results.PartialName(p.cfg.Results), p.cfg.Results, func(old *results.Old) error {
			counted[old.Outcome]++
			causes.add(old)
			if failures == nil || old.Outcome.Finished() {
				return nil
			}
			_, err := failures.Write(old.Raw)
			return err
		})
	}
	err := p.withFailures(order)
	switch {
	case ctx.Err() != nil && err != nil:
		p.cfg.notify(true, "there was no time left to put the records in order; the same command continues")
		return
	case err != nil:
		s.Stop = &Stop{Exit: 7, Why: fmt.Sprintf("cannot complete the results: %v", err), Hint: "make room, then run the same command again: it completes them"}
		return
	}
	s.Results, s.Complete, s.Errors = p.cfg.Results, true, causes.groups()
	p.reconcile(counted, s)
}

// withFailures runs the ordering with the failures file open, if one is
// wanted.
func (p *Plan) withFailures(order func(failures io.Writer) error) error {
	if p.cfg.Failures == "" {
		return order(nil)
	}
	return results.WriteAtomic(p.cfg.Failures, 0o600, func(w io.Writer) error {
		if _, err := w.Write(results.Header(p.cfg.Input.Columns())); err != nil {
			return err
		}
		return order(w)
	})
}

// reconcile checks that selected rows = sum of outcomes = records.
func (p *Plan) reconcile(counted [results.NumOutcomes]int64, s *Summary) {
	var records int64
	for o, n := range counted {
		records += n
		if n != s.Outcomes[o] && s.Stop == nil {
			s.Stop = mismatch(fmt.Sprintf("%d records are %s, but %d were counted", n, results.Outcome(o), s.Outcomes[o]))
		}
	}
	if records != s.Rows {
		s.Stop = mismatch(fmt.Sprintf("%d rows were selected, but %d have a record", s.Rows, records))
	}
	s.Outcomes = counted
}

func mismatch(what string) *Stop {
	return &Stop{Exit: 70, Why: "a bug in taskbatch: the results do not add up: " + what, Hint: "please report it; the records are kept"}
}

// newSummary is the summary before the files are completed.
func (p *Plan) newSummary(d *dispatcher, started time.Time) *Summary {
	t := p.tally
	s := &Summary{
		Started: started, Rows: p.survey.Rows,
		Requests: t.requests, Retries: t.retries, Throttled: t.throttled, Settled: t.settled, Warnings: t.warnings,
		LatencyMS: t.latencyMS(), Waited: t.waited,
		Results: results.PartialName(p.cfg.Results), Stop: d.stop,
	}
	for o := range s.Outcomes {
		s.Outcomes[o] = t.outcomes[o].Load()
	}
	if d.stop != nil && d.stop.Exit == 5 && !d.cut {
		s.Stop = nil // every row came to its own end all the same
	}
	if d.unwritable {
		d.file.Unrecorded(func(rec []byte) { s.Unrecorded = append(s.Unrecorded, rec...) })
	}
	return s
}
