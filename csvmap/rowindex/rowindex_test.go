package rowindex_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/csvmap/rowindex"
)

func Example() {
	file := bytes.NewReader([]byte("three one two ONE "))
	x := rowindex.New(os.TempDir())
	defer x.Close()
	for i, at := range []rowindex.Place{{0, 5}, {6, 3}, {10, 3}, {14, 3}} {
		before, err := x.Add([]int64{3, 1, 2, 1}[i], at)
		if err != nil || before.Length > 0 {
			fmt.Println(before, err)
		}
	}
	rows := x.Rows(file)
	for rec, err := rows.Next(); err != io.EOF; rec, err = rows.Next() {
		fmt.Printf("%s %v\n", rec, err)
	}
	// Output:
	// {6 3} <nil>
	// ONE <nil>
	// two <nil>
	// three <nil>
}

// want is the last record of each row, in the order of rows.
func want(records map[int64][]byte) [][]byte {
	var rows []int64
	for row := range records {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	var all [][]byte
	for _, row := range rows {
		all = append(all, records[row])
	}
	return all
}

func collect(t interface{ Fatal(...any) }, c *rowindex.Cursor) [][]byte {
	var got [][]byte
	for {
		rec, err := c.Next()
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, bytes.Clone(rec))
	}
}

// Whatever the numbers, the sizes and the order: of each row the last record
// comes, in the order of rows, as often as it is asked for.
func TestAnyOrder(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64Range(1, 5), rapid.Int64Range(1, 10_000), rapid.Int64Range(1, 1e7), rapid.Int64Min(1),
		}).Draw(t, "rows")
		sizes := rapid.SampledFrom([]*rapid.Generator[int]{
			rapid.IntRange(1, 10), rapid.IntRange(1, 300), rapid.SampledFrom([]int{1, 5, 9000, 40_000}),
		}).Draw(t, "sizes")
		x := rowindex.New(dir)
		defer x.Close()
		var file []byte
		last, places := map[int64][]byte{}, map[int64]rowindex.Place{}
		for i := range rapid.IntRange(0, 800).Draw(t, "n") {
			rec := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, sizes.Draw(t, "size"))
			row, at := rows.Draw(t, "row"), rowindex.Place{Offset: int64(len(file)), Length: int64(len(rec))}
			before, err := x.Add(row, at)
			if err != nil || before != places[row] {
				t.Fatalf("row %d: %v instead of %v, %v", row, before, places[row], err)
			}
			file, last[row], places[row] = append(file, rec...), rec, at
		}
		for range 2 {
			if got := collect(t, x.Rows(bytes.NewReader(file))); !slices.EqualFunc(got, want(last), bytes.Equal) {
				t.Fatalf("got %d records, want %d", len(got), len(last))
			}
		}
	})
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Fatalf("left in the folder: %v %v", entries, err)
	}
}

// Many rows, far out of order: pages leave memory and come back.
func TestLongShuffledFile(t *testing.T) {
	const n = 200_000
	x := rowindex.New(t.TempDir())
	defer x.Close()
	var file []byte
	for _, row := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		rec := fmt.Appendf(nil, "record %d", row)
		if _, err := x.Add(int64(row), rowindex.Place{Offset: int64(len(file)), Length: int64(len(rec))}); err != nil {
			t.Fatal(err)
		}
		file = append(file, rec...)
	}
	rows := x.Rows(bytes.NewReader(file))
	for row := range n {
		if rec, err := rows.Next(); err != nil || string(rec) != fmt.Sprintf("record %d", row) {
			t.Fatalf("row %d: %q %v", row, rec, err)
		}
	}
	if _, err := rows.Next(); err != io.EOF {
		t.Error(err)
	}
}

func TestFolderThatCannotBeWrittenTo(t *testing.T) {
	x := rowindex.New(t.TempDir() + "/missing")
	defer x.Close()
	at := rowindex.Place{Length: 1}
	for row := range int64(1000) {
		if _, err := x.Add(row, at); err != nil {
			t.Fatal("nothing has to be written yet:", err)
		}
	}
	if _, err := x.Add(1<<62, at); !errors.Is(err, os.ErrNotExist) || !errors.Is(err, rowindex.ErrTemp) {
		t.Error(err)
	}
}

func TestRecordBeyondTheFile(t *testing.T) {
	x := rowindex.New(t.TempDir())
	defer x.Close()
	if _, err := x.Add(1, rowindex.Place{Offset: 2, Length: 2}); err != nil {
		t.Fatal(err)
	}
	if rec, err := x.Rows(bytes.NewReader([]byte("abc"))).Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q %v", rec, err)
	}
}
