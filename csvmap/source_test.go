package csvmap

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func none(*Row) error { return nil }

// TestSpool: stdin is spooled privately and is gone when it is closed.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	in, err := Open("-", strings.NewReader("taskId\nT-1\n"), Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("the temporary file %s still has its name", names[0].Name())
	}
	rows := 0
	count := func(*Row) error { rows++; return nil }
	if err := errors.Join(visit(in.Check(t.Context()), count), visit(in.Each(t.Context()), count), visit(in.Each(t.Context()), count), in.Close()); err != nil {
		t.Fatal(err)
	}
	if rows != 3 || in.Facts().Path != "stdin" {
		t.Errorf("%d rows of %s", rows, in.Facts().Path)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Error("the temporary file stays")
	}
	in, err = Open("-", strings.NewReader(gzipped(t, `{"taskId":"T-1"}`)), Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if f := in.Facts(); f.Format != "jsonl" || f.Compression != "gzip" {
		t.Errorf("%+v", f)
	}
}

func TestSpoolFails(t *testing.T) {
	_, err := Open("-", strings.NewReader(""), Options{TempDir: filepath.Join(t.TempDir(), "none")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open("-", nil, Options{}); err == nil {
		t.Error("there is no stdin")
	}
	broken := errors.New("broken pipe")
	if _, err := Open("-", failing{broken}, Options{TempDir: t.TempDir()}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.csv"), nil, Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "open ") {
		t.Error(err)
	}
	if _, err := Open(dir, nil, Options{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	_, err := Open(filepath.Join(dir, "a.results.csv.partial"), nil, Options{})
	if e := refused(t, err, "not finished"); !e.Usage {
		t.Error("it is a mistake of usage")
	}
}

// TestChanged: a file that is written to between the passes is noticed before
// a row of what has changed is handed on.
func TestChanged(t *testing.T) {
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "TASK-%06d,%06d\n", i, i)
	}
	text := b.String()
	change := func(at int, with string) string { return text[:at] + with + text[at+len(with):] }
	packed := gzipped(t, text)
	last := len(text) / blockSize * blockSize
	tests := []struct {
		name, file, before, after string
		rows                      int // at most
	}{
		{"first block", "a.csv", text, change(100, "X"), 0},
		{"second block", "a.csv", text, change(blockSize+100, "X"), blockSize / 19},
		{"last block", "a.csv", text, change(last+100, "X"), last / 19},
		{"same length", "a.csv", text, change(13, "TASK-000001"), 0},
		{"appended", "a.csv", text, text + "T-1,x\n", last / 19},
		{"appended to a whole block", "a.csv", text[:blockSize], text, blockSize / 19},
		{"cut", "a.csv", text, text[:blockSize], blockSize / 19},
		{"emptied", "a.csv", text, "", 0},
		{"results out of order", "a.csv", "_outcome,_row,taskId\nfailed,3,T-1\nfailed,2,T-2\n", "_outcome,_row,taskId\nfailed,3,T-1\nfailed,2,T-3\n", 0},
		{"gzip", "a.csv.gz", packed, gzipped(t, change(100, "X")), 0},
		{"gzip trailer", "a.csv.gz", packed, packed + gzipped(t, ""), len(text)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, test.file, test.before)
			in, err := Open(path, nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if err := visit(in.Check(t.Context()), none); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.after), 0o600); err != nil {
				t.Fatal(err)
			}
			rows := 0
			err = visit(in.Each(t.Context()), func(row *Row) error { rows++; return nil })
			if !errors.Is(err, ErrChanged) || rows > test.rows {
				t.Errorf("got %v after %d rows, at most %d may be seen", err, rows, test.rows)
			}
			if err := os.WriteFile(path, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := visit(in.Each(t.Context()), none); err != nil {
				t.Errorf("the same bytes again: %v", err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := visit(in.Each(t.Context()), none); !errors.Is(err, ErrChanged) {
				t.Errorf("removed: %v", err)
			}
		})
	}
}

func TestPassesStop(t *testing.T) {
	for _, file := range []string{"a.csv", "a.jsonl"} {
		text := "taskId\nT-1\nT-2\n"
		if file == "a.jsonl" {
			text = "{\"taskId\":\"T-1\"}\n{\"taskId\":\"T-2\"}\n"
		}
		in, err := Open(write(t, file, text), nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if err := visit(in.Each(t.Context()), none); err == nil {
			t.Error("Each before Check")
		}
		stop := errors.New("stop")
		rows := 0
		if err := visit(in.Check(t.Context()), func(*Row) error { rows++; return stop }); err != stop || rows != 1 {
			t.Errorf("got %v after %d rows", err, rows)
		}
		if err := visit(in.Each(t.Context()), none); err == nil || in.SHA256() != "" {
			t.Error("Each after half a Check")
		}
		if err := visit(in.Check(t.Context()), none); err != nil || len(in.SHA256()) != 64 {
			t.Error(err, in.SHA256())
		}
		if err := visit(in.Each(t.Context()), func(*Row) error { return stop }); err != stop {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := visit(in.Each(ctx), none); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := visit(in.Check(ctx), none); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestSHA256IsOfTheFile(t *testing.T) {
	packed := gzipped(t, "taskId\nT-1\n")
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(packed)))
	if got := must(t, "a.csv.gz", packed, Options{}).in.SHA256(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
