package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"taskbatch/csvmap/order"
)

// orderMemory is what putting records in order may use, in bytes. Half of it
// holds some 2,000 records; most records of a run are displaced by less and
// take one pass, those retried late make a few more runs to merge.
const orderMemory = 1 << 20

// Order makes the complete results file out of the partial one: the last record
// of each row, in row order, under a temporary name beside results until it is
// whole and on the disk; then it replaces results and the partial file is
// removed. fn is called for each record. If anything fails, the context ends
// or fn returns an error, results stays as it was and so does the partial file.
// A crash between the last two steps leaves both, with the same records: the
// next run continues from the partial file and ends here again.
func Order(ctx context.Context, partial, results string, fn func(*Old) error) error {
	sorter := order.New(filepath.Dir(results), orderMemory)
	defer sorter.Close()
	columns, end, err := load(ctx, partial, sorter)
	if err != nil {
		return err
	}
	if info, err := os.Stat(partial); err != nil {
		return fmt.Errorf("order results: %w", err)
	} else if end != info.Size() || end == 0 {
		return &ForeignError{partial, 0, fmt.Sprintf("it is damaged after its first %d bytes", end)}
	}
	err = WriteAtomic(results, 0o600, func(w io.Writer) error {
		if _, err := w.Write(Header(columns)); err != nil {
			return err
		}
		var c cells
		var old Old
		return sorter.Each(func(_ int64, rec []byte) error {
			if err := errors.Join(ctx.Err(), c.parse(rec, len(columns))); err != nil {
				return err
			}
			old = c.old()
			if err := fn(&old); err != nil {
				return err
			}
			_, err := w.Write(rec)
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := os.Remove(partial); err != nil {
		return fmt.Errorf("order results: %w", err)
	}
	return syncFolder(partial)
}

// load adds the records of a partial file to the sorter and returns the
// columns and where the last whole record ends.
func load(ctx context.Context, path string, sorter *order.Sorter) (columns []string, end int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("read results: %w", err)
	}
	defer f.Close()
	return scanPartial(f, path, func(c *cells) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return sorter.Add(c.row, c.raw)
	})
}

// CopyToPartial makes a complete results file the start of a partial one. The
// partial file appears whole and on the disk, or not at all.
func CopyToPartial(results, partial string) error {
	f, err := os.Open(results)
	if err != nil {
		return fmt.Errorf("copy results: %w", err)
	}
	defer f.Close()
	return WriteAtomic(partial, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
