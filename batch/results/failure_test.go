package results

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A disk that is full at any of the first 300 writes: the file ends with a
// whole record, and what it lacks is what Unrecorded tells, in order, record by
// record; nothing is written any more.
func TestFullDiskAtEveryWrite(t *testing.T) {
	for n := 1; n <= 300; n++ {
		synctest.Test(t, func(t *testing.T) { fullDisk(t, n) })
	}
}

// fullDisk is a disk that is full at the write with this number.
func fullDisk(t *testing.T, n int) {
	part := n * 37 % 120 // bytes of the last record that still fit; it may fit as a whole
	d := &disk{failWrite: n, writesPart: part, failErr: syscall.ENOSPC}
	w := startWriter(d)
	want := bytes.Clone(d.data)
	for row := int64(2); row < int64(n)+5; row++ {
		w.Add(newRecord(row))
		want = newRecord(row).append(want)
		if err := onDisk(w); (err == nil) != (row < int64(n)+1) || err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("write %d, row %d: %v", n, row, err)
		}
	}
	select {
	case <-w.Failed():
	default:
		t.Fatal("not failed")
	}
	if !errors.Is(w.Err(), syscall.ENOSPC) || !errors.Is(w.Close(), syscall.ENOSPC) || w.Busy() != nil || d.writes != n {
		t.Fatalf("%v, %d writes", w.Err(), d.writes)
	}
	inFile := n - 1
	if part >= len(newRecord(int64(n)+1).append(nil)) {
		inFile = n
	}
	if rows := bytes.Count(d.data, []byte("updated")); rows != inFile {
		t.Fatalf("%d records after %d writes", rows, n)
	}
	if got := append(bytes.Clone(d.data), w.Unrecorded()...); !bytes.Equal(got, want) {
		t.Fatalf("write %d: file and unrecorded are %d bytes, not %d", n, len(got), len(want))
	}
	count := 0
	for s := newScanner(bytes.NewReader(w.Unrecorded())); ; count++ {
		rec, err := s.next()
		if err == io.EOF {
			break
		}
		var old Old
		if err := errors.Join(err, old.parse(rec, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if count != n+3-inFile {
		t.Fatal(count, "records")
	}
}

// Even if the half record cannot be cut off, Continue can.
func TestHalfRecordThatStays(t *testing.T) { synctest.Test(t, halfRecordThatStays) }

func halfRecordThatStays(t *testing.T) {
	d := &disk{failWrite: 2, writesPart: 50, failErr: syscall.EIO, noTruncate: syscall.EIO}
	w := startWriter(d)
	want := bytes.Clone(d.data)
	for row := range int64(2) {
		w.Add(newRecord(row + 2))
		_ = onDisk(w)
		want = newRecord(row + 2).append(want)
	}
	_ = w.Close()
	left, _, err := repaired(t, tempPath(t), d.data)
	if got := append(left, w.Unrecorded()...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v %q", err, got)
	}
}

// After a failed sync nobody knows what the disk has since the last good one.
func TestFailedSync(t *testing.T) { synctest.Test(t, failedSync) }

func failedSync(t *testing.T) {
	d := &disk{failSync: 3, failErr: syscall.EIO}
	w := startWriter(d)
	var doubtful []byte
	for row := range int64(5) {
		w.Add(newRecord(row + 2))
		if err := onDisk(w); (err == nil) != (row < 2) {
			t.Fatal(row, err)
		}
		if row >= 2 {
			doubtful = newRecord(row + 2).append(doubtful)
		}
	}
	if err := w.Close(); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	if got := w.Unrecorded(); !bytes.Equal(got, doubtful) {
		t.Errorf("unrecorded: %q", got)
	}
}

// A file system may tell only when a file is closed that it has no room.
func TestFailedClose(t *testing.T) {
	d := &disk{closeErr: syscall.EDQUOT}
	w := startWriter(d)
	w.Add(newRecord(2))
	if err := w.Close(); !errors.Is(err, syscall.EDQUOT) || !errors.Is(w.Err(), syscall.EDQUOT) {
		t.Error(err, w.Err())
	}
}

// Power fails at any moment of any run: every record that a sync followed is
// there after Continue, in order, and nothing else than records is.
func TestPowerCut(t *testing.T) {
	path := tempPath(t)
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			d := &disk{
				writeTakes: rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second}).Draw(t, "write takes"),
				syncTakes:  rapid.SampledFrom([]time.Duration{0, 10 * time.Millisecond, 3 * time.Second}).Draw(t, "sync takes"),
			}
			w := startWriter(d)
			ends := []int{len(d.data)}
			image := bytes.Clone(d.data)
			var times []time.Time
			safe := 0 // records that had time enough
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			for step := range rapid.IntRange(0, 60).Draw(t, "records") {
				r := newRecord(int64(step) + 2)
				r.Error = rapid.SampledFrom([]string{"", "a,\"b\""}).Draw(t, "error")
				r.At = time.Now()
				times = append(times, r.At)
				w.Add(r)
				image = r.append(image)
				ends = append(ends, len(image))
				switch rapid.IntRange(0, 9).Draw(t, "then") {
				case 0:
					if err := onDisk(w); err != nil {
						t.Fatal(err)
					}
					safe = step + 1
				case 1, 2, 3, 4:
					time.Sleep(rapid.SampledFrom([]time.Duration{time.Millisecond, 60 * time.Millisecond, 2 * time.Second}).Draw(t, "pause"))
				}
			}
			for range 30 {
				durable := d.durable()
				left, gone, err := repaired(t, path, d.afterPowerCut(rng, []int{512, 1024, 4096}[rng.IntN(3)]))
				if foreign := (*ForeignError)(nil); errors.As(err, &foreign) {
					first, _ := slices.BinarySearch(ends, durable)
					if times[len(times)-1].Sub(times[first]) > unsynced {
						continue // more was in doubt than could be told from damage
					}
				}
				if err != nil || gone || !bytes.HasPrefix(image, left) {
					t.Fatalf("%v, gone %v, %q", err, gone, left)
				}
				records, whole := slices.BinarySearch(ends, len(left))
				if !whole || len(left) < durable || records < safe {
					t.Fatalf("left %d records, %d bytes; durable are %d records, %d bytes", records, len(left), safe, durable)
				}
			}
			if err := w.Close(); err != nil || !bytes.Equal(d.content(), image) {
				t.Fatal(err)
			}
		})
	})
}

