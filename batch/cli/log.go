package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"

	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/batch"
	"taskbatch/batch/report"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// runLog is the file of --log-file, JSON lines: the run's start and end, every
// attempt and every wait; no bodies, no key. A line is in the file at most
// logDelay after it was logged.
type runLog struct {
	runID string
	mu    sync.Mutex
	file  *os.File
	buf   *bufio.Writer
	err   error // the first; nothing is written after it
	lines slog.Handler
	dirty bool        // the buffer holds something, and the timer runs
	timer *time.Timer // writes the buffer
}

const logDelay = 200 * time.Millisecond

// openLog opens the file for appending, and creates it with mode 0600.
func openLog(path, runID string) (*runLog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, logError(err)
	}
	l := &runLog{file: f, buf: bufio.NewWriterSize(f, 64<<10), runID: runID}
	l.lines = slog.NewJSONHandler(l.buf, nil).WithAttrs([]slog.Attr{slog.String("run_id", runID)})
	l.timer = time.AfterFunc(logDelay, l.flush)
	return l, nil
}

// flush writes what was logged.
func (l *runLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dirty = false
	l.keep(l.buf.Flush())
}

func (l *runLog) keep(err error) {
	if l.err == nil {
		l.err = logError(err)
	}
}

// write appends a line. The error is the log's first, also of earlier lines.
func (l *runLog) write(at time.Time, level slog.Level, message string, attrs ...slog.Attr) error {
	r := slog.NewRecord(at.UTC(), level, message, 0)
	r.AddAttrs(attrs...)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written(l.lines.Handle(context.Background(), r))
}

// written sees to it that a line gets into the file.
func (l *runLog) written(err error) error {
	l.keep(err)
	if !l.dirty {
		l.dirty = true
		l.timer.Reset(logDelay)
	}
	return l.err
}

// close writes the rest and closes the file. It returns the first error of the
// log's life.
func (l *runLog) close() error {
	l.timer.Stop()
	l.flush()
	l.keep(l.file.Close())
	return l.err
}

// attempted logs an attempt. It is the line of nearly every row, so it is put
// together by hand, byte for byte as slog would do it, at a third of the time.
func (l *runLog) attempted(row int64, taskID string, attempt int, r *client.Reply) error {
	level := slog.LevelInfo
	if r.Verdict != client.Applied {
		level = slog.LevelWarn
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buf.AvailableBuffer()
	b = r.Received.UTC().AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(append(b, `","level":"`...), level.String()...)
	b = append(append(b, `","msg":"attempt","run_id":"`...), l.runID...)
	b = strconv.AppendInt(append(b, `","row":`...), row, 10)
	b = append(append(b, `,"taskId":"`...), taskID...) // a task id needs no escapes
	b = strconv.AppendInt(append(b, `","attempt":`...), int64(attempt), 10)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(r.Status), 10)
	b = appendMS(append(b, `,"ms":`...), r.Received.Sub(r.Sent))
	b = append(append(b, `,"verdict":"`...), r.Verdict.String()...)
	b = append(b, '"')
	if r.RequestID != "" {
		b = append(b, `,"request_id":`...)
		b, _ = jsontext.AppendQuote(b, words.Visible(r.RequestID)) // visible texts are valid
	}
	_, err := l.buf.Write(append(b, "}\n"...))
	return l.written(err)
}

// appendMS appends milliseconds with up to three decimals.
func appendMS(b []byte, d time.Duration) []byte {
	us := d.Microseconds()
	b = strconv.AppendInt(b, us/1000, 10)
	if rest := us % 1000; rest > 0 {
		decimals := [4]byte{'.', byte('0' + rest/100), byte('0' + rest/10%10), byte('0' + rest%10)}
		b = append(b, bytes.TrimRight(decimals[:], "0")...)
	}
	return b
}

// watcher looks on while a run sends: for the log, and for the gaps in the
// report.
type watcher struct {
	log   *runLog       // nil: none
	waits []report.Wait // the longer ones, for the report
}

var _ batch.Observer = (*watcher)(nil)

const (
	shownWait = time.Second // shorter waits are no gap in a report
	mostWaits = 10_000      // kept
)

// Attempted implements batch.Observer.
func (w *watcher) Attempted(row int64, taskID string, attempt int, r *client.Reply) error {
	if w.log == nil {
		return nil
	}
	return w.log.attempted(row, taskID, attempt, r)
}

// Waited implements batch.Observer.
func (w *watcher) Waited(cause string, from, to time.Time) error {
	name, _, _ := strings.Cut(cause, " since ") // the report shows the times itself
	if n := len(w.waits); n > 0 && w.waits[n-1].Cause == name && from.Sub(w.waits[n-1].To) < shownWait {
		w.waits[n-1].To = to
	} else if to.Sub(from) >= shownWait && n < mostWaits {
		w.waits = append(w.waits, report.Wait{From: from, To: to, Cause: name})
	}
	if w.log == nil {
		return nil
	}
	return w.log.write(to, slog.LevelInfo, "wait", slog.String("cause", words.Visible(cause)), slog.Float64("seconds", seconds(to.Sub(from))))
}

func logError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write the log: %w", err)
}
