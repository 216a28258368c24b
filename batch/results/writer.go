package results

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/rowindex"
)

const (
	writeDelay  = 50 * time.Millisecond  // from a record's addition to its write
	syncDelay   = 500 * time.Millisecond // from a write to its sync
	writeSize   = 64 << 10               // so much is written without delay
	keepBuffer  = 1 << 20                // a longer buffer is not used again
	maxUnwrit   = 4 << 20                // bytes; more means Busy
	maxUnsynced = 2 * time.Second        // age; more means Busy
)

// File is what a Writer needs of the file it writes to; *os.File is one.
type File interface {
	Write(p []byte) (int, error) // at the end
	ReadAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// stage is where records stand on their way to the disk. Records pass through
// the stages one after the other, none overtakes another.
type stage int

const (
	syncing stage = iota
	written
	writing
	pending
	numStages
)

// Writer appends records to a partial results file. One goroutine, the
// producer, calls Add and Carry; neither waits for the disk. Two
// goroutines of the Writer write and sync; Close waits for them. After the
// first error of either nothing more is written.
type Writer struct {
	file    File
	path    string
	columns []string        // the rows' own
	index   *rowindex.Index // of the records that are written

	mu      sync.Mutex
	pending records
	taken   records              // being written; after an error, what could not be
	spare   records              // memory to be used again
	since   [numStages]time.Time // of the oldest record of a stage; zero: there is none

	size, synced int64  // bytes in the file, and of them known to be on the disk
	inDoubt      bool   // a sync failed
	doubtful     []byte // what it left in doubt
	step         chan struct{}
	err          error
	failed       chan struct{}

	wake, dirty chan struct{} // something was appended, written
	writeNow    chan struct{} // without delay
	closing     chan struct{}
	running     sync.WaitGroup
}

// records are on their way to the file.
type records struct {
	text []byte
	ends []recordEnd
}

// recordEnd is where in the text a row's record ends.
type recordEnd struct {
	row int64
	at  int
}

// newWriter starts a Writer on a file that holds size bytes: a header and
// whole records, all on the disk and in the index.
func newWriter(f File, path string, columns []string, size int64, index *rowindex.Index) *Writer {
	w := &Writer{
		file: f, path: path, columns: columns, index: index, size: size, synced: size,
		step: make(chan struct{}), failed: make(chan struct{}), closing: make(chan struct{}),
		wake: make(chan struct{}, 1), dirty: make(chan struct{}, 1), writeNow: make(chan struct{}, 1),
	}
	w.running.Go(func() { w.loop(w.wake, w.writeNow, writeDelay, w.write) })
	w.running.Go(func() { w.loop(w.dirty, nil, syncDelay, w.sync) })
	return w
}

// Add adds a record.
func (w *Writer) Add(r *Record) { w.append(r.Row, r.append) }

// Carry adds a row's record whose head is taken over as it stands.
func (w *Writer) Carry(row int64, head *record.Head, tail []byte) {
	w.append(row, func(dst []byte) []byte { return AppendCarried(dst, head, tail) })
}

func (w *Writer) append(row int64, encode func([]byte) []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.pending
	if len(p.text) == 0 {
		w.since[pending] = time.Now()
		signal(w.wake)
	}
	p.text = encode(p.text)
	p.ends = append(p.ends, recordEnd{row, len(p.text)})
	if len(p.text) >= writeSize {
		signal(w.writeNow)
	}
}

// Busy is nil as long as the disk keeps up. Once more than 4 MiB wait to be
// written, or the oldest record that is not synced is older than 2 s, it is a
// channel that is closed after the next step of the disk: the producer should
// send nothing new until then, and ask again.
func (w *Writer) Busy() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && (len(w.pending.text)+len(w.taken.text) > maxUnwrit || w.age() > maxUnsynced) {
		return w.step
	}
	return nil
}

// age is that of the oldest record that is not synced.
func (w *Writer) age() time.Duration {
	for _, t := range w.since {
		if !t.IsZero() {
			return time.Since(t)
		}
	}
	return 0
}

// Failed is closed at the first error of a write or a sync; Err tells which.
func (w *Writer) Failed() <-chan struct{} { return w.failed }

