package csvmap

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"taskbatch/csvmap/record"
)

// Check reads the whole input for the first time and yields every row, in the
// order of the row numbers. A row is only valid until the next one and has no
// Tail. An error, with which there is no row, is the last thing that is
// yielded: *InputError if the input cannot be used, ErrChanged, the context's,
// those of the file system.
func (in *Input) Check(ctx context.Context) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if in.layout.results != nil {
			if err := in.prepareResults(ctx); err != nil {
				yield(nil, err)
				return
			}
		}
		b := newBuilder(in.layout)
		for rec, err := range in.rows(ctx, b) {
			if err != nil {
				yield(nil, err)
				return
			}
			in.withIgnored = in.withIgnored || len(b.ignoredKeys) > 0
			in.withRaw = in.withRaw || len(b.raw) > 0
			if b.row.Prior != nil && b.row.Prior.Edited {
				in.layout.results.countEdited(in.layout.own, rec)
				if b.row.Warning != nil && b.row.Warning.Kind == misreadKind {
					in.layout.results.misread++
				}
			}
			if !yield(&b.row, nil) {
				return
			}
		}
		in.checked = true
	}
}

// Each reads the input again after Check and yields every row, in the order of
// the row numbers. The rows belong to the caller. Errors: as of Check;
// ErrChanged comes before any row of the part that has changed.
func (in *Input) Each(ctx context.Context) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if !in.checked {
			yield(nil, errors.New("read rows: the input has not been checked"))
			return
		}
		b := newBuilder(in.layout)
		var tail []byte
		var memory rowMemory
		for rec, err := range in.rows(ctx, b) {
			if err != nil {
				yield(nil, err)
				return
			}
			tail = b.appendTail(slices.Grow(tail[:0], len(b.row.Body)), rec, in.withIgnored, in.withRaw)
			if !yield(memory.keep(&b.row, tail), nil) {
				return
			}
		}
	}
}

// rowMemory is where rows stay. It serves a few of them at a time: fewer
// allocations, and one row that is kept for long keeps little else.
type rowMemory struct {
	rows  []Row
	bytes []byte
}

func (m *rowMemory) keep(row *Row, tail []byte) *Row {
	const few, size = 4, 1 << 10
	if len(m.rows) == cap(m.rows) {
		m.rows = make([]Row, 0, few)
	}
	if n := len(row.Body) + len(tail); cap(m.bytes)-len(m.bytes) < n {
		m.bytes = make([]byte, 0, max(n, size))
	}
	m.rows = append(m.rows, *row)
	kept := &m.rows[len(m.rows)-1]
	kept.values = nil
	if row.Body != nil {
		kept.Body = m.copy(row.Body)
	}
	kept.Tail = m.copy(tail)
	return kept
}

func (m *rowMemory) copy(text []byte) []byte {
	start := len(m.bytes)
	m.bytes = append(m.bytes, text...)
	return m.bytes[start:len(m.bytes):len(m.bytes)]
}

