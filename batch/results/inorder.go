package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"taskbatch/csvmap/record"
)

// Counts is what the records of a complete results file say of its rows.
type Counts struct {
	Outcomes [record.NumOutcomes]int64
	Causes   Causes
}

// Order makes the complete results file, in the given form, out of the partial
// one of a Writer that was closed without an error: the last record of each
// row, in row order, under a temporary name beside results until it is whole
// and on the disk; then it replaces results and the partial file is removed.
// What it counts are the records that it finds. If anything fails or the
// context ends, results stays as it was and so does the partial file. A crash
// between the last two steps leaves both, with the same records: the next run
// continues from the partial file and ends here again.
func (w *Writer) Order(ctx context.Context, results string, form Form) (*Counts, error) {
	f, err := os.Open(w.path)
	if err != nil {
		return nil, fmt.Errorf("order results: %w", err)
	}
	counts := new(Counts)
	err = WriteAtomic(results, 0o600, func(out io.Writer) error { return w.copyInOrder(ctx, out, f, form, counts) })
	if cerr := f.Close(); err == nil {
		err = cerr // an open file cannot be removed everywhere
	}
	if err != nil {
		return nil, err
	}
	if err := os.Remove(w.path); err != nil {
		return nil, fmt.Errorf("order results: %w", err)
	}
	return counts, syncFolder(w.path)
}

// copyInOrder copies the records from f. They are known to be whole, so that
// most of them are not parsed again; a file that is not as the Writer left it
// is noticed.
func (w *Writer) copyInOrder(ctx context.Context, out io.Writer, f *os.File, form Form, counts *Counts) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("order results: %w", err)
	}
	if info.Size() != w.size {
		return &ForeignError{w.path, 0, fmt.Sprintf("it has %d bytes instead of %d; something else has written to it", info.Size(), w.size)}
	}
	if _, err := out.Write(form.header(w.columns)); err != nil {
		return err
	}
	var old Old
	var encoded []byte
	rows := w.index.Rows(f)
	for last := int64(0); ; last = old.Row {
		rec, err := rows.Next()
		if err == io.EOF {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err = old.parseStart(rec); err == nil && (form.Excel || !old.Outcome.Finished()) {
			err = old.parse(rec, len(w.columns))
		}
		if err == nil && old.Row <= last {
			err = fmt.Errorf("row %d after row %d", old.Row, last)
		}
		if err != nil {
			return &ForeignError{w.path, 0, err.Error() + "; something else has written to it"}
		}
		counts.Outcomes[old.Outcome]++
		if !old.Outcome.Finished() {
			counts.Causes.Add(old.Outcome, old.Row, old.Cell(record.ColStatus), old.Cell(record.ColError))
		}
		if form.Excel {
			encoded = form.encode(encoded[:0], rec)
			rec = encoded
		}
		if _, err := out.Write(rec); err != nil {
			return err
		}
	}
}

// copy writes the header and all records that keep keeps.
func (r *Reader) copy(w io.Writer, form Form, keep func(*Old) bool) error {
	if _, err := w.Write(form.header(r.columns)); err != nil {
		return err
	}
	var rec []byte
	for {
		old, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil && keep(&old) {
			rec = form.encode(rec[:0], old.Raw)
			_, err = w.Write(rec)
		}
		if err != nil {
			return err
		}
	}
}

// CopyUnfinished writes a results file of the given form to w that holds only
// the records of the one at path which a rerun sends. Without a file at path it
// is only a header with the given columns.
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
	return r.copy(w, form, func(old *Old) bool { return !old.Outcome.Finished() })
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
		return r.copy(w, Form{}, func(*Old) bool { return true })
	})
}
