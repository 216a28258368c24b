package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// image is a small partial file and where its records end.
func image() (b []byte, ends []int) {
	b = Header(twoColumns)
	ends = append(ends, len(b))
	for row := range int64(6) {
		b = newRecord(row + 2).append(b)
		ends = append(ends, len(b))
	}
	return b, ends
}

// repaired is the file after Repair; gone if Repair removed it.
func repaired(t interface{ Fatal(...any) }, path string, b []byte) (left []byte, gone bool, err error) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, openErr := OpenPartial(path, os.TempDir())
	if openErr == nil {
		r.Close()
	}
	cut, err := Repair(path)
	var foreign *ForeignError
	if errors.As(err, &foreign) != errors.As(openErr, &foreign) {
		t.Fatal("Repair and OpenPartial disagree:", err, openErr)
	}
	left, readErr := os.ReadFile(path)
	if gone = errors.Is(readErr, fs.ErrNotExist); gone != errors.Is(openErr, fs.ErrNotExist) {
		t.Fatal("Repair and OpenPartial disagree:", readErr, openErr)
	}
	if err == nil && int(cut) != len(b)-len(left) {
		t.Fatal("cut", cut, "bytes of", len(b), "left", len(left))
	}
	if err != nil && !bytes.Equal(left, b) {
		t.Fatal("a refused file was changed")
	}
	return left, gone, err
}

func TestRepairAfterTruncationAtEveryByte(t *testing.T) {
	path := tempPath(t)
	b, ends := image()
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

func TestRepairAfterZerosInEveryBlock(t *testing.T) {
	path := tempPath(t)
	b, ends := image()
	for _, size := range []int{1, 7, 64, 512} {
		for from := 0; from < len(b); from += size {
			for _, to := range []int{min(from+size, len(b)), len(b)} { // a block, or all blocks after a point
				torn := slices.Clone(b)
				clear(torn[from:to])
				left, gone, err := repaired(t, path, torn)
				var foreign *ForeignError
				if from < ends[0] { // in the header
					if to == len(b) && !gone || to < len(b) && !errors.As(err, &foreign) {
						t.Fatalf("zeros %d to %d: gone %v, err %v", from, to, gone, err)
					}
					continue
				}
				i, whole := slices.BinarySearch(ends, from)
				if !whole {
					i--
				}
				if err != nil || !bytes.Equal(left, b[:ends[i]]) {
					t.Fatalf("zeros %d to %d: left %d bytes instead of %d, err %v", from, to, len(left), ends[i], err)
				}
			}
		}
	}
}

func TestForeignFiles(t *testing.T) {
	b, ends := image()
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
	// The same damage in the last record may be the end of a torn file.
	left, _, err := repaired(t, tempPath(t), append(b, "garbage\n"...))
	if err != nil || len(left) != ends[len(ends)-1] {
		t.Errorf("left %d bytes: %v", len(left), err)
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

func TestRepairOfNoFile(t *testing.T) {
	if _, err := Repair(tempPath(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := OpenPartial(tempPath(t), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Whatever happens to a file: what Repair leaves is either refused or a file
// that Repair accepts as it is, the start of what was there.
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
	whole, _ := image()
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
	b, ends := image()
	f.Add(b)
	f.Add(b[:ends[2]+5])
	f.Add(append(slices.Clone(b[:ends[1]]), "\x00\x00updated,"...))
	f.Add([]byte("_outcome,_row\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkRepair(t, t.TempDir()+"/r", b)
	})
}
