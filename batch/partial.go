package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"taskbatch/batch/results"
	"taskbatch/csvmap"
)

// begin opens the .partial that this run appends to.
func (p *Plan) begin(ctx context.Context) (*results.Writer, error) {
	w, err := p.openPartial(ctx)
	var known *Error
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, &known):
		return w, err
	case errors.Is(err, csvmap.ErrChanged):
		return nil, errorOf(Input, err.Error()+"; nothing was sent", "")
	}
	var local *fs.PathError
	if !errors.As(err, &local) {
		return nil, err
	}
	return nil, errorOf(Local, fmt.Sprintf("cannot write results: %v", err), "make room, or name another place with -o; nothing was sent")
}

// openPartial makes a new .partial, or goes on with the one that is continued,
// or makes one from the results file that is continued.
func (p *Plan) openPartial(ctx context.Context) (*results.Writer, error) {
	partial, columns := results.PartialName(p.cfg.Results), p.cfg.Input.Columns()
	if p.cfg.Fresh {
		if err := results.SetAside(ctx, p.cfg.Results); err != nil {
			return nil, err
		}
	}
	if p.history == nil {
		return results.Create(partial, columns)
	}
	if torn := p.history.Torn(); p.history.partial && torn > 0 {
		p.cfg.notify(true, fmt.Sprintf("%s was cut off in the middle of a record; the torn %d bytes are left out", partial, torn))
	}
	var err error
	switch {
	case p.gone || !p.sameColumns():
		err = p.rewrite(ctx, partial)
	case !p.history.partial:
		err = results.CopyToPartial(p.cfg.Results, partial)
	}
	if err != nil {
		return nil, err
	}
	return results.Continue(ctx, partial, columns)
}

// rewrite makes a .partial of the earlier records in the columns of this run.
// The records of rows that are gone are left out, and the unfinished ones that
// this run makes anew.
func (p *Plan) rewrite(ctx context.Context, partial string) error {
	return results.WriteAtomic(partial, 0o600, func(out io.Writer) error {
		w, err := p.newWalk()
		if err != nil {
			return err
		}
		buf := results.Header(p.cfg.Input.Columns())
		for row, err := range p.cfg.Input.Each(ctx) {
			if err != nil {
				return err
			}
			if err := w.passOver(row.Number); err != nil {
				return err
			}
			head, it := w.old.Head(), item{row: row}
			if err := w.visit(&it); err != nil {
				return err
			}
			if it.fate == recorded || it.past.inFile && it.stands() {
				buf = results.AppendCarried(buf, &head, row.Tail)
			}
			if _, err := out.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		_, err = out.Write(buf)
		return err
	})
}
