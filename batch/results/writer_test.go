package results

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/rowindex"
)

func TestWriteAndSyncInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{syncTakes: 300 * time.Millisecond}
		w := startWriter(d)
		want := bytes.Clone(d.data)
		for row := range int64(40) {
			w.Add(newRecord(row + 2))
			want = newRecord(row + 2).append(want)
			time.Sleep(100 * time.Millisecond)
			if !bytes.Equal(d.content(), want) {
				t.Fatalf("row %d is not in the file 100 ms after it was settled", row+2)
			}
			if w.Busy() != nil {
				t.Fatal("busy with a disk that keeps up")
			}
		}
		time.Sleep(900 * time.Millisecond)
		if d.durable() != len(want) {
			t.Error("not synced 1 s after the last record")
		}
		last := d.syncTimes[0]
		for _, at := range d.syncTimes[1:] {
			if at.Sub(last) > time.Second {
				t.Errorf("%v between two syncs", at.Sub(last))
			}
			last = at
		}
		syncs := d.syncs
		time.Sleep(time.Hour)
		if d.syncs != syncs || d.writes > 40 {
			t.Error("works on without records")
		}
		if err := w.Close(); err != nil || !d.closed {
			t.Error(err, d.closed)
		}
	})
}

func TestCloseWithoutDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{writeTakes: 10 * time.Millisecond, syncTakes: time.Second}
		w := startWriter(d)
		w.Add(newRecord(2))
		start := time.Now()
		if err := w.Close(); err != nil || d.durable() != len(d.data) || !bytes.HasSuffix(d.data, newRecord(2).append(nil)) {
			t.Error("not durable after Close:", err)
		}
		if took := time.Since(start); took != 1010*time.Millisecond || d.syncs != 1 {
			t.Errorf("Close took %v and %d syncs", took, d.syncs)
		}
		if lost := w.Unrecorded(); len(lost) > 0 {
			t.Errorf("unrecorded: %q", lost)
		}
	})
}

func TestBusyWhileTheDiskHangs(t *testing.T) {
	for name, d := range map[string]*disk{
		"write": {writeTakes: 10 * time.Second},
		"sync":  {syncTakes: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startWriter(d)
				w.Add(newRecord(2))
				time.Sleep(1900 * time.Millisecond)
				if w.Busy() != nil {
					t.Error("busy after less than 2 s")
				}
				time.Sleep(101 * time.Millisecond)
				if w.Busy() == nil {
					t.Fatal("not busy after 2 s")
				}
				start := time.Now()
				for busy := w.Busy(); busy != nil; busy = w.Busy() {
					<-busy
				}
				if time.Since(start) < 8*time.Second || d.durable() != len(d.content()) {
					t.Error("drained too soon")
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestBusyWithTooMuchUnwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{writeTakes: 100 * time.Millisecond}
		w := startWriter(d)
		r := newRecord(2)
		r.Tail = tail("t", string(bytes.Repeat([]byte("x"), 1<<20)))
		for range 4 {
			if w.Busy() != nil {
				t.Error("busy too soon")
			}
			w.Add(r)
		}
		busy := w.Busy()
		if busy == nil {
			t.Fatal("not busy with 4 MiB")
		}
		start := time.Now()
		<-busy
		if took := time.Since(start); took > d.writeTakes || w.Busy() != nil {
			t.Errorf("still busy %v later, after the write", took)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCreateAndAppend(t *testing.T) {
	path := tempPath(t)
	w, err := Create(path, twoColumns)
	if err != nil {
		t.Fatal(err)
	}
	if b := must(os.ReadFile(path)); !bytes.Equal(b, Header(twoColumns)) {
		t.Errorf("starts with %q", b)
	}
	if info := must(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	if _, err := Create(path, twoColumns); !errors.Is(err, fs.ErrExist) {
		t.Error("overwrites:", err)
	}
	begun := must(os.ReadFile(path))[:20]
	if err := os.WriteFile(path, begun, 0o600); err != nil {
		t.Fatal(err)
	}
	must(0, w.Close())
	if w, err = Create(path, twoColumns); err != nil || !bytes.Equal(must(os.ReadFile(path)), Header(twoColumns)) {
		t.Error("not even a whole header, and still:", err)
	}
	w.Add(newRecord(2))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignError
	if _, err := Continue(t.Context(), path, []string{"taskId"}); !errors.As(err, &foreign) {
		t.Error("appends to other columns:", err)
	}
	if w, err = Continue(t.Context(), path, twoColumns); err != nil {
		t.Fatal(err)
	}
	w.Carry(3, &record.Head{"skipped", "3", "", "0", "", "", "", "", ""}, tail("a", "b"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := string(newRecord(2).append(Header(twoColumns))) + "skipped,3,,0,,,,,,a,b\n"
	if b := must(os.ReadFile(path)); string(b) != want {
		t.Errorf("got %q", b)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir+"/x", twoColumns); !errors.Is(err, syscall.EACCES) {
		t.Error(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	w := newWriter(&discard{}, "x", nil, 0, rowindex.New(b.TempDir()))
	r := newRecord(123456)
	r.Tail = tail("0123456789abcdef", "Update the customer record", "", "IN_PROGRESS", "HIGH", `{"region":"emea"}`)
	for b.Loop() {
		w.Add(r)
		for busy := w.Busy(); busy != nil; busy = w.Busy() {
			<-busy
		}
	}
	if err := w.Close(); err != nil {
		b.Error(err)
	}
}

type discard struct{ disk }

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
