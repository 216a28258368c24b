package results

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockPoll    = 50 * time.Millisecond
	minLockWait = 100 * time.Millisecond
)

// Lock is the right to be the only run of a batch. The kernel takes it back
// when the process ends, however it ends.
type Lock struct {
	file *flock.Flock
}

// holder is the content of the lock file, for people and messages.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Start time.Time `json:"start"`
}

// HeldError says that another run of the batch is going on (exit 6).
type HeldError struct {
	Path  string    // the lock file
	PID   int       // of the other run; 0: not known
	Host  string    // it runs on; "": not known
	Start time.Time // when it began; zero: not known
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
// or the context's.
func TakeLock(ctx context.Context, path string, wait time.Duration) (*Lock, error) {
	file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	until := time.NewTimer(max(wait, minLockWait))
	defer until.Stop()
	for {
		got, err := file.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock the batch: %w", err)
		}
		if got {
			announce(path)
			return &Lock{file}, nil
		}
		select {
		case <-time.After(lockPoll):
			continue
		case <-until.C:
			err = held(path)
		case <-ctx.Done():
			err = ctx.Err()
		}
		_ = file.Close() // it has no lock to give back
		return nil, err
	}
}

// Release gives the lock back; the file stays.
func (l *Lock) Release() error {
	_ = os.Truncate(l.file.Path(), 0) // nobody has it now
	if err := l.file.Unlock(); err != nil {
		return fmt.Errorf("release the lock of the batch: %w", err)
	}
	return nil
}

// announce writes into the lock file who has it. The lock is as good without.
func announce(path string) {
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{os.Getpid(), host, time.Now().Truncate(time.Second)})
	if err == nil {
		_ = os.WriteFile(path, append(text, '\n'), 0o600)
	}
}

// held reads who has the lock.
func held(path string) *HeldError {
	var h holder
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &h) != nil {
		return &HeldError{Path: path}
	}
	return &HeldError{path, h.PID, h.Host, h.Start}
}
