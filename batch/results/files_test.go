package results

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestWriteAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "metrics.prom")
	for _, content := range []string{"first", "second"} {
		if err := WriteAtomic(path, 0o644, text(content)); err != nil || string(must(os.ReadFile(path))) != content {
			t.Errorf("%s: %v", content, err)
		}
	}
	if info := must(os.Stat(path)); runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Error(info.Mode())
	}
	stop := errors.New("stop")
	err := WriteAtomic(path, 0o644, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 1<<20))
		return stop
	})
	if err != stop || string(must(os.ReadFile(path))) != "second" || names(dir) != "metrics.prom" {
		t.Error("after an error:", err, names(dir))
	}
	err = WriteAtomic(path, 0o644, func(io.Writer) error {
		return WriteAtomic(path, 0o644, text("third"))
	})
	if err == nil || string(must(os.ReadFile(path))) != "third" || names(dir) != "metrics.prom" {
		t.Error("two at a time:", err, names(dir))
	}
	if err := os.WriteFile(filepath.Join(dir, ".metrics.prom.tmp"), []byte("left by a killed run"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := WriteAtomic(path, 0o644, text("fourth")); err != nil || string(must(os.ReadFile(path))) != "fourth" || names(dir) != "metrics.prom" {
		t.Error("after a killed run:", err, names(dir))
	}
	err = WriteAtomic(filepath.Join(dir, "missing", "x"), 0o600, text(""))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), filepath.Join("missing", "x")) || strings.Contains(err.Error(), ".tmp") {
		t.Error(err)
	}
	if err := WriteAtomic(dir, 0o600, text("")); err == nil || !strings.HasPrefix(names(filepath.Dir(dir)), "0") {
		t.Error("a folder was replaced:", err)
	}
}

