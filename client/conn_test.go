package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// tcpPair is a connection of ours and its other end.
func tcpPair(t *testing.T) (c *conn, server *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	tcp, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	other, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	if c, err = newConn(tcp.(*net.TCPConn)); err != nil {
		t.Fatal(err)
	}
	return c, other.(*net.TCPConn)
}

// noted tells of the first Write.
type noted struct {
	net.Conn
	written chan struct{}
}

func (n noted) Write(b []byte) (int, error) {
	close(n.written)
	return n.Conn.Write(b)
}

// What the socket does not take at once follows when the server reads.
func TestAskInParts(t *testing.T) {
	request := bytes.Repeat([]byte("0123456789abcde\n"), 256<<10/16)
	for name, used := range map[string]time.Time{"new": {}, "kept": time.Now()} {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, full %v", name, full), func(t *testing.T) {
				c, server := tcpPair(t)
				c.Conn.(*net.TCPConn).SetWriteBuffer(1)
				before := 0
				if full {
					c.raw.Control(func(fd uintptr) {
						for n := 1; n > 0; before += n {
							n, _ = writeNow(fd, request)
						}
					})
				}
				rest := noted{c.Conn, make(chan struct{})}
				c.Conn, c.used = rest, used
				done := make(chan error, 1)
				go func() {
					done <- c.ask(request)
					c.Close()
				}()
				<-rest.written
				got, err := io.ReadAll(server)
				if askErr := <-done; askErr != nil || err != nil || !bytes.Equal(got[min(before, len(got)):], request) {
					t.Errorf("%d of %d bytes (%v, %v)", len(got)-before, len(request), askErr, err)
				}
			})
		}
	}
}

// On a new connection what the server said before it was asked is not waited
// for once more.
func TestAskWhereTheServerHasSpoken(t *testing.T) {
	c, server := tcpPair(t)
	c.SetDeadline(time.Now().Add(time.Minute))
	go io.WriteString(server, "220 ready")
	if _, err := c.Read(make([]byte, 1)); err != nil { // the poller has told of all of it
		t.Fatal(err)
	}
	if err := c.ask([]byte("x")); err != nil {
		t.Error(err)
	}
}

// A kept connection is gone once bytes or an end have come, and is not written
// to; else its deadline ends the wait for an answer.
func TestAskOnAKeptConnection(t *testing.T) {
	for name, end := range map[string]func(*net.TCPConn) error{
		"surplus": func(server *net.TCPConn) error { _, err := server.Write([]byte("x")); return err },
		"end":     (*net.TCPConn).CloseWrite,
		"nothing": func(*net.TCPConn) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			c, server := tcpPair(t)
			c.used = time.Now()
			if err := end(server); err != nil {
				t.Fatal(err)
			}
			quiet := name == "nothing"
			for !quiet && c.ask(nil) == nil { // until it has come over
			}
			done := make(chan error, 1)
			go func() { done <- c.ask([]byte("request")) }()
			if quiet {
				if _, err := io.ReadFull(server, make([]byte, len("request"))); err != nil {
					t.Error(err)
				}
				c.SetDeadline(past)
				if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v", err)
				}
				return
			}
			if err := <-done; err != errGone {
				t.Errorf("%v", err)
			}
			c.Close()
			if got, _ := io.ReadAll(server); len(got) > 0 {
				t.Errorf("the server got %q", got)
			}
		})
	}
}
