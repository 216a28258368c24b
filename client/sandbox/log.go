package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
)

// defaultLogLimit is how many requests the log remembers if not told.
const defaultLogLimit = 200_000

// entry is one request in the log. In JSON:
//
//	seq      number of the request, from 1, in order of arrival
//	at       when it arrived, RFC 3339 with nanoseconds, on the sandbox's clock
//	method, task  task is the whole path for other routes
//	status   of the answer; 0: none was given
//	applied  the update changed the task
//	fault    what befell the request; absent: nothing
//	body     as sent, byte for byte; if it is not JSON on one line: raw, a string
//	done_at  when the outcome was decided, just before the answer left; absent: still open
type entry struct {
	seq     int64
	at      time.Time
	done    time.Time
	method  string
	task    string
	status  int
	applied bool
	fault   string
	body    []byte
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
	line  []byte
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
	e := &entry{seq: l.seq, at: now, method: method, task: task, body: body}
	switch {
	case l.limit < 0:
	case len(l.ring) < l.limit:
		l.ring = append(l.ring, e)
	default:
		l.ring[(e.seq-1)%int64(l.limit)] = e
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
	e.done, e.status, e.applied, e.fault = now, status, applied, fault
	if l.file == nil {
		return
	}
	l.line = e.append(l.line[:0])
	if _, err := l.file.Write(l.line); err != nil && l.err == nil {
		l.err = fmt.Errorf("write request log: %w", err)
	}
}

// writeTo writes the requests remembered, oldest first.
func (l *requestLog) writeTo(w io.Writer) {
	for _, e := range l.entries() {
		if _, err := w.Write(e.append(nil)); err != nil {
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

// append appends the entry as one line of JSON.
func (e entry) append(b []byte) []byte {
	b = fmt.Appendf(b, `{"seq":%d,"at":"%s","task":`, e.seq, e.at.UTC().Format(time.RFC3339Nano))
	b = appendText(b, e.task)
	b = appendText(append(b, `,"method":`...), e.method)
	b = fmt.Appendf(b, `,"status":%d,"applied":%t`, e.status, e.applied)
	if e.fault != "" {
		b = client.AppendString(append(b, `,"fault":`...), e.fault)
	}
	if jsontext.Value(e.body).IsValid() && bytes.IndexByte(e.body, '\n') < 0 {
		b = append(append(b, `,"body":`...), e.body...)
	} else {
		b = appendText(append(b, `,"raw":`...), string(e.body))
	}
	if !e.done.IsZero() {
		b = fmt.Appendf(b, `,"done_at":"%s"`, e.done.UTC().Format(time.RFC3339Nano))
	}
	return append(b, "}\n"...)
}

// appendText appends a text from the network, which may be no UTF-8.
func appendText(b []byte, s string) []byte {
	return client.AppendString(b, string(bytes.ToValidUTF8([]byte(s), []byte("\uFFFD"))))
}
