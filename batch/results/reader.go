package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	"taskbatch/csvmap/order"
)

// Reader reads the records of a results file in row order, one for each row,
// and keeps none of them in memory. It must be closed.
type Reader struct {
	path    string
	columns []string
	source  source
	last    int64 // row of the record read last
}

// source yields raw records; line is 0 where it means nothing.
type source interface {
	next() (rec []byte, line int64, err error)
	rewind() error
	close() error
}

// OpenComplete opens a complete results file. It has to be exactly as this
// package writes it, in row order and without doubled rows: a *ForeignError,
// here or from Next, tells what differs.
func OpenComplete(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	src := &fileSource{path: path, f: f, s: newScanner(f)}
	header, _, err := src.next()
	var columns []string
	if err == io.EOF {
		err = &ForeignError{path, 0, "it is empty"}
	}
	if err == nil {
		var problem string
		if columns, problem = parseHeader(header); problem != "" {
			err = &ForeignError{path, 1, problem}
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Reader{path: path, columns: columns, source: src}, nil
}

// OpenPartial opens a partial results file; its records are put into row order
// with a temporary file in tempDir if they are many. The last record of a row
// counts. A torn tail is passed over and the file is not changed, so that a
// file may be read before Repair. Errors: *ForeignError; one for which
// errors.Is(err, fs.ErrNotExist) holds if there is no file or not even a whole
// header in it.
func OpenPartial(path, tempDir string) (*Reader, error) {
	src := &sortedSource{sorter: order.New(tempDir, orderMemory)}
	columns, end, err := load(context.Background(), path, src.sorter)
	if err == nil && end == 0 {
		err = fmt.Errorf("read results: no whole header in %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, errors.Join(err, src.sorter.Close())
	}
	r := &Reader{path: path, columns: columns, source: src}
	return r, r.Rewind()
}

// Columns are the rows' own columns.
func (r *Reader) Columns() []string { return r.columns }

// Rewind goes back to the first record.
func (r *Reader) Rewind() error {
	r.last = 0
	return r.source.rewind()
}

// Next returns the next record; io.EOF: there is none.
func (r *Reader) Next() (Old, error) {
	rec, line, err := r.source.next()
	if err != nil {
		return Old{}, err
	}
	var c cells
	if err := c.parse(rec, len(r.columns)); err != nil {
		return Old{}, &ForeignError{r.path, line, err.Error() + "; was the file edited?"}
	}
	if c.row <= r.last {
		return Old{}, &ForeignError{r.path, line, fmt.Sprintf("row %d stands after row %d; was the file sorted or edited?", c.row, r.last)}
	}
	r.last = c.row
	return c.old(), nil
}

// Close closes the file and removes the temporary one.
func (r *Reader) Close() error { return r.source.close() }

// fileSource reads a complete file.
type fileSource struct {
	path string
	f    *os.File
	s    *scanner
}

func (f *fileSource) next() ([]byte, int64, error) {
	line := f.s.line
	rec, err := f.s.next()
	switch err {
	case nil, io.EOF:
		return rec, line, err
	case errTorn:
		what := "the last record is not whole; was the file cut off or edited?"
		if line == 1 {
			what = headerProblem(rec)
		}
		return nil, 0, &ForeignError{f.path, line, what}
	case errNUL, errTooLong:
		return nil, 0, &ForeignError{f.path, line, err.Error() + "; the file is damaged"}
	}
	return nil, 0, fmt.Errorf("read results: %w", err)
}

func (f *fileSource) rewind() error {
	if _, err := f.f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read results: %w", err)
	}
	f.s = newScanner(f.f)
	_, _, err := f.next() // the header
	return err
}

func (f *fileSource) close() error { return f.f.Close() }

// sortedSource reads what a partial file held.
type sortedSource struct {
	sorter *order.Sorter
	pull   func() (rec []byte, err error, ok bool)
	stop   func()
}

func (s *sortedSource) next() ([]byte, int64, error) {
	rec, err, ok := s.pull()
	if !ok {
		err = io.EOF
	}
	return rec, 0, err
}

func (s *sortedSource) rewind() error {
	if s.stop != nil {
		s.stop()
	}
	stopped := errors.New("stopped")
	s.pull, s.stop = iter.Pull2(func(yield func([]byte, error) bool) {
		err := s.sorter.Each(func(_ int64, rec []byte) error {
			if !yield(rec, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && err != stopped {
			yield(nil, err)
		}
	})
	return nil
}

func (s *sortedSource) close() error {
	s.stop()
	return s.sorter.Close()
}
