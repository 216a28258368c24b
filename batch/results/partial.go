package results

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"taskbatch/csvmap/rowindex"
)

// Create starts a partial results file (mode 0600) for rows with the given
// columns of their own. Its header is on the disk when Create returns. A file
// that exists already is an error (errors.Is(err, fs.ErrExist)), unless it has
// not even a whole header: then nothing was recorded.
func Create(path string, columns []string) (*Writer, error) {
	r, err := OpenPartial(path, filepath.Dir(path))
	if err == nil {
		return nil, errors.Join(&fs.PathError{Op: "create results", Path: path, Err: fs.ErrExist}, r.Close())
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err = WriteAtomic(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(Header(columns))
		return err
	})
	if err != nil {
		return nil, err
	}
	return Continue(context.Background(), path, columns)
}

// Continue opens a partial results file for more records of rows with the given
// columns of their own. If a power cut or a full disk tore its tail or left
// zeros in it, the file is cut back to its last whole record before. One that
// was not written by us, was changed by somebody else, or has other columns is
// a *ForeignError and left alone.
func Continue(ctx context.Context, path string, columns []string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("continue results: %w", err)
	}
	index := rowindex.New(filepath.Dir(path))
	found, end, err := indexPartial(ctx, f, path, index)
	if err == nil && !slices.Equal(found, columns) {
		err = &ForeignError{path, 1, "its columns are not those of this run"}
	}
	if err == nil {
		err = cutBack(f, end)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), index.Close())
	}
	return newWriter(f, path, columns, end, index), nil
}

// cutBack cuts off what follows the last whole record.
func cutBack(f *os.File, end int64) error {
	info, err := f.Stat()
	if err == nil && info.Size() > end {
		if err = f.Truncate(end); err == nil {
			err = f.Sync()
		}
	}
	if err != nil {
		return fmt.Errorf("continue results: %w", err)
	}
	return nil
}

// indexPartial notes where the records of a partial file stand. A file without
// a whole header is none (fs.ErrNotExist).
func indexPartial(ctx context.Context, f *os.File, path string, index *rowindex.Index) (columns []string, end int64, err error) {
	columns, end, err = scanPartial(f, path, func(old *Old, at int64) error {
		_, err := index.Add(old.Row, rowindex.Place{Offset: at, Length: int64(len(old.Raw))})
		return errors.Join(ctx.Err(), err)
	})
	if err == nil && end == 0 {
		err = fmt.Errorf("read results: no whole header in %s: %w", path, fs.ErrNotExist)
	}
	return columns, end, err
}

// scanPartial calls fn for every record before the first damage, with its place
// in the file, and returns the row's own columns and where the last whole
// record ends; 0 without a whole header.
func scanPartial(f *os.File, path string, fn func(old *Old, at int64) error) (columns []string, end int64, err error) {
	s := newScanner(f)
	header, err := s.next()
	if err != nil {
		return nil, 0, tornHeader(f, path, header, err)
	}
	columns, problem := parseHeader(header)
	if problem != "" {
		return nil, 0, &ForeignError{Path: path, Line: 1, What: problem}
	}
	var old Old
	for {
		line, end := s.line, s.off
		rec, err := s.next()
		switch err {
		case nil:
		case io.EOF:
			return columns, end, nil
		case errTorn, errNUL:
			t, err := readTail(f, end)
			if err != nil {
				return nil, 0, fmt.Errorf("read results: %w", err)
			}
			if what := t.damage(rec, len(columns)); what != "" {
				return nil, 0, &ForeignError{path, line, what}
			}
			return columns, end, nil
		case errTooLong:
			return nil, 0, &ForeignError{path, line, "a record that does not end; is a quote missing?"}
		default:
			return nil, 0, fmt.Errorf("read results: %w", err)
		}
		if err := old.parse(rec, len(columns)); err != nil { // no torn record has a line feed
			return nil, 0, &ForeignError{path, line, err.Error() + "; was the file edited?"}
		}
		if err := fn(&old, end); err != nil {
			return nil, 0, err
		}
	}
}

// tornHeader tells a header that a power cut tore, which is no error, from
// other reasons why a file does not begin with a whole line.
func tornHeader(f *os.File, path string, start []byte, reason error) error {
	ours := bytes.HasPrefix(start, []byte(headLine+",")) || bytes.HasPrefix([]byte(headLine+","), start)
	switch reason {
	case io.EOF:
		return nil
	case errTorn, errNUL, errTooLong:
		if !ours {
			return &ForeignError{path, 1, headerProblem(start)}
		}
		t, err := readTail(f, 0)
		if err == nil && (t.heads > 0 || t.holes || reason == errTooLong) {
			return &ForeignError{path, 1, "its header is damaged, but records follow"}
		}
		reason = err
	}
	if reason == nil {
		return nil
	}
	return fmt.Errorf("read results: %w", reason)
}
