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

// feed reads the input once more and hands its rows to the dispatcher, which
// never blocks on the disk for them. A panic becomes an error.
func (p *Plan) feed(ctx context.Context, out chan<- []*item) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errorOf(Bug, fmt.Sprintf("a bug in taskbatch: reading the input: %v", r), "")
		}
	}()
	w, err := p.newWalk()
	if err != nil {
		return err
	}
	w.sums = true
	var rows []*item
	bytes := 0
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		select {
		case out <- rows:
			rows, bytes = make([]*item, 0, feedRows), 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	it := new(item)
	for row, err := range p.cfg.Input.Each(ctx) {
		if err != nil {
			return err
		}
		*it = item{row: row}
		if err := w.visit(it); err != nil {
			return err
		}
		if it.fate == left {
			break // and no row behind it has anything to be done with
		}
		if it.fate == recorded {
			continue
		}
		it.unanswered = it.past.outcome == record.Unknown && it.stands()
		rows = append(rows, it)
		bytes += it.cost()
		it = new(item)
		if len(rows) == feedRows || bytes >= feedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