// rows makes b's rows, one after the other, with their entries.
func (in *Input) rows(ctx context.Context, b *builder) iter.Seq2[*entry, error] {
	return func(yield func(*entry, error) bool) {
		entries, build := in.entries(ctx, nil), b.csvRow
		switch {
		case in.layout.keys != nil:
			build = b.jsonRow
		case in.layout.results != nil:
			entries, build = in.inRowOrder(ctx), b.resultsRow
		}
		for rec, err := range entries {
			if err == nil {
				build(rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// entries yields the lines of a JSONL file, or the records of a CSV below its
// header, and makes sure that the whole file has been read. tap, unless it is
// nil, gets the text of the records.
func (in *Input) entries(ctx context.Context, tap *recordCopy) iter.Seq2[*entry, error] {
	return func(yield func(*entry, error) bool) {
		blocks, err := in.source.pass(ctx)
		if err == nil {
			defer blocks.src.Close()
			var stopped bool
			if stopped, err = in.readEntries(blocks, tap, yield); stopped {
				return
			}
			err = blocks.finish(err)
		}
		if err != nil {
			yield(nil, in.named(err))
		}
	}
}

// readEntries yields what it reads, until it is stopped or there is an error;
// io.EOF: that was all.
func (in *Input) readEntries(file io.Reader, tap *recordCopy, yield func(*entry, error) bool) (stopped bool, err error) {
	u, err := in.source.unpack(file)
	if err != nil {
		return false, err
	}
	defer u.close()
	next, err := in.reader(u, tap)
	for err == nil {
		var rec *entry
		if rec, err = next(); err == nil && !yield(rec, nil) {
			return true, nil
		}
	}
	return false, err
}

// reader is what reads the entries of an unpacked file.
func (in *Input) reader(u *unpacker, tap *recordCopy) (next func() (*entry, error), err error) {
	if in.dialect.format == formatJSONL {
		text, err := in.text(u)
		return newJSONLReader(text, in.dialect.newline).next, err
	}
	c, err := in.firstRecord(u)
	if err == nil && !in.layout.headerless {
		_, err = c.next()
	}
	c.tap = tap
	return c.next, err
}

// text is an unpacked file as text: without its byte order mark, as UTF-8.
func (in *Input) text(u *unpacker) (io.Reader, error) {
	d := in.dialect
	plain := d.charset.order == nil && d.charset.other == nil
	_, err := io.CopyN(io.Discard, u, int64(d.bom))
	return &textReader{
		src: d.charset.reader(u), charset: d.charset, newline: d.newline,
		check: plain && d.format == formatCSV, // bad UTF-8 in JSONL makes its row invalid
	}, err
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
		names = append(names, record.IgnoredName)
	}
	if in.withRaw {
		names = append(names, record.RawName)
	}
	return names
}

// SHA256 is the digest of the file's bytes in hex, "" before Check.
func (in *Input) SHA256() string {
	if !in.checked {
		return ""
	}
	return in.source.sum
}

// Records reads a CSV record by record, in whatever form a spreadsheet has
// saved it, without asking what the cells mean. It may be read several times.
type Records struct {
	in    *Input
	names []string
}

// OpenRecords opens the CSV at path or, if r is not nil, what r holds, which is
// copied to a private temporary file; path is its name in messages then. Errors: of
// the file system, *InputError.
func OpenRecords(path string, r io.Reader) (*Records, error) {
	opt, err := Options{Format: formatCSV}.compile()
	if err != nil {
		return nil, err
	}
	file := path
	if r != nil {
		file = "-"
	}
	src, err := openSource(file, r, "")
	if err != nil {
		return nil, err
	}
	src.unnamed = true
	in := &Input{path: path, source: src, rules: opt, layout: &layout{rules: opt, width: maxColumns, results: &resultsColumns{}}}
	rs := &Records{in: in}
	if err := in.readHeader(rs.readNames); err != nil {
		_ = src.close() // the first error is the one to tell
		return nil, in.named(err)
	}
	return rs, nil
}

// readNames reads the header.
func (rs *Records) readNames(c *csvReader) error {
	rec, err := c.next()
	if err == io.EOF {
		return &InputError{Msg: "the file is empty"}
	}
	if err == nil {
		rs.names = rec.texts()
		rs.in.layout.width = len(rs.names)
	}
	return err
}

// Names are the cells of the first record.
func (rs *Records) Names() []string { return rs.names }

// Each yields the cells of every record below the first, from the start of the
// file, each time in the same memory. A record that cannot be split has as many
// cells as could be read. Errors end the reading: *InputError, those of the file system, the context's.
func (rs *Records) Each(ctx context.Context) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for rec, err := range rs.in.entries(ctx, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			cells := rec.cells
			if rec.err != nil {
				cells = cells[:min(len(cells), rec.err.cell)]
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
}

// Close removes what is left of a temporary file.
func (rs *Records) Close() error { return rs.in.Close() }

// FieldOf is the field that a column of a results file stands for: taskId, one
// of the nine, or metadata.KEY; "" for a column that is only carried along.
func FieldOf(column string) string {
	if t, ok := parseExactTarget(column); ok && t.sent() {
		return t.untyped().String()
	}
	return ""
}
