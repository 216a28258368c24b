package csvmap

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"taskbatch/csvmap/words"
)

// Input is an opened input. It is for one goroutine.
type Input struct {
	path     string
	source   *source
	rules    *rules
	dialect  *dialect
	layout   *layout
	noEffect []string // of the flags given, a hint

	checked     bool
	withIgnored bool           // some row needs a cell in _ignored
	withRaw     bool           // some row needs a cell in _raw
	sorted      *sortedRecords // the records of a results file that is out of order
}

// Open opens an input and reads its header. The path "-" is stdin, which is
// copied to a private temporary file up to its end. Errors: of the file
// system, *OptionError, *InputError.
func Open(path string, stdin io.Reader, opt Options) (*Input, error) {
	r, err := opt.compile()
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".partial") {
		return nil, &InputError{Path: path, Usage: true, Msg: "this file belongs to a run that is not finished; it cannot be sent again",
			Hints: []string{"run the same command as before once more: it continues"}}
	}
	if err := r.openLookups(); err != nil {
		return nil, err
	}
	src, err := openSource(path, stdin, r.tempDir)
	if err != nil {
		return nil, err
	}
	in := &Input{path: src.path, source: src, rules: r}
	if err = in.readHeader(in.readCSVHeader); err == nil && in.dialect.format == formatJSONL {
		in.layout, err = mapJSONL(r)
	}
	if err != nil {
		_ = src.close() // the first error is the one to tell
		return nil, in.named(err)
	}
	in.noEffect = opt.noEffect(in.layout)
	return in, nil
}

// Close removes what is left of temporary files.
func (in *Input) Close() error {
	err := in.source.close()
	if in.sorted != nil {
		err = errors.Join(err, in.sorted.close())
		in.sorted = nil
	}
	return err
}

// named fills in the path of an InputError.
func (in *Input) named(err error) error {
	var e *InputError
	if errors.As(err, &e) && e.Path == "" {
		e.Path = in.path
	}
	return err
}

// readHeader finds the dialect. Of a CSV it then calls fn with a reader that
// stands before the first record.
func (in *Input) readHeader(fn func(*csvReader) error) error {
	err := in.source.peek(func(u *unpacker) (err error) {
		in.dialect, err = sniff(in.path, u, in.rules)
		return err
	})
	if err != nil || in.dialect.format == formatJSONL {
		return err
	}
	return in.source.peek(func(u *unpacker) error {
		c, err := in.firstRecord(u)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// csvReader reads records from text as the dialect says.
func (in *Input) csvReader(text io.Reader) *csvReader {
	c := newCSVReader(text, in.dialect.delimiter, in.dialect.newline)
	if in.layout != nil {
		c.width = in.layout.width
		if in.layout.results != nil {
			c.limits = resultsLimits
		}
	}
	return c
}

// firstRecord returns a csvReader that stands before the first record of an
// unpacked file.
func (in *Input) firstRecord(u *unpacker) (*csvReader, error) {
	text, err := in.text(u)
	c := in.csvReader(text)
	if err == nil && in.dialect.sepLine {
		err = c.skipLine()
	}
	return c, err
}

func (in *Input) readCSVHeader(c *csvReader) error {
	rec, err := c.next()
	if err == io.EOF {
		return &InputError{Msg: "the file is empty; a header and at least one row are needed", Hints: []string{"taskbatch fields --csv prints a template"}}
	}
	if err != nil {
		return err
	}
	if rec.err != nil {
		return &InputError{Line: rec.err.Line, Msg: "header: " + rec.err.Reason}
	}
	if rec.count > maxColumns {
		return &InputError{Line: rec.line, Msg: fmt.Sprintf("the header has %s; at most %s are possible", words.Plural(rec.count, "column"), words.Grouped(maxColumns))}
	}
	switch names := rec.texts(); {
	case isResultsHeader(names):
		in.layout, err = mapResults(names, rec.line, in.rules)
	case len(in.rules.columns) > 0:
		in.layout, err = mapNamed(names, rec.line, in.rules)
	default:
		in.layout, err = in.mapNames(names, rec, c)
	}
	if err != nil {
		return err
	}
	in.layout.newline, in.layout.delimiter = in.dialect.newline, in.dialect.delimiter
	return nil
}

// mapNames makes the layout of a CSV with a header, or says why the first
// record is none.
func (in *Input) mapNames(names []string, header *entry, c *csvReader) (*layout, error) {
	l, err := mapHeader(names, header.line, in.rules)
	if err == nil {
		return l, nil
	}
	if better := in.explain(names, string(header.raw), header.line, c); better != nil {
		return nil, better
	}
	var e *InputError
	if errors.As(err, &e) {
		e.FlagsDo, e.Flags = "all proposals at once", proposals(l.columns, in.rules)
	}
	return nil, err
}

// mapNamed makes the layout of a CSV without a header.
func mapNamed(first []string, line int64, r *rules) (*layout, error) {
	if len(r.columns) != len(first) {
		return nil, &InputError{Line: line, Msg: fmt.Sprintf("--columns names %s, the first row has %s", words.Plural(len(r.columns), "column"), words.Plural(len(first), "cell"))}
	}
	if slices.ContainsFunc(first, func(cell string) bool { return words.Fold(cell) == words.Fold(taskIDName) }) {
		return nil, &InputError{Line: line, Msg: "the file has a header, but --columns is for files without one", Hints: []string{"leave --columns away; --map renames columns"}}
	}
	l, err := mapHeader(r.columns, 0, r)
	l.headerless = true
	return l, err
}
