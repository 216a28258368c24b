package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// defaultLogLimit is how many requests the log remembers if not told.
const defaultLogLimit = 200_000

// entry is one request in the log. Status 0 means that no answer was given, and
// without done_at the request is still open.
type entry struct {
	Seq     int64          `json:"seq"`  // from 1, in order of arrival
	At      time.Time      `json:"at"`   // of arrival, on the sandbox's clock
	Task    string         `json:"task"` // the whole path for other routes
	Method  string         `json:"method"`
	Status  int            `json:"status"`
	Applied bool           `json:"applied"`          // the update changed the task
	Fault   string         `json:"fault,omitzero"`   // what befell the request
	Body    jsontext.Value `json:"body,omitzero"`    // as sent, byte for byte
	Raw     string         `json:"raw,omitzero"`     // in place of a body that is not JSON without blanks
	Done    time.Time      `json:"done_at,omitzero"` // when the outcome was decided, just before the answer left
}

// requestLog keeps the newest requests in memory, and all in a file if there
// is one. A line of the file is written when the request's outcome is
// decided, before the client can know it.
type requestLog struct {
	mu    sync.Mutex
	start time.Time // arrival of the first request
	seq   int64
	limit int
	ring  []*entry // by (seq-1) modulo limit
	file  *os.File
	err   error // the first in writing the file
}

func newRequestLog(limit int, path string) (*requestLog, error) {
	l := &requestLog{limit: limit}
	if limit == 0 {
		l.limit = defaultLogLimit
	}
	if path == "" {
		return l, nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open request log: %w", err)
	}
	l.file = file
	return l, nil
}

// begin notes the arrival of a request.
func (l *requestLog) begin(now time.Time, method, task string, body []byte) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq == 0 {
		l.start = now
	}
	l.seq++
	e := &entry{Seq: l.seq, At: now.UTC(), Method: method, Task: task, Body: body}
	switch {
	case l.limit < 0:
	case len(l.ring) < l.limit:
		l.ring = append(l.ring, e)
	default:
		l.ring[(e.Seq-1)%int64(l.limit)] = e
	}
	return e
}

// first is when the first request arrived.
func (l *requestLog) first() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start
}

// finish notes the outcome of a request.
func (l *requestLog) finish(e *entry, now time.Time, status int, applied bool, fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Done, e.Status, e.Applied, e.Fault = now.UTC(), status, applied, fault
	if l.file == nil {
		return
	}
	if _, err := l.file.Write(e.line()); err != nil && l.err == nil {
		l.err = fmt.Errorf("write request log: %w", err)
	}
}

// writeTo writes the requests remembered, oldest first.
func (l *requestLog) writeTo(w io.Writer) {
	for _, e := range l.entries() {
		if _, err := w.Write(e.line()); err != nil {
			return // the reader is gone
		}
	}
}

// entries copies the requests remembered, oldest first.
func (l *requestLog) entries() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]entry, 0, len(l.ring))
	oldest := 0
	if len(l.ring) == l.limit {
		oldest = int(l.seq % int64(l.limit))
	}
	for i := range l.ring {
		out = append(out, *l.ring[(oldest+i)%len(l.ring)])
	}
	return out
}

// close closes the file.
func (l *requestLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		if err := l.file.Close(); err != nil && l.err == nil {
			l.err = fmt.Errorf("close request log: %w", err)
		}
		l.file = nil
	}
	return l.err
}

// line is the entry as one line of JSON.
func (e entry) line() []byte {
	compact := e.Body.Clone()
	if !e.Body.IsValid() || compact.Compact() != nil || !bytes.Equal(compact, e.Body) {
		e.Body, e.Raw = nil, string(e.Body)
	}
	return append(marshal(e), '\n')
}
