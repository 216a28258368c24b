package results

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"taskbatch/csvmap/rowindex"
)

// Reader reads the records of a results file in row order, one for each row,
// and keeps none of them in memory. It must be closed.
type Reader struct {
	path    string
	columns []string
	f       *os.File
	last    int64 // row of the record read last

	scanner *scanner // of a complete file
	form    Form

	index  *rowindex.Index // of a partial one
	cursor *rowindex.Cursor
	end    int64 // where its last whole record ends
}

// OpenComplete opens a complete results file of any Form. It has to be exactly
// as this package writes it, in row order and without doubled rows: a *ForeignError,
// here or from Next, tells what differs.
func OpenComplete(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	r := &Reader{path: path, f: f, scanner: newScanner(f)}
	header, _, err := r.scan()
	if err == io.EOF {
		err = &ForeignError{path, 0, "it is empty"}
	}
	if err == nil {
		var problem string
		r.form = formOf(header)
		plain, ok := r.form.decode(bytes.TrimPrefix(header, []byte(bom)))
		if r.columns, problem = parseHeader(plain); problem != "" || !ok || !bytes.Equal(r.form.header(r.columns), header) {
			err = &ForeignError{path, 1, headerProblem(header)}
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// ErrTemp is in the errors of the temporary file that a partial file needs, as
// when a disk is full (exit 7).
var ErrTemp = rowindex.ErrTemp

// OpenPartial opens a partial results file; where the records of its rows stand
// is noted in a temporary file in tempDir if they are many. The last record of
// a row counts. A torn tail is passed over and the file is not changed. Errors: *ForeignError; one for which
// errors.Is(err, fs.ErrNotExist) holds if there is no file or not even a whole
// header in it.
func OpenPartial(path, tempDir string) (*Reader, error) {
	return openPartial(context.Background(), path, tempDir)
}

func openPartial(ctx context.Context, path, tempDir string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	r := &Reader{path: path, f: f, index: rowindex.New(tempDir)}
	if r.columns, r.end, err = indexPartial(ctx, f, path, r.index); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, r.Rewind()
}

// Torn is how many bytes follow the last whole record of a partial file, which
// Continue cuts off.
func (r *Reader) Torn() int64 {
	info, err := r.f.Stat()
	if err != nil {
		return 0
	}
	return info.Size() - r.end
}

// Columns are the rows' own columns.
func (r *Reader) Columns() []string { return r.columns }

// Rewind goes back to the first record.
func (r *Reader) Rewind() error {
	r.last = 0
	if r.index != nil {
		r.cursor = r.index.Rows(r.f)
		return nil
	}
	if _, err := r.f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read results: %w", err)
	}
	r.scanner = newScanner(r.f)
	_, _, err := r.scan() // the header
	return err
}

// Next returns the next record; io.EOF: there is none.
func (r *Reader) Next() (old Old, err error) {
	var rec []byte
	var line int64
	if r.cursor != nil {
		rec, err = r.cursor.Next()
	} else {
		rec, line, err = r.scan()
	}
	if err != nil {
		return Old{}, err
	}
	rec, ok := r.form.decode(rec)
	if !ok {
		return Old{}, &ForeignError{r.path, line, "it is written in another way than the header; was the file edited?"}
	}
	if err := old.parse(rec, len(r.columns)); err != nil {
		return Old{}, &ForeignError{r.path, line, err.Error() + "; was the file edited?"}
	}
	if old.Row <= r.last {
		return Old{}, &ForeignError{r.path, line, fmt.Sprintf("row %d stands after row %d; was the file sorted or edited?", old.Row, r.last)}
	}
	r.last = old.Row
	return old, nil
}

// scan reads the next record of a complete file, and the line on which it
// starts.
func (r *Reader) scan() (rec []byte, line int64, err error) {
	line = r.scanner.line
	rec, err = r.scanner.next()
	switch err {
	case nil, io.EOF:
		return rec, line, err
	case errTorn:
		what := "the last record is not whole; was the file cut off or edited?"
		if line == 1 {
			what = headerProblem(rec)
		}
		return nil, 0, &ForeignError{r.path, line, what}
	case errNUL, errTooLong:
		return nil, 0, &ForeignError{r.path, line, err.Error() + "; the file is damaged"}
	}
	return nil, 0, fmt.Errorf("read results: %w", err)
}

// Close closes the file and removes the temporary one.
func (r *Reader) Close() error {
	err := r.f.Close()
	if r.index != nil {
		err = errors.Join(err, r.index.Close())
	}
	return err
}
