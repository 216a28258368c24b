package results

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

// inRowOrder is the complete file that records make: of each row the last.
func inRowOrder(columns []string, records []*Record) []byte {
	last := map[int64]*Record{}
	var rows []int64
	for _, r := range records {
		if last[r.Row] == nil {
			rows = append(rows, r.Row)
		}
		last[r.Row] = r
	}
	slices.Sort(rows)
	b := Header(columns)
	for _, row := range rows {
		b = last[row].append(b)
	}
	return b
}

// A partial file, the complete one that Order makes of it, and the partial one
// that is made of that again read as the same records in row order.
func TestAllFilesReadTheSame(t *testing.T) {
	path := tempPath(t)
	rapid.Check(t, func(t *rapid.T) {
		var records []*Record
		for range rapid.IntRange(0, 30).Draw(t, "records") {
			records = append(records, drawRecord(t, rapid.OneOf(rapid.Int64Range(1, 10), rapid.Int64Min(1))))
		}
		writePartial(PartialName(path), twoColumns, records...)
		want := inRowOrder(twoColumns, records)

		read := func(r *Reader, err error) {
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if !slices.Equal(r.Columns(), twoColumns) {
				t.Fatal(r.Columns())
			}
			for range rapid.IntRange(0, 3).Draw(t, "read before") {
				if _, err := r.Next(); err != nil && err != io.EOF {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := r.Rewind(); err != nil {
					t.Fatal(err)
				}
				got := Header(twoColumns)
				for _, old := range must(readAll(r)) {
					got = append(got, old.Raw...)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("got %q\nwant %q", got, want)
				}
			}
		}
		read(OpenPartial(PartialName(path), filepath.Dir(path)))
		counts, err := order(context.Background(), PartialName(path), path, Form{})
		if err != nil || !bytes.Equal(must(os.ReadFile(path)), want) || names(filepath.Dir(path)) != filepath.Base(path) {
			t.Fatalf("%v, files %s", err, names(filepath.Dir(path)))
		}
		var counted Counts
		complete := must(OpenComplete(path))
		for old, err := complete.Next(); err != io.EOF; old, err = complete.Next() {
			if err != nil {
				t.Fatal(err)
			}
			counted.Outcomes[old.Outcome]++
			counted.Causes.Add(old.Outcome, old.Row, old.Cell(record.ColStatus), old.Cell(record.ColError))
		}
		complete.Close()
		if counts.Outcomes != counted.Outcomes || !cmp.Equal(counts.Causes.List(), counted.Causes.List()) {
			t.Fatalf("counted %v %v, they are %v %v", counts.Outcomes, counts.Causes.List(), counted.Outcomes, counted.Causes.List())
		}
		read(OpenComplete(path))
		if err := CopyToPartial(path, PartialName(path)); err != nil || !bytes.Equal(must(os.ReadFile(PartialName(path))), want) {
			t.Fatal(err)
		}
		read(OpenPartial(PartialName(path), filepath.Dir(path)))
	})
}

// More rows than a Writer knows the places of in memory, far out of order, some
// of them twice, and in two runs.
func TestOrderOfManyRecords(t *testing.T) {
	const rows = 30_000
	path := tempPath(t)
	random := rand.New(rand.NewPCG(1, 2))
	var records []*Record
	for _, n := range random.Perm(rows) {
		records = append(records, newRecord(int64(n)+2))
		if n%100 == 0 {
			again := newRecord(int64(random.IntN(rows)) + 2)
			again.Outcome = record.Failed
			records = append(records, again)
		}
	}
	w := must(Create(PartialName(path), twoColumns))
	for i, r := range records {
		if i == len(records)/2 {
			must(0, w.Close())
			must(0, w.Discard())
			w = must(Continue(t.Context(), PartialName(path), twoColumns))
		}
		w.Add(r)
	}
	must(0, w.Close())
	counts := must(w.Order(t.Context(), path, Form{}))
	must(0, w.Discard())
	if !bytes.Equal(must(os.ReadFile(path)), inRowOrder(twoColumns, records)) {
		t.Error("the results are not the last record of each row, in order")
	}
	if n := counts.Outcomes[record.Updated] + counts.Outcomes[record.Failed]; n != rows || counts.Outcomes[record.Failed] == 0 {
		t.Errorf("counted %v", counts.Outcomes)
	}
	if got := names(filepath.Dir(path)); got != filepath.Base(path) {
		t.Error("left:", got)
	}
}

func TestOrderReplacesEarlierResults(t *testing.T) {
	path := tempPath(t)
	if err := os.WriteFile(path, []byte("earlier"), 0o644); err != nil {
		t.Fatal(err)
	}
	writePartial(PartialName(path), twoColumns, newRecord(3), newRecord(2))
	must(order(t.Context(), PartialName(path), path, Form{}))
	if info := must(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
}

// A context that ends after it was asked so often.
type endingContext struct {
	context.Context
	left int
}

func (c *endingContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Whatever happens to a partial file behind the back of its run is noticed, and
// both files stay as they are.
func TestOrderThatDoesNotEnd(t *testing.T) {
	edit := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	for name, c := range map[string]struct {
		asked  int // how often the context does not end; -1: it does not
		change func(string) string
		form   Form
	}{
		"cancelled before":      {asked: 0},
		"cancelled on the way":  {asked: 1},
		"torn":                  {asked: -1, change: func(s string) string { return s + "upd" }},
		"cut off":               {asked: -1, change: func(s string) string { return s[:len(s)-1] }},
		"another outcome":       {asked: -1, change: edit("\nupdated,3", "\nUpdated,3")},
		"no row":                {asked: -1, change: edit("\nupdated,3", "\nupdated,x")},
		"a row twice":           {asked: -1, change: edit("\nupdated,3", "\nupdated,2")},
		"rows changed":          {asked: -1, change: edit("\nupdated,2", "\nupdated,4")},
		"a quote lost":          {asked: -1, change: edit(`,"a, `, `,xa, `)},
		"no line feed":          {asked: -1, change: edit("c\"\nupdated", "c\" updated")},
		"failed, and cell lost": {asked: -1, change: edit(",404,", ",4044")},
		"a cell lost, Excel":    {asked: -1, change: edit(",200,", ",2000"), form: Form{Excel: true, Delimiter: ';'}},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			failed := newRecord(9)
			failed.Outcome, failed.Status = record.Failed, 404
			writePartial(PartialName(path), twoColumns, newRecord(3), newRecord(2), failed)
			w := must(Continue(t.Context(), PartialName(path), twoColumns))
			defer w.Discard()
			must(0, w.Close())
			before := string(must(os.ReadFile(PartialName(path))))
			ctx := t.Context()
			if c.change != nil {
				changed := c.change(before)
				if changed == before {
					t.Fatal("nothing was changed")
				}
				before = changed
			} else {
				ctx = &endingContext{ctx, c.asked}
			}
			for name, content := range map[string]string{path: "earlier", PartialName(path): before} {
				must(0, os.WriteFile(name, []byte(content), 0o600))
			}
			_, err := w.Order(ctx, path, c.form)
			if foreign := (*ForeignError)(nil); errors.As(err, &foreign) != (c.change != nil) || errors.Is(err, context.Canceled) != (c.change == nil) {
				t.Errorf("got %v", err)
			}
			if string(must(os.ReadFile(path))) != "earlier" || string(must(os.ReadFile(PartialName(path)))) != before {
				t.Error("the files were changed")
			}
			if got := names(filepath.Dir(path)); got != "tasks.results.csv tasks.results.csv.partial" {
				t.Error("left:", got)
			}
		})
	}
}

func TestCompleteFileOutOfOrder(t *testing.T) {
	for name, rows := range map[string][]int64{"sorted": {2, 9, 7}, "doubled": {2, 3, 3}} {
		path := tempPath(t)
		var records []*Record
		for _, row := range rows {
			records = append(records, newRecord(row))
		}
		writePartial(path, twoColumns, records...)
		r := must(OpenComplete(path))
		got, err := readAll(r)
		r.Close()
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.Line != 6 || len(got) != 2 {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

func TestCompleteFileThatIsNotWhole(t *testing.T) {
	whole, ends := image(6)
	for name, c := range map[string]struct{ content, want string }{
		"empty":          {"", "it is empty"},
		"no line":        {string(whole[:20]), "line 1"},
		"cut off":        {string(whole[:ends[3]-1]), "line 6: the last record is not whole"},
		"NUL":            {string(whole[:ends[2]]) + "\x00\x00", "line 6: a NUL byte"},
		"no such record": {string(whole[:ends[1]]) + "\n", "line 4: 1 cells instead of 11"},
	} {
		err := readComplete(t, tempPath(t), c.content)
		var foreign *ForeignError
		if !errors.As(err, &foreign) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A run of a million rows whose records are displaced as workers and retries
// displace them.
func BenchmarkOrder(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "r.csv")
	whole := filepath.Join(dir, "whole")
	f := must(os.Create(whole))
	line := Header(twoColumns)
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]int64, 1_000_000)
	for i := range rows {
		rows[i] = int64(i + 2)
	}
	for i := range rows {
		if j := i + rng.IntN(64); j < len(rows) {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	for i := 0; i < len(rows); i += 1000 { // retried late
		j := min(len(rows)-1, i+rng.IntN(100_000))
		rows[i], rows[j] = rows[j], rows[i]
	}
	for _, row := range rows {
		r := newRecord(row)
		r.Tail = tail(fmt.Sprintf("0123456789abcdef%08d", row), "Update the customer record", "IN_PROGRESS", "HIGH", `{"region":"emea"}`)
		line = r.append(line)
		if len(line) > 1<<16 || row == rows[len(rows)-1] {
			must(f.Write(line))
			line = line[:0]
		}
	}
	must(f.Write(line))
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	columns := []string{"taskId", "title", "status", "priority", "metadata"}
	content := must(os.ReadFile(whole))
	content = append(Header(columns), content[bytes.IndexByte(content, '\n')+1:]...)
	if err := os.WriteFile(whole, content, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	content = nil
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if err := os.Link(whole, PartialName(path)); err != nil {
			b.Fatal(err)
		}
		w := must(Continue(b.Context(), PartialName(path), columns))
		must(0, w.Close())
		b.StartTimer()
		counts, err := w.Order(b.Context(), path, Form{})
		if err != nil || counts.Outcomes[record.Updated] != int64(len(rows)) {
			b.Fatal(counts, err)
		}
		w.Discard()
	}
}
