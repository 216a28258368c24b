package results

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// image is a partial file of n records and where they end.
func image(n int64) (b []byte, ends []int) {
	b = Header(twoColumns)
	ends = append(ends, len(b))
	for row := range n {
		b = newRecord(row + 2).append(b)
		ends = append(ends, len(b))
	}
	return b, ends
}

// repaired is the file after Continue; gone if it counts as none.
func repaired(t interface{ Fatal(...any) }, path string, b []byte) (left []byte, gone bool, err error) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var columns []string
	torn := int64(0)
	r, openErr := OpenPartial(path, os.TempDir())
	if openErr == nil {
		columns, torn = r.Columns(), r.Torn()
		r.Close()
	}
	w, err := Continue(context.Background(), path, columns)
	if err == nil {
		w.Close()
		w.Discard()
	}
	if fmt.Sprint(err) != fmt.Sprint(openErr) {
		t.Fatal("Continue and OpenPartial disagree:", err, openErr)
	}
	left = must(os.ReadFile(path))
	if err == nil && int(torn) != len(b)-len(left) {
		t.Fatal("torn", torn, "bytes of", len(b), "left", len(left))
	}
	if err != nil && !bytes.Equal(left, b) {
		t.Fatal("a refused file was changed")
	}
	if gone = errors.Is(err, fs.ErrNotExist); gone {
		err = nil
	}
	return left, gone, err
}

func TestRepairAfterTruncationAtEveryByte(t *testing.T) {
	path := tempPath(t)
	b, ends := image(6)
	for n := range len(b) + 1 {
		left, gone, err := repaired(t, path, b[:n])
		i, whole := slices.BinarySearch(ends, n)
		if !whole {
			i--
		}
		if i < 0 {
			if err != nil || !gone {
				t.Fatalf("cut in the header at %d: left %d bytes, err %v", n, len(left), err)
			}
			continue
		}
		if err != nil || !bytes.Equal(left, b[:ends[i]]) {
			t.Fatalf("cut at %d: left %d bytes instead of %d, err %v", n, len(left), ends[i], err)
		}
	}
}

// Zeros at the end were left by a power cut, and so were whole sectors of them,
// or what a sector has after the last record that was synced.
func TestRepairAfterZeros(t *testing.T) {
	path := tempPath(t)
	b, ends := image(20)
	for _, size := range []int{1, 7, 64, 512, 1024} {
		for from := range len(b) {
			if from%37 != 0 && (from+1)%512 > 2 && !slices.Contains(ends, from) {
				continue
			}
			for _, to := range []int{min(from+size, len(b)), min((from/size+1)*size, len(b)), len(b)} {
				torn := slices.Clone(b)
				clear(torn[from:to])
				left, gone, err := repaired(t, path, torn)
				i, whole := slices.BinarySearch(ends, from)
				if !whole {
					i--
				}
				sectors := to%512 == 0 && (from%512 == 0 || whole)
				switch {
				case from < ends[0] && to == len(b):
					if err != nil || !gone {
						t.Fatalf("zeros %d to %d: gone %v, err %v", from, to, gone, err)
					}
				case from < ends[0], to < len(b) && !sectors:
					line := 1 + bytes.Count(b[:ends[max(i, 0)]], []byte("\n"))
					if i < 0 {
						line = 1
					}
					if foreign := (*ForeignError)(nil); !errors.As(err, &foreign) || foreign.Line != int64(line) {
						t.Fatalf("zeros %d to %d: err %v, want one about line %d", from, to, err, line)
					}
				case err != nil || !bytes.Equal(left, b[:ends[i]]):
					t.Fatalf("zeros %d to %d: left %d bytes instead of %d, err %v", from, to, len(left), ends[i], err)
				}
			}
		}
	}
}

