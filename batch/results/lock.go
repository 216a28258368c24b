package results

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockPoll    = 50 * time.Millisecond
	minLockWait = 100 * time.Millisecond
	maxHolder   = 4 << 10 // bytes
)

// Lock is the right to be the only run of a batch. The kernel takes it back
// when the process ends, however it ends.
type Lock struct {
	lock *flock.Flock
	file *os.File // the same file, to say who has the lock
}

// holder is the content of the lock file, for people and messages.
type holder struct {
	PID   int       `json:"pid"` // 0: not known
	Host  string    `json:"host"`
	Start time.Time `json:"start"`
}

// HeldError says that another run of the batch is going on (exit 6).
type HeldError struct {
	holder
	Path string // the lock file
}

// Error names the other run.
func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another run of this batch is going on (it holds %s)", e.Path)
	}
	return fmt.Sprintf("another run of this batch is going on: process %d on %s, since %s (it holds %s)",
		e.PID, e.Host, e.Start.Local().Format("2006-01-02 15:04:05"), e.Path)
}

// TakeLock takes the lock that is the file at path, which is created if it is
// missing and never removed. While another process has the lock it tries again
// until wait has passed (100 ms at least, which the other may need to say who
// it is), then it returns a *HeldError. Other errors: the file cannot be made,
// or it is not ours, and then it is left alone; or the context's.
func TakeLock(ctx context.Context, path string, wait time.Duration) (*Lock, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notOurs(path)
	}
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	waiting, cancel := context.WithTimeout(ctx, max(wait, minLockWait))
	defer cancel()
	_, err := lock.TryLockContext(waiting, lockPoll)
	if err == nil {
		l := &Lock{lock: lock}
		if err := l.announce(); err != nil {
			return nil, errors.Join(err, l.Release())
		}
		return l, nil
	}
	_ = lock.Close() // it has no lock to give back
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case waiting.Err() != nil:
		return nil, held(path)
	}
	return nil, fmt.Errorf("lock the batch: %w", err)
}

func notOurs(path string) error {
	return fmt.Errorf("cannot lock the batch: %s is not a lock file of taskbatch; move it away, or name other results with -o", path)
}

// Release gives the lock back; the file stays.
func (l *Lock) Release() error {
	if l.file != nil {
		_ = l.file.Truncate(0) // nobody has it now
		_ = l.file.Close()
	}
	if err := l.lock.Unlock(); err != nil {
		return fmt.Errorf("release the lock of the batch: %w", err)
	}
	return nil
}

// announce writes into the lock file who has it, if it is ours: empty, or with
// what an earlier run has said or a power cut has left of that.
func (l *Lock) announce() error {
	path := l.lock.Path()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("lock the batch: %w", err)
	}
	locked, lerr := l.lock.Stat()
	opened, oerr := f.Stat()
	named, nerr := os.Lstat(path)
	found := make([]byte, maxHolder)
	n, _ := f.ReadAt(found, 0)
	found = bytes.Trim(found[:n], "\x00")
	if lerr != nil || oerr != nil || nerr != nil || !os.SameFile(locked, opened) || !os.SameFile(locked, named) ||
		len(found) > 0 && !bytes.HasPrefix(found, []byte(`{"pid":`)) {
		return errors.Join(notOurs(path), f.Close())
	}
	l.file = f
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{os.Getpid(), host, time.Now().Truncate(time.Second)})
	if err == nil { // the lock is as good without
		_ = f.Truncate(0)
		_, _ = f.WriteAt(append(text, '\n'), 0)
	}
	return nil
}

// held reads who has the lock.
func held(path string) *HeldError {
	e := &HeldError{Path: path}
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, &e.holder)
	}
	return e
}