// Err is the first error of a write or a sync, nil if there was none.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close ends the goroutines, writes and syncs what is left and closes the file.
// It returns the first error of the Writer's life. Order may follow, and Discard
// must.
func (w *Writer) Close() error {
	close(w.closing)
	w.running.Wait()
	w.write()
	w.sync()
	if w.err != nil && (w.inDoubt || w.file.Sync() != nil) {
		w.doubtful = w.readBack()
	}
	if err := w.file.Close(); w.err == nil && err != nil {
		w.err = fmt.Errorf("close %s: %w", w.path, reason(err))
	}
	return w.err
}

// Discard removes the temporary file in which a Writer with many records keeps
// where they stand.
func (w *Writer) Discard() error { return w.index.Close() }

// Unrecorded is every record that the file may lack, as CSV: after a failed
// write those that are not in the file, after a failed sync also those written
// since the last one that succeeded, because nobody can know whether the disk
// has them. It is called after Close.
func (w *Writer) Unrecorded() []byte { return slices.Concat(w.doubtful, w.taken.text, w.pending.text) }

// readBack fetches what a failed sync leaves in doubt.
func (w *Writer) readBack() []byte {
	b := make([]byte, w.size-w.synced)
	n, _ := w.file.ReadAt(b, w.synced)
	return b[:lastRecordEnd(b[:n])]
}

// loop runs do whenever there is work, at most delay after it was announced.
func (w *Writer) loop(work, hurry <-chan struct{}, delay time.Duration, do func()) {
	for {
		select {
		case <-work:
		case <-w.closing:
			return
		}
		t := time.NewTimer(delay)
		select {
		case <-t.C:
		case <-hurry:
		case <-w.closing:
			return
		}
		do()
	}
}

// write writes what is pending. If the file ends in half a record then, it is
// cut back to its last whole one.
func (w *Writer) write() {
	w.mu.Lock()
	if w.err != nil || len(w.pending.text) == 0 {
		w.mu.Unlock()
		return
	}
	w.taken, w.pending, w.spare = w.pending, records{w.spare.text[:0], w.spare.ends[:0]}, records{}
	text := w.taken.text
	w.advance(pending, writing)
	w.mu.Unlock()

	n, err := w.file.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	var indexErr error
	if err == nil {
		indexErr = w.note(w.taken.ends)
	} else if whole := lastRecordEnd(text[:n]); whole < n {
		_ = w.file.Truncate(w.size + int64(whole)) // else Continue will do it
		n = whole
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += int64(n)
	if err != nil {
		w.taken.text = text[n:]
		w.fail(fmt.Errorf("write %s: %w", w.path, reason(err)))
		return
	}
	if indexErr != nil {
		w.fail(indexErr)
	}
	if cap(text) <= keepBuffer {
		w.spare = w.taken
	}
	w.taken = records{}
	w.advance(writing, written)
	w.progress()
	signal(w.dirty)
}

// note puts into the index where the records stand that are written now.
func (w *Writer) note(ends []recordEnd) error {
	start := 0
	for _, end := range ends {
		if _, err := w.index.Add(end.row, rowindex.Place{Offset: w.size + int64(start), Length: int64(end.at - start)}); err != nil {
			return err
		}
		start = end.at
	}
	return nil
}

// sync makes durable what is written.
func (w *Writer) sync() {
	w.mu.Lock()
	if w.err != nil || w.size == w.synced {
		w.mu.Unlock()
		return
	}
	target := w.size
	w.advance(written, syncing)
	w.mu.Unlock()

	err := w.file.Sync()

	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.inDoubt = true
		w.fail(fmt.Errorf("sync %s: %w", w.path, reason(err)))
		return
	}
	w.synced = target
	w.since[syncing] = time.Time{}
	w.progress()
}

// advance moves the records of a stage to the next one.
func (w *Writer) advance(from, to stage) {
	if w.since[to].IsZero() {
		w.since[to] = w.since[from]
	}
	w.since[from] = time.Time{}
}

func (w *Writer) progress() {
	close(w.step)
	w.step = make(chan struct{})
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
		close(w.failed)
	}
	w.progress()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