// Sectors of zeros before records that had been on the disk for long are no
// power cut's.
func TestZerosBeforeOldRecords(t *testing.T) {
	for name, c := range map[string]struct {
		later time.Duration
		at    string // of the last record, else that time
		want  string
	}{
		"all of three seconds": {later: 3 * time.Second},
		"older ones":           {later: 3001 * time.Millisecond, want: "behind them records that were on the disk"},
		"of no time":           {at: "16.11.2026", want: "NUL bytes"},
	} {
		b, _ := image(20)
		last := newRecord(100)
		last.At = last.At.Add(c.later)
		b = last.append(b)
		if c.at != "" {
			i := bytes.LastIndex(b, []byte("2026-11-16T08:30:00.123Z"))
			b = slices.Replace(b, i, i+24, []byte(c.at)...)
		}
		clear(b[1024:1536])
		_, _, err := repaired(t, tempPath(t), b)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// readRows is what the records of a partial file say, by their rows.
func readRows(t interface{ Fatal(...any) }, path string, b []byte) (map[int64]string, error) {
	if _, _, err := repaired(t, path, b); err != nil {
		return nil, err
	}
	r, err := OpenPartial(path, os.TempDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows := map[int64]string{}
	for _, old := range must(readAll(r)) {
		rows[old.Row] = string(old.Raw)
	}
	return rows, nil
}

// damaged checks that with one byte of a file changed (to c) or deleted (c < 0)
// all records behind it are still read, or the file is refused.
func damaged(t interface{ Fatal(...any) }, path string, b []byte, ends []int, i, c int) {
	torn := slices.Clone(b)
	if c < 0 {
		torn = slices.Delete(torn, i, i+1)
	} else {
		torn[i] = byte(c)
	}
	rows, err := readRows(t, path, torn)
	if err != nil {
		return
	}
	next, _ := slices.BinarySearch(ends, i+1) // where the damaged record ends
	for ; next+1 < len(ends); next++ {
		rec := string(b[ends[next]:ends[next+1]])
		if b[i] == '\n' && ends[next] == i+1 {
			continue // the line feed between two records is part of both
		}
		if row := int64(next + 2); rows[row] != rec {
			t.Fatal("byte", i, "made", c, ": row", row, "is lost")
		}
	}
}

func TestOneByteDamaged(t *testing.T) {
	path := tempPath(t)
	b, ends := image(4)
	for i := range b {
		for _, c := range []int{-1, 0, '"', ',', '\n', 'x'} {
			damaged(t, path, b, ends, i, c)
		}
	}
}

func TestOneByteDamagedInAnyFile(t *testing.T) {
	path := tempPath(t)
	rapid.Check(t, func(t *rapid.T) {
		b, ends := anyImage(t)
		for range 20 {
			damaged(t, path, b, ends, rapid.IntRange(0, len(b)-1).Draw(t, "at"), rapid.SampledFrom([]int{-1, 0, '"', ',', '\n', 'x'}).Draw(t, "made"))
		}
	})
}

// Of a file cut off anywhere all whole records are read.
func TestAnyFileCutOff(t *testing.T) {
	path := tempPath(t)
	rapid.Check(t, func(t *rapid.T) {
		b, ends := anyImage(t)
		for range 20 {
			n := rapid.IntRange(0, len(b)).Draw(t, "at")
			rows, err := readRows(t, path, b[:n])
			whole, exact := slices.BinarySearch(ends, n)
			if !exact {
				whole--
			}
			if err != nil || len(rows) != max(0, whole) {
				t.Fatalf("cut at %d of %q: %d rows instead of %d, %v", n, b, len(rows), whole, err)
			}
		}
	})
}

// anyImage is a partial file of any records, of the rows 2, 3, ...
func anyImage(t *rapid.T) (b []byte, ends []int) {
	b = Header(twoColumns)
	ends = []int{len(b)}
	for row := range rapid.Int64Range(2, 8).Draw(t, "records") {
		b = drawRecord(t, rapid.Just(row+2)).append(b)
		ends = append(ends, len(b))
	}
	return b, ends
}

// A quote that is lost swallows what follows, which must not be cut off.
func TestLostQuote(t *testing.T) {
	b, ends := image(3)
	for row := int64(10); row < 20; row++ { // no quote in these
		r := newRecord(row)
		r.Tail = tail("task", "title")
		b = r.append(b)
	}
	for what, i := range map[string]int{"opening": bytes.IndexByte(b, '"'), "closing": ends[1] - 2} {
		_, _, err := repaired(t, tempPath(t), slices.Delete(slices.Clone(b), i, i+1))
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.Line != 2 {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The same with nothing behind it is the start of a record.
	if left, _, err := repaired(t, tempPath(t), b[:ends[3]-2]); err != nil || len(left) != ends[2] {
		t.Error(len(left), err)
	}
	// Lines in a cell are records only if they say so.
	for _, line := range []string{"updated,x,,,,,,,,a", "done,4,,,,,,,,a", "updated,4,,,,,,"} {
		torn := append(slices.Clone(b), "updated,30,200,1,1,,,,,task,\"a\n"+line+"\nb"...)
		if left, _, err := repaired(t, tempPath(t), torn); err != nil || len(left) != len(b) {
			t.Errorf("%s: %d bytes, %v", line, len(left), err)
		}
	}
	// In the header, too.
	b = slices.Concat(Header([]string{"taskId", "a,b"}), newRecord(2).append(nil))
	b = bytes.Replace(b, []byte("a,b\""), []byte("a,b"), 1)
	b = bytes.ReplaceAll(b, []byte("\"a, \"\"b\"\"\nc\""), []byte("x"))
	if _, _, err := repaired(t, tempPath(t), b); err == nil || !strings.Contains(err.Error(), "header is damaged") {
		t.Error(err)
	}
}

func TestForeignFiles(t *testing.T) {
	b, _ := image(6)
	own := string(b)
	edit := func(old, new string) string { return strings.Replace(own, old, new, 1) }
	for name, c := range map[string]struct {
		content string
		want    string // part of the message
		line    int64
	}{
		"byte order mark":  {"\ufeff" + own, "byte order mark", 1},
		"UTF-16":           {"\xff\xfe_\x00o\x00", "UTF-16", 1},
		"CR LF":            {strings.ReplaceAll(own, "\n", "\r\n"), "CR LF", 1},
		"semicolons":       {strings.ReplaceAll(own, ",", ";"), `';'`, 1},
		"tabs":             {strings.ReplaceAll(own, ",", "\t"), `'\t'`, 1},
		"all quoted":       {edit("_outcome", `"_outcome"`), "quoted", 1},
		"column quoted":    {edit("taskId", `"taskId"`), "quoted", 1},
		"another CSV":      {"id,title\n1,x\n", `"id,title"`, 1},
		"not even a line":  {"hello", `"hello"`, 1},
		"a column missing": {edit("_ms,", ""), "not a results file", 1},
		"unknown outcome":  {edit("updated,4", "Updated,4"), `_outcome is "Updated"`, 6},
		"no row number":    {edit("updated,4", "updated,"), `_row is ""`, 6},
		"row 0":            {edit("updated,4", "updated,0"), `_row is "0"`, 6},
		"row 04":           {edit("updated,4", "updated,04"), `_row is "04"`, 6},
		"cell too many":    {edit("updated,4", "updated,4,"), "12 cells instead of 11", 6},
		"text after quote": {edit("\"a, \"\"b\"\"\nc\"", "\"a\"b"), "after a closing quote", 2},
		"quote in a cell":  {edit("task-4", `task-"4"`), "without quotes", 6},
	} {
		for _, kind := range []string{"partial", "complete"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				path := tempPath(t)
				var err error
				if kind == "partial" {
					_, _, err = repaired(t, path, []byte(c.content))
				} else {
					err = readComplete(t, path, c.content)
				}
				var foreign *ForeignError
				if !errors.As(err, &foreign) || !strings.Contains(err.Error(), c.want) || foreign.Line != c.line ||
					!strings.Contains(err.Error(), path) || strings.Contains(foreign.Hint(), "taskbatch update "+path) == strings.HasSuffix(path, ".partial") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
	// No power cut leaves a line that is no record, also not as the last one.
	if _, _, err := repaired(t, tempPath(t), append(b, "garbage\n"...)); err == nil || !strings.Contains(err.Error(), "line 14") {
		t.Error(err)
	}
}

func readComplete(t *testing.T, path, content string) error {
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenComplete(path)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = readAll(r)
	return err
}

func TestNoFile(t *testing.T) {
	if _, err := Continue(t.Context(), tempPath(t), twoColumns); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := OpenPartial(tempPath(t), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Whatever happens to a file: what Continue leaves is either refused or a file
// that Continue accepts as it is, the start of what was there.
func checkRepair(t interface{ Fatal(...any) }, path string, b []byte) {
	left, gone, err := repaired(t, path, b)
	if err != nil || gone {
		return
	}
	if !bytes.HasPrefix(b, left) {
		t.Fatal("something was invented:", fmt.Sprintf("%q", left))
	}
	again, gone, err := repaired(t, path, left)
	if err != nil || gone || !bytes.Equal(again, left) {
		t.Fatal("the second repair differs:", err)
	}
}

func TestRepairOfAnyDamage(t *testing.T) {
	path := tempPath(t)
	whole, _ := image(6)
	rapid.Check(t, func(t *rapid.T) {
		b := slices.Clone(whole)
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			i := rapid.IntRange(0, len(b)).Draw(t, "at")
			j := min(len(b), i+rapid.IntRange(0, 100).Draw(t, "length"))
			b = slices.Replace(b, i, j, rapid.SliceOfN(rapid.SampledFrom([]byte("\x00\",\n\r1x")), 0, 5).Draw(t, "bytes")...)
		}
		checkRepair(t, path, b)
	})
}

func FuzzRepair(f *testing.F) {
	b, ends := image(6)
	f.Add(b)
	f.Add(b[:ends[2]+5])
	f.Add(append(slices.Clone(b[:ends[1]]), "\x00\x00updated,"...))
	f.Add([]byte("_outcome,_row\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkRepair(t, t.TempDir()+"/r", b)
	})
}
