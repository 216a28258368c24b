package results

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// syncCases are what has to survive a power cut once it is done: what the
// second process does in a folder, and the calls of the system that it needs.
var syncCases = map[string]struct {
	before func() error
	do     func() error
	want   string
}{
	"WriteAtomic": {
		do:   func() error { return WriteAtomic("x", 0o600, text("new")) },
		want: "write .x.tmp, fsync .x.tmp, rename .x.tmp x, fsync folder",
	},
	"Create": {
		do: func() error {
			w, err := Create("x.partial", twoColumns)
			return errors.Join(err, w.Close())
		},
		want: "write .x.partial.tmp, fsync .x.partial.tmp, rename .x.partial.tmp x.partial, fsync folder",
	},
	"Writer": {
		before: func() error { writePartial("x.partial", twoColumns); return nil },
		do: func() error {
			w, err := Continue(context.Background(), "x.partial", twoColumns)
			w.Add(newRecord(2))
			return errors.Join(err, w.Close())
		},
		want: "write x.partial, fsync x.partial",
	},
	"Continue a torn file": {
		before: func() error { return os.WriteFile("x.partial", append(Header(twoColumns), "upd"...), 0o600) },
		do: func() error {
			w, err := Continue(context.Background(), "x.partial", twoColumns)
			return errors.Join(err, w.Close())
		},
		want: "ftruncate x.partial, fsync x.partial",
	},
	"Order": {
		before: func() error { writePartial("x.partial", twoColumns, newRecord(3), newRecord(2)); return nil },
		do:     func() error { _, err := order(context.Background(), "x.partial", "x", Form{}); return err },
		want:   "write .x.tmp, fsync .x.tmp, rename .x.tmp x, fsync folder, unlink x.partial, fsync folder",
	},
	"CopyToPartial": {
		before: func() error { writePartial("x", twoColumns, newRecord(2)); return nil },
		do:     func() error { return CopyToPartial("x", "x.partial") },
		want:   "write .x.partial.tmp, fsync .x.partial.tmp, rename .x.partial.tmp x.partial, fsync folder",
	},
	"KeepUnderTime": {
		before: func() error {
			return errors.Join(os.WriteFile("x.csv", nil, 0o600), os.Chtimes("x.csv", someTime, someTime))
		},
		do:   func() error { _, err := KeepUnderTime("x.csv"); return err },
		want: "rename x.csv x.AT.csv, fsync folder",
	},
}

// doSyncCase is the second process.
func doSyncCase(name string) int {
	if err := syncCases[name].do(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// A power cut at any moment leaves what the packages promise only if files and
// folders are synced, and in this order.
func TestFilesAreSynced(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace here")
	}
	if out, err := exec.Command(strace, "-f", "true").CombinedOutput(); err != nil {
		t.Skipf("strace: %v: %s", err, out)
	}
	for name, c := range syncCases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.before != nil {
				if err := c.before(); err != nil {
					t.Fatal(err)
				}
			}
			trace := filepath.Join(t.TempDir(), "trace")
			cmd := exec.Command(strace, "-f", "-y", "-o", trace, "-e", "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,truncate", os.Args[0])
			cmd.Env = append(os.Environ(), "RESULTS_TEST_SYNC="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := strings.Join(calls(string(must(os.ReadFile(trace))), must(os.Getwd())), ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

var (
	traced   = regexp.MustCompile(`(?m)^\d+ +(\w+)\((.*)`)
	onFile   = regexp.MustCompile(`^\d+<(.*?)>`)
	quoted   = regexp.MustCompile(`"([^"]*)"`)
	timeName = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d{6}`)
)

// calls are the traced calls that touch files in the folder.
func calls(trace, folder string) []string {
	var all []string
	for _, m := range traced.FindAllStringSubmatch(trace, -1) {
		call, what := m[1], ""
		if file := onFile.FindStringSubmatch(m[2]); file != nil {
			switch rest, inside := strings.CutPrefix(file[1], folder); {
			case !inside:
				continue
			case rest == "":
				what = " folder"
			default:
				what = " " + strings.TrimPrefix(rest, "/")
			}
		} else {
			for _, name := range quoted.FindAllStringSubmatch(m[2], -1) {
				what += " " + timeName.ReplaceAllString(name[1], "AT")
			}
		}
		for _, form := range []string{"renameat2", "renameat"} {
			call = strings.Replace(call, form, "rename", 1)
		}
		all = append(all, strings.Replace(call, "unlinkat", "unlink", 1)+what)
	}
	// The name that WriteAtomic uses may be left of a killed run.
	return slices.DeleteFunc(slices.Compact(all), func(call string) bool { return strings.HasPrefix(call, "unlink .") })
}

// After a failed write Close makes durable what had been written before, so
// that it need not be told as unrecorded; unless that fails, too.
func TestCloseAfterAFailedWrite(t *testing.T) {
	for name, failSync := range map[string]int{"synced": 0, "not even synced": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &disk{failWrite: 2, failSync: failSync, failErr: syscall.ENOSPC}
				w := startWriter(d)
				w.Add(newRecord(2))
				time.Sleep(2 * writeDelay) // written, not synced
				w.Add(newRecord(3))
				<-w.Failed()
				if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
					t.Error(err)
				}
				want := newRecord(3).append(nil)
				if failSync > 0 {
					want = append(newRecord(2).append(nil), want...)
				} else if d.durable() != len(d.data) {
					t.Error("what was written is not on the disk")
				}
				if got := w.Unrecorded(); !bytes.Equal(got, want) {
					t.Errorf("unrecorded: %q", got)
				}
				if !bytes.HasSuffix(d.data, newRecord(2).append(nil)) {
					t.Errorf("the file: %q", d.data)
				}
			})
		})
	}
}
