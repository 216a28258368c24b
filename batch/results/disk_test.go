package results

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing/synctest"
	"time"

	"taskbatch/csvmap/rowindex"
)

// disk stands in for a file on a disk that can be full, slow or lose power.
type disk struct {
	mu     sync.Mutex
	data   []byte // what a reader of the file sees
	synced int    // of it, what a power cut leaves alone

	failWrite  int   // the write with this number (from 1) fails ...
	writesPart int   // ... after so many bytes
	failSync   int   // the sync with this number fails
	failErr    error // of both
	noTruncate error
	closeErr   error

	writeTakes, syncTakes time.Duration

	writes, syncs int
	syncTimes     []time.Time
	closed        bool
}

func (d *disk) Write(p []byte) (int, error) {
	time.Sleep(d.writeTakes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if d.failErr != nil && d.writes == d.failWrite {
		n := min(d.writesPart, len(p))
		d.data = append(d.data, p[:n]...)
		return n, d.failErr
	}
	d.data = append(d.data, p...)
	return len(p), nil
}

func (d *disk) Sync() error {
	d.mu.Lock()
	covers := len(d.data) // what is written while it syncs is not covered
	d.mu.Unlock()
	time.Sleep(d.syncTakes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncs++
	if d.failErr != nil && d.syncs == d.failSync {
		return d.failErr
	}
	d.synced = max(d.synced, covers)
	d.syncTimes = append(d.syncTimes, time.Now())
	return nil
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := copy(p, d.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (d *disk) Truncate(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.noTruncate != nil {
		return d.noTruncate
	}
	d.data = d.data[:size]
	return nil
}

func (d *disk) Close() error { d.closed = true; return d.closeErr }

func (d *disk) content() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.data)
}

func (d *disk) durable() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.synced
}

// afterPowerCut is what may be left of the file: what was synced, and of the
// blocks after it any, in any order; the others are missing at the end or zero.
func (d *disk) afterPowerCut(rng *rand.Rand, block int) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := bytes.Clone(d.data)
	size := d.synced + rng.IntN(len(left)-d.synced+1)
	lost := []float64{0, 0.1, 0.5, 1}[rng.IntN(4)]
	for from := d.synced; from < size; from = (from/block + 1) * block {
		if rng.Float64() < lost {
			clear(left[from:min(size, (from/block+1)*block)])
		}
	}
	return left[:size]
}

func startWriter(d *disk) *Writer {
	d.data = Header(twoColumns)
	d.synced = len(d.data)
	return newWriter(d, "x.partial", twoColumns, int64(d.synced), rowindex.New(os.TempDir()))
}

// onDisk gives the Writer, in a bubble of virtual time, as long as its disk may
// need to write and sync what was added, and returns its error.
func onDisk(w *Writer) error {
	time.Sleep(20 * time.Second)
	synctest.Wait()
	return w.Err()
}
