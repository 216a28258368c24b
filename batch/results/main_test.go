package results

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

// TestMain also plays the second process in the tests of the lock and of syncs.
func TestMain(m *testing.M) {
	if path := os.Getenv("RESULTS_TEST_LOCK"); path != "" {
		os.Exit(lockAndCount(path))
	}
	if name := os.Getenv("RESULTS_TEST_SYNC"); name != "" {
		os.Exit(doSyncCase(name))
	}
	goleak.VerifyTestMain(m)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// tail encodes cells as a row's own columns.
func tail(cells ...string) []byte {
	var b []byte
	for _, c := range cells {
		b = record.AppendCSV(append(b, ','), c)
	}
	return b
}

var someTime = time.Date(2026, 11, 16, 9, 30, 0, 123_456_789, time.FixedZone("", 3600))

// newRecord is an ordinary record of a row.
func newRecord(row int64) *Record {
	return &Record{Outcome: record.Updated, Row: row, Status: 200, Attempts: 1, MS: 20, At: someTime, Target: "sandbox",
		Sum: record.Sum{Task: uint32(row), Update: uint64(row) * 0x9e3779b97f4a7c15}, HasSum: true, Tail: tail(fmt.Sprint("task-", row), "a, \"b\"\nc")}
}

var twoColumns = []string{"taskId", "title"}

// drawRecord makes any record with two columns of its own.
func drawRecord(t *rapid.T, rows *rapid.Generator[int64]) *Record {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a,b", "\"", "x\ny\r\n", "ä", " ", "="}), rapid.String().Filter(func(s string) bool { return !strings.Contains(s, "\x00") }))
	return &Record{
		Outcome:  record.Outcome(rapid.IntRange(int(record.Updated), int(record.Unsent)).Draw(t, "outcome")),
		Row:      rows.Draw(t, "row"),
		Status:   rapid.SampledFrom([]int{0, 200, 404, 503}).Draw(t, "status"),
		Attempts: rapid.IntRange(0, 7).Draw(t, "attempts"),
		MS:       rapid.Int64Range(0, 1e7).Draw(t, "ms"),
		At:       someTime,
		Error:    rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, "error"),
		Target:   rapid.SampledFrom([]string{"", "sandbox", "https://example.com/a,b"}).Draw(t, "target"),
		Sum:      record.Sum{Task: rapid.Uint32().Draw(t, "task"), Update: rapid.Uint64().Draw(t, "update")},
		HasSum:   rapid.Bool().Draw(t, "hasSum"),
		Tail:     tail(text.Draw(t, "a"), text.Draw(t, "b")),
	}
}

// write makes a partial file of records.
func writePartial(path string, columns []string, records ...*Record) {
	b := Header(columns)
	for _, r := range records {
		b = r.append(b)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		panic(err)
	}
}

// order makes the complete file of a partial one, as a run does that has nothing
// to add to it.
func order(ctx context.Context, partial, results string, form Form) (*Counts, error) {
	r, err := OpenPartial(partial, os.TempDir())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	w, err := Continue(context.Background(), partial, r.Columns())
	if err != nil {
		return nil, err
	}
	defer w.Discard()
	if err := w.Close(); err != nil {
		return nil, err
	}
	return w.Order(ctx, results, form)
}

// readAll reads what is left of a Reader.
func readAll(r *Reader) ([]Old, error) {
	var all []Old
	for {
		old, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		old.Tail, old.Raw = bytes.Clone(old.Tail), bytes.Clone(old.Raw)
		all = append(all, old)
	}
}

// names are the files in a folder.
func names(dir string) string {
	var all []string
	for _, e := range must(os.ReadDir(dir)) {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func tempPath(t *testing.T) string { return filepath.Join(t.TempDir(), "tasks.results.csv") }