// mount is the folder of a small file system of its own.
func mount(t *testing.T) string {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("has to mount a file system")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := mount(t)
	path := filepath.Join(dir, "x.csv")
	writePartial(PartialName(path), twoColumns, newRecord(2))
	w := must(Continue(t.Context(), PartialName(path), twoColumns))
	defer w.Discard()
	must(0, w.Close())
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	_, createErr := Create(path, twoColumns)
	_, appendErr := Continue(t.Context(), PartialName(path), twoColumns)
	_, orderErr := w.Order(t.Context(), path, Form{})
	_, lockErr := TakeLock(t.Context(), path+".lock", 0)
	for what, err := range map[string]error{
		"Create": createErr, "Continue": appendErr, "TakeLock": lockErr,
		"Files.Check": Files{Results: path}.Check(),
		"WriteAtomic": WriteAtomic(path, 0o600, text("x")),
		"Order":       orderErr,
		"SetAside":    SetAside(t.Context(), path),
	} {
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r, err := OpenPartial(PartialName(path), t.TempDir())
	if err != nil {
		t.Fatal("may be read all the same:", err)
	}
	r.Close()
}

// A real full disk.
func TestFullFileSystem(t *testing.T) {
	dir := mount(t)
	results := filepath.Join(dir, "tasks.results.csv")
	partial := PartialName(results)
	w, err := Create(partial, twoColumns)
	if err != nil {
		t.Fatal(err)
	}
	want := Header(twoColumns)
	for row := int64(2); row < 5000; row++ {
		w.Add(newRecord(row))
		want = newRecord(row).append(want)
	}
	if err := w.Close(); !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), partial) != 1 {
		t.Fatal(err)
	}
	inFile := must(os.ReadFile(partial))
	if got := append(bytes.Clone(inFile), w.Unrecorded()...); !bytes.Equal(got, want) || len(inFile) < 200<<10 {
		t.Errorf("file and unrecorded are %d bytes, not %d; the file %d", len(got), len(want), len(inFile))
	}
	w.Discard()
	if w, err = Continue(t.Context(), partial, twoColumns); err != nil || w.Close() != nil || !bytes.Equal(must(os.ReadFile(partial)), inFile) {
		t.Error("the file was left torn:", err)
	}
	defer w.Discard()
	// There is no room to put the records in order: all stays as it was.
	_, err = w.Order(t.Context(), results, Form{})
	if !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), results) != 1 {
		t.Error(err)
	}
	if got := names(dir); got != "tasks.results.csv.partial" {
		t.Error("left:", got)
	}
	if !bytes.Equal(must(os.ReadFile(partial)), inFile) {
		t.Error("the partial file was changed")
	}
	// Nor is there room to note where the records of many rows stand.
	elsewhere := tempPath(t)
	writePartial(elsewhere, twoColumns, newRecord(1), newRecord(1_000_000), newRecord(1_000_000+128*256))
	if _, err := OpenPartial(elsewhere, dir); !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, ErrTemp) {
		t.Error(err)
	}
}
