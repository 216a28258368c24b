package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Order makes the complete results file, in the given form, out of the partial
// one: the last record of each row, in row order, under a temporary name beside results until it is
// whole and on the disk; then it replaces results and the partial file is
// removed. fn is called for each record. If anything fails, the context ends
// or fn returns an error, results stays as it was and so does the partial file.
// A crash between the last two steps leaves both, with the same records: the
// next run continues from the partial file and ends here again.
func Order(ctx context.Context, partial, results string, form Form, fn func(*Old) error) error {
	r, err := openPartial(ctx, partial, filepath.Dir(results))
	if err != nil {
		return err
	}
	if info, serr := r.f.Stat(); serr != nil {
		err = fmt.Errorf("order results: %w", serr)
	} else if r.end != info.Size() {
		err = &ForeignError{partial, 0, fmt.Sprintf("it is damaged after its first %d bytes", r.end)}
	} else {
		err = WriteAtomic(results, 0o600, func(w io.Writer) error {
			return r.copy(w, form, func(old *Old) (bool, error) { return true, errors.Join(ctx.Err(), fn(old)) })
		})
	}
	if cerr := r.Close(); err == nil {
		err = cerr // an open file cannot be removed everywhere
	}
	if err != nil {
		return err
	}
	if err := os.Remove(partial); err != nil {
		return fmt.Errorf("order results: %w", err)
	}
	return syncFolder(partial)
}

// copy writes the header and all records that keep keeps.
func (r *Reader) copy(w io.Writer, form Form, keep func(*Old) (bool, error)) error {
	if _, err := w.Write(form.header(r.columns)); err != nil {
		return err
	}
	var rec []byte
	for old := new(Old); ; {
		var err error
		if *old, err = r.Next(); err == io.EOF {
			return nil
		}
		var kept bool
		if err == nil {
			kept, err = keep(old)
		}
		if err == nil && kept {
			rec = form.encode(rec[:0], old.Raw)
			_, err = w.Write(rec)
		}
		if err != nil {
			return err
		}
	}
}

// CopyUnfinished writes a results file of the given form to w that holds only the records of the
// one at path which a rerun sends. Without a file at path it is only a header
// with the given columns.
func CopyUnfinished(w io.Writer, path string, form Form, columns []string) error {
	r, err := OpenComplete(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = w.Write(form.header(columns))
		return err
	}
	if err != nil {
		return err
	}
	defer r.Close()
	return r.copy(w, form, func(old *Old) (bool, error) { return !old.Outcome.Finished(), nil })
}

// CopyToPartial makes a complete results file the start of a partial one, which
// is always in our own form. The partial file appears whole and on the disk, or
// not at all.
func CopyToPartial(results, partial string) error {
	r, err := OpenComplete(results)
	if err != nil {
		return err
	}
	defer r.Close()
	return WriteAtomic(partial, 0o600, func(w io.Writer) error {
		return r.copy(w, Form{}, func(*Old) (bool, error) { return true, nil })
	})
}
