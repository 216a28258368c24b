package batch

import (
	"context"
	"fmt"

	"taskbatch/csvmap/record"
)

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
	for row, err := range p.cfg.Input.Each(ctx) {
		if err != nil {
			return err
		}
		v, err := w.visit(row)
		if err != nil {
			return err
		}
		if w.enough() && !v.selected {
			break
		}
		if v.fate == recorded {
			continue
		}
		it := &item{row: row, sum: v.sum, fate: v.fate, past: v.past, over: v.over}
		it.unanswered = v.past.outcome == record.Unknown && v.past.stands(v.sum)
		batch = append(batch, it)
		if bytes += it.cost(); len(batch) == feedRows || bytes >= feedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
