package client

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// Bounds of what one answer can make us read.
const (
	maxHeadBytes   = 64 << 10 // status line and headers
	maxAnswerBytes = 1 << 20  // of the body
	maxChunkBytes  = 8 << 20  // of the body as it is sent, in however small chunks
	readBufferSize = 8 << 10  // a usual answer, head and body
)

var errTooLarge = errors.New("the answer is too large")

// nothing is the error of a read that would have to wait. crypto/tls takes it
// for a timeout, which leaves the connection as it is.
type nothing struct{}

func (nothing) Error() string   { return "nothing to read" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }

// wire is a TCP connection that can be looked at without waiting, also through
// the TLS layers above it.
type wire struct {
	net.Conn
	raw     syscall.RawConn
	peek    func(fd uintptr) // fills in quiet
	quiet   bool
	used    time.Time // for the last time
	looking bool      // reads must not wait
	secure  bool      // what is read is TLS
	records records
}

func newWire(tcp net.Conn) *wire {
	w := &wire{Conn: tcp, used: time.Now()}
	if c, ok := tcp.(syscall.Conn); ok {
		w.raw, _ = c.SyscallConn()
	}
	w.peek = func(fd uintptr) { w.quiet = isQuiet(fd, w.used) }
	return w
}

// Read reads as usual; under a look it does not wait.
func (w *wire) Read(p []byte) (int, error) {
	if w.looking && w.silent() {
		return 0, nothing{}
	}
	n, err := w.Conn.Read(p)
	if w.secure {
		w.records.follow(p[:n])
	}
	return n, err
}

// silent tells whether neither bytes nor an end of the connection have come.
func (w *wire) silent() bool {
	w.quiet = false
	return w.raw != nil && w.raw.Control(w.peek) == nil && w.quiet
}

// records follows the borders of TLS records.
type records struct {
	header [5]byte // type, version, length
	n      int     // of the header's bytes that have come; 0 between records
	left   int     // bytes of the record that have not
}

func (r *records) follow(b []byte) {
	for len(b) > 0 {
		if r.n < len(r.header) {
			m := copy(r.header[r.n:], b)
			r.n, b = r.n+m, b[m:]
			r.left = int(binary.BigEndian.Uint16(r.header[3:]))
		}
		if r.n == len(r.header) {
			m := min(r.left, len(b))
			if r.left, b = r.left-m, b[m:]; r.left == 0 {
				r.n = 0
			}
		}
	}
}

// conn is one connection to the API. It carries one request at a time.
type conn struct {
	net.Conn // the uppermost layer: wire, or TLS on it
	wire     *wire
	in       reader
	one      [1]byte
}

func newConn(top net.Conn, w *wire) *conn {
	c := &conn{Conn: top, wire: w}
	c.in.from = top
	c.in.Reader = bufio.NewReaderSize(&c.in.source, readBufferSize)
	return c
}

// idle tells whether the connection stands ready: still open, and without a
// byte that nobody has asked for. Under TLS what has come is read on the way:
// a new session ticket is none of our business, an alert, data, or the
// beginning of a record is an end.
func (c *conn) idle() bool {
	if c.Conn == c.wire {
		return c.wire.silent()
	}
	c.wire.looking = true
	n, err := c.Read(c.one[:])
	c.wire.looking = false
	return n == 0 && errors.Is(err, nothing{}) && c.wire.records.n == 0
}

// reader reads answers from a connection, each within bounds.
type reader struct {
	*bufio.Reader
	source
}

// source is a connection of which only so many bytes may be read. Its first
// error stays: behind a reset a socket would only tell of an end.
type source struct {
	from io.Reader
	left int
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case s.left <= 0:
		return 0, errTooLarge
	}
	n, err := s.from.Read(p[:min(len(p), s.left)])
	s.left -= n
	s.err = err
	return n, err
}
