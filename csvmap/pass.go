package csvmap

import (
	"context"
	"errors"
	"io"
)

// Check reads the whole input for the first time and calls fn for every row,
// in the order of the row numbers. The row is only valid until fn returns and
// has no Tail. Errors: *InputError if the input cannot be used, ErrChanged,
// the context's, those of the file system, and fn's, as it stands.
func (in *Input) Check(ctx context.Context, fn func(*Row) error) error {
	if in.layout.results != nil {
		if err := in.prepareResults(ctx); err != nil {
			return err
		}
	}
	err := in.rows(ctx, func(b *builder, _ *record) error {
		in.withIgnored = in.withIgnored || len(b.ignoredKeys) > 0
		in.withRaw = in.withRaw || len(b.raw) > 0
		return fn(&b.row)
	})
	in.checked = in.checked || err == nil
	return err
}

// Each reads the input again after Check and calls fn for every row, in the
// order of the row numbers. The row belongs to fn. Errors: as for Check;
// ErrChanged comes before any row of the part that has changed.
func (in *Input) Each(ctx context.Context, fn func(*Row) error) error {
	if !in.checked {
		return errors.New("read rows: the input has not been checked")
	}
	var tail []byte
	return in.rows(ctx, func(b *builder, rec *record) error {
		tail = b.appendTail(tail[:0], rec, in.withIgnored, in.withRaw)
		row := b.row
		memory := make([]byte, len(row.Body)+len(tail))
		n := copy(memory, row.Body)
		copy(memory[n:], tail)
		if row.Body != nil {
			row.Body = memory[:n:n]
		}
		row.Tail = memory[n:]
		return fn(&row)
	})
}

// rows makes the rows of one pass. rec is nil for JSONL.
func (in *Input) rows(ctx context.Context, fn func(b *builder, rec *record) error) error {
	b := newBuilder(in.layout, in.rules)
	switch {
	case in.dialect.format == formatJSONL:
		return in.lines(ctx, func(line jsonLine) error {
			b.jsonRow(line)
			return fn(b, nil)
		})
	case in.layout.results != nil:
		return in.resultsRecords(ctx, func(rec *record) error {
			b.resultsRow(rec)
			return fn(b, rec)
		})
	default:
		return in.records(ctx, func(rec *record) error {
			b.csvRow(rec)
			return fn(b, rec)
		})
	}
}

// records calls fn for the records of a CSV below its header.
func (in *Input) records(ctx context.Context, fn func(*record) error) error {
	return in.read(ctx, func(text io.Reader) error {
		c, err := in.firstRecord(text)
		if err != nil {
			return err
		}
		if !in.layout.headerless {
			if _, err := c.next(); err != nil {
				return err
			}
		}
		for {
			rec, err := c.next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := fn(rec); err != nil {
				return &callbackError{err}
			}
		}
	})
}

// lines calls fn for the lines of a JSONL file.
func (in *Input) lines(ctx context.Context, fn func(jsonLine) error) error {
	return in.read(ctx, func(text io.Reader) error {
		r := newJSONLReader(text, in.dialect.newline)
		for {
			line, err := r.next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := fn(line); err != nil {
				return &callbackError{err}
			}
		}
	})
}

// callbackError tells a caller's own error from those of reading.
type callbackError struct{ err error }

func (e *callbackError) Error() string { return e.err.Error() }

// read calls fn with the text of the input, from its start, and makes sure
// that the whole file has been read.
func (in *Input) read(ctx context.Context, fn func(io.Reader) error) error {
	blocks, done, err := in.source.pass(ctx)
	if err != nil {
		return err
	}
	defer done()
	text, closeText, err := in.dialect.text(blocks)
	if err == nil {
		err = fn(text)
		closeText()
	}
	if err == nil {
		err = blocks.drain()
	}
	var callback *callbackError
	switch {
	case errors.As(err, &callback):
		return callback.err
	case err != nil && blocks.err != nil && blocks.err != io.EOF:
		return blocks.err // what came of it above does not matter
	}
	return in.named(err)
}

// text returns a file as text: unpacked, without its byte order mark, as
// UTF-8.
func (d *dialect) text(file io.Reader) (text io.Reader, done func(), err error) {
	u, err := unpack(file)
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.CopyN(io.Discard, u, int64(d.bom)); err != nil {
		u.close()
		return nil, nil, err
	}
	plain := d.charset.order == noOrder && d.charset.other == nil
	return &textReader{
		src: d.charset.reader(u), charset: d.charset, newline: d.newline,
		check: plain && d.format == formatCSV, // bad UTF-8 in JSONL makes its row invalid
	}, u.close, nil
}

// Columns is the row's own columns in the results file. It is final after
// Check.
func (in *Input) Columns() []string {
	var names []string
	for _, own := range in.layout.own[:in.layout.tail] {
		if !own.leftOut() {
			names = append(names, own.name)
		}
	}
	if in.withIgnored {
		names = append(names, ignoredName)
	}
	if in.withRaw {
		names = append(names, rawName)
	}
	return names
}

// SHA256 is the digest of the file's bytes in hex, "" before Check.
func (in *Input) SHA256() string { return in.source.sum }
