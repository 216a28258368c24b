package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
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

var (
	errTooLarge = errors.New("the answer is too large")
	errGone     = errors.New("the connection cannot be used again") // nothing has been sent on it
)

// conn is one connection to the API. It carries one request at a time, and can
// be looked at without waiting, also through the TLS layers above it.
type conn struct {
	net.Conn          // TCP
	top      net.Conn // what requests go through: the conn itself, or TLS on it
	in       reader
	used     time.Time // when its last answer had come; zero before the first

	raw     syscall.RawConn
	step    func(fd uintptr) bool
	request []byte // what of it has not been written
	begun   bool
	err     error

	looking bool // reads must not wait
	secure  bool // what is read is TLS
	records records
	one     [1]byte
}

func newConn(tcp *net.TCPConn) (*conn, error) {
	raw, err := tcp.SyscallConn()
	c := &conn{Conn: tcp, raw: raw}
	c.step = c.lookAndWrite
	c.in.Reader = bufio.NewReaderSize(&c.in.source, readBufferSize)
	c.top, c.in.from = c, c
	return c, err
}

// secureBy puts a layer of TLS on the connection.
func (c *conn) secureBy(ctx context.Context, config *tls.Config) error {
	layer := tls.Client(c.top, config)
	c.secure = true
	c.top, c.in.from = layer, layer
	return layer.HandshakeContext(ctx)
}

// ask sends a request. The error is errGone if the connection was used before
// and no longer stands ready: then nothing has been sent.
func (c *conn) ask(request []byte) error {
	if c.top == c {
		return c.askPlain(request)
	}
	if err := c.look(); err != nil {
		return err
	}
	_, err := c.top.Write(request)
	return err
}

// look gives errGone unless a connection that was used before stands ready:
// still open, and without a byte that nobody has asked for. Under TLS what has
// come is read on the way: a new session ticket is none of our business, an
// alert, data, or the beginning of a record is an end.
func (c *conn) look() error {
	if c.top == c || c.used.IsZero() {
		return c.askPlain(nil)
	}
	c.looking = true
	n, err := c.top.Read(c.one[:])
	c.looking = false
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.records.n > 0 {
		return errGone
	}
	return nil
}

// askPlain looks at a connection that was used before, writes the request and
// waits for an answer to begin: all under one lock of the socket, and so that
// no read comes too early, which costs less than a look, a Write and a Read.
// Without a request it only looks.
func (c *conn) askPlain(request []byte) error {
	c.request, c.begun, c.err = request, false, nil
	err := c.raw.Read(c.step)
	if c.err != nil {
		return c.err
	}
	if err == nil && len(c.request) > 0 {
		_, err = c.Conn.Write(c.request)
	}
	return err
}

// lookAndWrite is called with the socket, again once there is something to read
// if it returns false. What had come before the first call is forgotten by
// then: only behind a look can be waited.
func (c *conn) lookAndWrite(fd uintptr) (done bool) {
	if c.begun {
		return true
	}
	c.begun = true
	kept := !c.used.IsZero()
	if kept && !isQuiet(fd, c.used) {
		c.err = errGone
		return true
	}
	if len(c.request) == 0 {
		return true
	}
	n, err := writeNow(fd, c.request)
	c.request, c.err = c.request[n:], err
	return !kept || err != nil || len(c.request) > 0
}

// Read reads as usual; under a look it does not wait but gives the error of a
// timeout, which leaves a TLS connection as it is.
func (c *conn) Read(p []byte) (int, error) {
	if c.looking && c.askPlain(nil) == nil {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := c.Conn.Read(p)
	if c.secure {
		c.records.follow(p[:n])
	}
	return n, err
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
