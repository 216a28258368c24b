package csvmap

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// loaded is what both passes said about an input.
type loaded struct {
	in      *Input
	rows    []Row // of Each
	columns []string
}

// visit calls fn for all that rows yields, up to the first error.
func visit(rows iter.Seq2[*Row, error], fn func(*Row) error) error {
	for row, err := range rows {
		if err == nil {
			err = fn(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes an input file and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load reads an input twice and checks that both passes agree.
func load(t testing.TB, name, text string, opt Options) (*loaded, error) {
	t.Helper()
	return loadPath(t, write(t, name, text), opt)
}

func loadPath(t testing.TB, path string, opt Options) (*loaded, error) {
	t.Helper()
	in, err := Open(path, nil, opt)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	l := &loaded{in: in}
	var checked []Row
	err = visit(in.Check(context.Background()), func(row *Row) error {
		copied := *row
		copied.Body = append([]byte(nil), row.Body...)
		checked = append(checked, copied)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = visit(in.Each(context.Background()), func(row *Row) error {
		l.rows = append(l.rows, *row)
		return nil
	})
	if err != nil {
		t.Fatalf("Each: %v", err)
	}
	if len(checked) != len(l.rows) {
		t.Fatalf("Check saw %d rows, Each %d", len(checked), len(l.rows))
	}
	for i, a := range checked {
		b := l.rows[i]
		if a.Number != b.Number || a.Line != b.Line || a.TaskID != b.TaskID || string(a.Body) != string(b.Body) || (a.Err == nil) != (b.Err == nil) {
			t.Fatalf("Check saw %+v, Each %+v", a, b)
		}
		if (a.Err == nil) != (b.Body != nil) {
			t.Fatalf("row %d has the error %v and the body %s", b.Number, b.Err, b.Body)
		}
	}
	l.columns = in.Columns()
	return l, nil
}

// must is load for inputs that can be used.
func must(t testing.TB, name, text string, opt Options) *loaded {
	t.Helper()
	l, err := load(t, name, text, opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// refused wants an InputError whose text, hints and flags hold all of these.
func refused(t testing.TB, err error, parts ...string) *InputError {
	t.Helper()
	var e *InputError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an InputError", err)
	}
	text := e.Error() + "\n" + strings.Join(e.Hints, "\n") + "\n" + e.FlagsDo + ": " + strings.Join(e.Flags, " ")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the message lacks %q:\n%s", part, text)
		}
	}
	return e
}

// one is the body of the only row, or its error as KIND: REASON.
func (l *loaded) one(t testing.TB) string {
	t.Helper()
	if len(l.rows) != 1 {
		t.Fatalf("got %d rows, want one", len(l.rows))
	}
	return said(l.rows[0])
}

func said(row Row) string {
	if row.Err != nil {
		return row.Err.Kind + ": " + row.Err.Reason
	}
	return string(row.Body)
}

// summary is one line a row.
func (l *loaded) summary() string {
	var b strings.Builder
	for _, row := range l.rows {
		b.WriteString(itoa(row.Number) + "@" + itoa(row.Line) + " " + row.TaskID + " ")
		if row.Err != nil {
			b.WriteString("! " + row.Err.Kind + " line " + itoa(row.Err.Line) + " column " + row.Err.Column)
		} else {
			b.Write(row.Body)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
