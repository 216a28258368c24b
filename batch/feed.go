package batch

import (
	"context"
	"errors"
	"fmt"

	"taskbatch/batch/results"
	"taskbatch/csvmap"
)

// errEnough ends the pass when --limit leaves out all further rows.
var errEnough = errors.New("no more rows are selected")

const (
	feedRows  = 64        // rows handed over at a time
	feedBytes = 256 << 10 // fewer if they are long
)

// feedSafely is feed; a panic becomes an error.
func (p *Plan) feedSafely(ctx context.Context, out chan<- []*item) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errorOf(Bug, fmt.Sprintf("a bug in taskbatch: reading the input: %v", r), "")
		}
	}()
	return p.feed(ctx, out)
}

// feed reads the input once more and hands its rows to the dispatcher, which
// never blocks on the disk for them.
func (p *Plan) feed(ctx context.Context, out chan<- []*item) error {
	w, err := p.newWalk()
	if err != nil {
		return err
	}
	w.sums = true
	var (
		batch []*item
		bytes int
	)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case out <- batch:
			batch, bytes = make([]*item, 0, feedRows), 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err = p.cfg.Input.Each(ctx, func(row *csvmap.Row) error {
		v, err := w.visit(row)
		if err != nil {
			return err
		}
		if w.enough() && !v.selected {
			return errEnough
		}
		if v.fate == recorded {
			return nil
		}
		it := &item{row: row, sum: v.sum, fate: v.fate, past: v.past, over: v.over}
		it.unanswered = v.past.outcome == results.Unknown && v.past.stands(v.sum)
		batch = append(batch, it)
		if bytes += it.cost(); len(batch) == feedRows || bytes >= feedBytes {
			return flush()
		}
		return nil
	})
	if err == errEnough {
		err = nil
	}
	if err == nil {
		err = flush()
	}
	return err
}
