package report

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// Section is what one results file says of its batch. It must be closed.
type Section struct {
	Path    string
	Partial bool   // the file of a run that is not finished
	Next    string // the command to type next; "" = there is none
	Stopped string // why the run ended early; "" = not known
	Waits   []Wait // what the run itself waited for, if it writes the report

	Rows     int64
	Outcomes [record.NumOutcomes]int64
	Odd      int64    // lines that are no record
	Targets  []string // the servers that the rows went to
	Requests int64
	Retried  int64     // rows with more than one attempt
	Warnings int64     // updated rows whose answer showed another value
	First    time.Time // when the first row was answered; zero: none was
	Last     time.Time
	Slowest  time.Duration
	Causes   []results.Cause
	Fields   []Field

	times   timeline
	columns []ownColumn
	head    [record.NumHead]int // places of our columns in a record; -1: a person removed it
	records *csvmap.Records
	broken  error
}

// Field counts the updated rows that gave a field a value, or cleared it.
type Field struct {
	Name         string
	Set, Cleared int64
}

// ownColumn is one of the rows' own columns.
type ownColumn struct {
	name  string
	at    int
	field int  // place in Section.Fields; -1: carried along
	shown bool // a row that did not get through has a cell here
}

const maxTargets = 5

// Read reads a results file, also one that a spreadsheet has saved, an
// unfinished one, or one of --failures. tempDir is for the order of an unfinished one; ""
// = the system's. Errors: of the file system, *csvmap.InputError,
// *results.ForeignError, the context's.
func Read(ctx context.Context, path, tempDir string) (*Section, error) {
	s := &Section{Path: path, Partial: strings.HasSuffix(path, results.PartialName(""))}
	if err := s.open(path, tempDir); err != nil {
		return nil, err
	}
	if err := s.count(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Nothing is the section of a run that left no results, and why.
func Nothing(input, why string) *Section { return &Section{Path: input, Stopped: why} }

// Close closes the file.
func (s *Section) Close() error {
	if s.records == nil {
		return nil
	}
	return s.records.Close()
}

func (s *Section) open(path, tempDir string) (err error) {
	var ordered io.Reader
	if s.Partial {
		r, err := results.OpenPartial(path, tempDir)
		if err != nil {
			return err
		}
		defer r.Close()
		ordered = &partialText{r: r, rest: results.Header(r.Columns())}
	}
	if s.records, err = csvmap.OpenRecords(path, ordered); err != nil {
		return err
	}
	names := s.records.Names()
	for i, name := range record.Names {
		s.head[i] = slices.Index(names, name)
	}
	if s.head[record.ColOutcome] < 0 || s.head[record.ColRow] < 0 {
		return errors.Join(&csvmap.InputError{Path: path, Msg: "it is not a results file: it has no columns _outcome and _row"}, s.Close())
	}
	for i, name := range names {
		if slices.Contains(s.head[:], i) {
			continue
		}
		c := ownColumn{name: name, at: i, field: -1}
		if field := csvmap.FieldOf(name); field != "" && field != "taskId" {
			c.field = len(s.Fields)
			s.Fields = append(s.Fields, Field{Name: field})
		}
		s.columns = append(s.columns, c)
	}
	return nil
}

// partialText is an unfinished file as the text of a complete one.
type partialText struct {
	r    *results.Reader
	rest []byte
}

func (p *partialText) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		old, err := p.r.Next()
		if err != nil {
			return 0, err
		}
		p.rest = old.Raw
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// count reads all records once.
func (s *Section) count(ctx context.Context) error {
	var causes results.Causes
	for cells, err := range s.records.Each(ctx) {
		if err != nil {
			return err
		}
		outcome, ok := record.ParseOutcome(string(s.cell(cells, record.ColOutcome)))
		row, isRow := record.ParseRow(string(bytes.TrimSpace(s.cell(cells, record.ColRow))))
		if !ok || !isRow {
			s.Odd++
			continue
		}
		s.Rows++
		s.Outcomes[outcome]++
		message := s.cell(cells, record.ColError)
		switch {
		case !outcome.Finished():
			causes.Add(outcome, row, string(s.cell(cells, record.ColStatus)), string(message))
		case outcome == record.Updated && bytes.HasPrefix(message, []byte("warning:")):
			s.Warnings++
		}
		s.countTarget(s.cell(cells, record.ColTarget))
		s.countTime(cells, outcome)
		s.countCells(cells, outcome)
	}
	s.Causes = causes.List()
	return nil
}

// cell is one of our cells; empty if the record has none.
func (s *Section) cell(cells [][]byte, column int) []byte { return cellAt(cells, s.head[column]) }

func cellAt(cells [][]byte, at int) []byte {
	if at < 0 || at >= len(cells) {
		return nil
	}
	return cells[at]
}

func (s *Section) countTarget(target []byte) {
	if len(target) == 0 || len(s.Targets) > 0 && s.Targets[0] == string(target) {
		return
	}
	if text := string(target); len(s.Targets) < maxTargets && !slices.Contains(s.Targets, text) {
		s.Targets = append(s.Targets, text)
	}
}

// countTime puts a row that was tried on the timeline.
func (s *Section) countTime(cells [][]byte, outcome record.Outcome) {
	attempts, _ := strconv.ParseInt(string(s.cell(cells, record.ColAttempts)), 10, 64)
	if attempts <= 0 {
		return
	}
	s.Requests += attempts
	if attempts > 1 {
		s.Retried++
	}
	at, err := time.Parse(time.RFC3339, string(s.cell(cells, record.ColAt)))
	ms, err2 := strconv.ParseInt(string(s.cell(cells, record.ColMS)), 10, 64)
	if err != nil || err2 != nil || ms < 0 || at.Year() < 1971 || at.Year() > 9999 {
		return
	}
	s.times.add(at, ms, outcome == record.Updated)
	s.Slowest = max(s.Slowest, time.Duration(ms)*time.Millisecond)
	if s.First.IsZero() || at.Before(s.First) {
		s.First = at
	}
	s.Last = later(s.Last, at)
}

// countCells counts the fields of an updated row, and sees which columns a
// row that did not get through needs.
func (s *Section) countCells(cells [][]byte, outcome record.Outcome) {
	if outcome == record.Skipped {
		return
	}
	for i := range s.columns {
		c := &s.columns[i]
		cell := cellAt(cells, c.at)
		switch {
		case len(cell) == 0:
		case outcome != record.Updated:
			c.shown = true
		case c.field < 0:
		case string(cell) == clearCell:
			s.Fields[c.field].Cleared++
		default:
			s.Fields[c.field].Set++
		}
	}
}

// clearCell is the cell that clears a field.
const clearCell = `""`

// Unfinished is the number of rows that did not get through.
func (s *Section) Unfinished() int64 {
	return s.Rows - s.Outcomes[record.Updated] - s.Outcomes[record.Skipped]
}

// tried is the number of rows on the timeline.
func (s *Section) tried() int64 {
	h := s.times.latency()
	return h.count()
}

// Latency is the time within which the share q (0 to 1) of the tried rows was
// settled, from the first request of a row to its last answer.
func (s *Section) Latency(q float64) time.Duration {
	h := s.times.latency()
	return min(h.quantile(q), s.Slowest)
}

// gaps are the times in which nothing was answered, with their causes.
func (s *Section) gaps() (gaps []gap) {
	for _, st := range s.times.stretches {
		gaps = append(gaps, st.gaps(s.Waits)...)
	}
	return gaps
}

// active is how long the runs took, without the time between them.
func (s *Section) active() (d time.Duration) {
	for _, st := range s.times.stretches {
		d += time.Duration(st.last-st.first) * time.Millisecond
	}
	return d
}
