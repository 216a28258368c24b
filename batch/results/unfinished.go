package results

import (
	"errors"
	"io"
	"io/fs"
)

// CopyUnfinished writes a results file to w that holds only the records of the
// one at path which a rerun sends. Without a file at path it is only a header
// with the given columns.
func CopyUnfinished(w io.Writer, path string, columns []string) error {
	r, err := OpenComplete(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = w.Write(Header(columns))
		return err
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := w.Write(Header(r.Columns())); err != nil {
		return err
	}
	for {
		old, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if old.Outcome.Finished() {
			continue
		}
		if _, err := w.Write(old.Raw); err != nil {
			return err
		}
	}
}