func TestWriteAtomicThroughLinks(t *testing.T) {
	dir := t.TempDir()
	for name, target := range map[string]string{"one": "there", "two": "one", "dangling": "new", "round": "round"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "there"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"two": "there", "dangling": "new"} {
		err := WriteAtomic(filepath.Join(dir, name), 0o600, text(name))
		if err != nil || string(must(os.ReadFile(filepath.Join(dir, target)))) != name {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Readlink(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is no link any more", name)
		}
	}
	if err := WriteAtomic(filepath.Join(dir, "round"), 0o600, text("")); err == nil {
		t.Error("a link to itself was written to")
	}
}

func TestCheckOfFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"in.csv", "old.csv"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Mkdir("folder", 0o700), os.Link("in.csv", "hard.csv"), os.Symlink("in.csv", "soft.csv"),
		os.Symlink("new.csv", "dangling.csv"), os.Symlink("folder", "linked"), os.Symlink("/dev/null", "null"),
		os.Symlink("the.csv.lock", "lock"), os.Symlink("a-2.csv", "rerun"), os.Symlink("in.csv", "p.csv.partial"),
	} {
		if err != nil {
			t.Skip(err)
		}
	}
	socket := must(net.Listen("unix", "socket"))
	defer socket.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	input := []Reserved{{"nothing", nil}, {"the input", must(os.Stat("in.csv"))}}
	before := names(".")

	for name, c := range map[string]struct {
		outputs []string
		want    string // part of the message; "" = allowed
	}{
		"new files":            {outputs: []string{"a.csv", "folder/a.csv", filepath.Join(dir, "b.csv")}},
		"an earlier file":      {outputs: []string{"old.csv"}},
		"none":                 {outputs: []string{"", ""}},
		"through links":        {outputs: []string{"linked/a.csv", "dangling.csv"}},
		"the input":            {outputs: []string{"in.csv"}, want: "it is the input"},
		"the input by path":    {outputs: []string{"a", "./folder/../in.csv"}, want: "it is the input"},
		"the input, hard link": {outputs: []string{"hard.csv"}, want: "hard.csv: it is the input"},
		"the input, soft link": {outputs: []string{"soft.csv"}, want: "soft.csv: it is the input"},
		"another output":       {outputs: []string{"a.csv", "./a.csv"}, want: "./a.csv: it is also the output a.csv"},
		"the same later":       {outputs: []string{"folder/a.csv", "linked/a.csv"}, want: "it is also the output folder/a.csv"},
		"through a dead link":  {outputs: []string{"new.csv", "dangling.csv"}, want: "it is also the output new.csv"},
		"an existing output":   {outputs: []string{"old.csv", "folder/../old.csv"}, want: "it is also the output"},
		"a folder":             {outputs: []string{"folder"}, want: "it is a folder"},
		"a folder by link":     {outputs: []string{"linked"}, want: "it is a folder"},
		"a folder to be":       {outputs: []string{"new/"}, want: "it names a folder"},
		"a device":             {outputs: []string{"/dev/null"}, want: "/dev/null: it is a device"},
		"a device by link":     {outputs: []string{"null"}, want: "null: it is a device"},
		"a socket":             {outputs: []string{"socket"}, want: "a socket"},
		"no folder":            {outputs: []string{"missing/a.csv"}, want: "there is no folder missing; create it"},
		"a file as folder":     {outputs: []string{"in.csv/a.csv"}, want: "not a directory"},
		"a partial file":       {outputs: []string{"r.csv.partial"}, want: "names that end in .partial"},
		"a lock file":          {outputs: []string{"a.csv", "x.lock"}, want: "names that end in .lock"},
		"a lock file by link":  {outputs: []string{"a.csv", "lock"}, want: "names that end in .lock"},
		"a rerun's results":    {outputs: []string{"a.csv", "a-2.csv"}, want: "a-2.csv: it would be taken for a rerun of a.csv"},
		"a rerun's, by folder": {outputs: []string{"folder/a.csv", "linked/a-3.csv"}, want: "taken for a rerun"},
		"a rerun's, by link":   {outputs: []string{"a.csv", "rerun"}, want: "taken for a rerun"},
		"earlier results":      {outputs: []string{"a-3.csv", "a.csv"}, want: "taken for a rerun"},
		"another folder's":     {outputs: []string{"a.csv", "folder/a-2.csv"}},
		"as a rerun's":         {outputs: []string{"a-2.csv"}},
		"another's temporary":  {outputs: []string{"a.csv", "./.a.csv.tmp"}, want: "also the output ./.a.csv.tmp"},
		"partial is the input": {outputs: []string{"p.csv"}, want: "p.csv.partial: it is the input"},
		"a pipe of a shell":    {outputs: []string{fmt.Sprintf("/dev/fd/%d", writer.Fd())}, want: "it is a device, a pipe"},
	} {
		err := Files{Reserved: input, Results: c.outputs[0], Lock: "the.csv.lock", Others: c.outputs[1:]}.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := (Files{Reserved: []Reserved{{What: "the input"}}, Results: "in.csv"}).Check(); err != nil {
		t.Error("no file:", err)
	}
	if names(".") != before {
		t.Error("something was created:", names("."))
	}
}

func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tasks.results.csv")
	if err := SetAside(t.Context(), path); err != nil || names(dir) != "" {
		t.Error("nothing to set aside:", err)
	}
	at := time.Date(2026, 11, 22, 23, 1, 2, 0, time.Local)
	for round := range 3 {
		for _, name := range []string{path, PartialName(path)} {
			content := []byte(filepath.Base(name) + strings.Repeat("!", round))
			if err := errors.Join(os.WriteFile(name, content, 0o600), os.Chtimes(name, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		if err := SetAside(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Fields(`tasks.results.2026-11-22T230102.2.csv tasks.results.2026-11-22T230102.2.csv.partial
		tasks.results.2026-11-22T230102.3.csv tasks.results.2026-11-22T230102.3.csv.partial
		tasks.results.2026-11-22T230102.csv tasks.results.2026-11-22T230102.csv.partial`)
	if got := names(dir); got != strings.Join(want, " ") {
		t.Errorf("got %s", got)
	}
	if got := string(must(os.ReadFile(filepath.Join(dir, want[3])))); got != "tasks.results.csv.partial!!" {
		t.Errorf("got %q", got)
	}
}

// A name to which the time cannot be added is an error, not a search without
// end.
func TestSetAsideWithALongName(t *testing.T) {
	for _, length := range []int{238, 247, 255} {
		path := filepath.Join(t.TempDir(), strings.Repeat("x", length-4)+".csv")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := SetAside(t.Context(), path); !errors.Is(err, syscall.ENAMETOOLONG) || !strings.Contains(err.Error(), path) {
			t.Errorf("%d: %v", length, err)
		}
		if content, err := os.ReadFile(path); string(content) != "x" {
			t.Error(err)
		}
	}
}
