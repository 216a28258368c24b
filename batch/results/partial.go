package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Create starts a partial results file (mode 0600) for rows with the given
// columns of their own. Its header is on the disk when Create returns. A file
// that exists already is an error (errors.Is(err, fs.ErrExist)).
func Create(path string, columns []string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create results: %w", err)
	}
	header := Header(columns)
	_, err = f.Write(header)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncFolder(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create results: %w", err), f.Close(), os.Remove(path))
	}
	return NewWriter(f, path, int64(len(header))), nil
}

// Continue opens a partial results file, which Repair has seen to, for more
// records of rows with the given columns of their own. Another header is a
// *ForeignError.
func Continue(path string, columns []string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("continue results: %w", err)
	}
	header := Header(columns)
	found := make([]byte, len(header))
	n, _ := f.ReadAt(found, 0)
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("continue results: %w", err)
	case !bytes.Equal(found[:n], header):
		err = &ForeignError{path, 1, "its columns are not those of this run"}
	default:
		return NewWriter(f, path, info.Size()), nil
	}
	return nil, errors.Join(err, f.Close())
}

// Repair cuts a partial results file back to its last whole record, if a power
// cut or a full disk tore its tail or left zeros in it, and tells how many
// bytes it cut. A file without even a whole header is removed, as if it had
// never been there. A file that was not written by us, or was changed by
// somebody else, is a *ForeignError and left alone.
func Repair(path string) (cut int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("repair results: %w", err)
	}
	defer f.Close()
	_, end, err := scanPartial(f, path, func(*Old, int64) error { return nil })
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case end == 0:
		_ = f.Close() // an open file cannot be removed everywhere
		if err = os.Remove(path); err == nil {
			err = syncFolder(path)
		}
	case end < info.Size():
		if err = f.Truncate(end); err == nil {
			err = f.Sync()
		}
	}
	if err != nil {
		return 0, fmt.Errorf("repair results: %w", err)
	}
	return info.Size() - end, nil
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
