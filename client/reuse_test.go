package client_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskbatch/client"
)

const (
	refusal = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
	success = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
)

// nextRequest reads one whole request from a connection with more to come.
func nextRequest(in *bufio.Reader) bool {
	req, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

// What stands behind an answer is the answer of nothing, however much it looks
// like one.
func TestSurplus(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	for name, later := range map[string]bool{"in one packet": false, "later": true} {
		t.Run(name, func(t *testing.T) {
			const workers, rows = 64, 20
			var wg sync.WaitGroup
			for range workers {
				left := make(chan struct{}, 1)
				addr := rawServer(t, func(conn net.Conn) {
					for in := bufio.NewReader(conn); nextRequest(in); left <- struct{}{} {
						if later {
							io.WriteString(conn, refusal)
							io.WriteString(conn, success)
						} else {
							io.WriteString(conn, refusal+success)
						}
					}
				})
				s := newSender(t, client.Config{BaseURL: "http://" + addr})
				wg.Go(func() {
					for range rows {
						if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Status != 404 {
							t.Errorf("%v, %d (%s)", r.Verdict, r.Status, r.Message)
						}
						<-left
					}
				})
			}
			wg.Wait()
		})
	}
	if logged.Len() > 0 {
		t.Errorf("logged: %s", &logged)
	}
}

// A server that speaks before it is asked has not answered.
func TestServerSpeaksFirst(t *testing.T) {
	spoken := make(chan struct{}, 1)
	addr := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for nextRequest(in) {
			io.WriteString(conn, refusal)
			io.WriteString(conn, "220 mail.example ready\r\n")
			spoken <- struct{}{}
		}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr})
	for range 3 {
		if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Status != 404 {
			t.Errorf("%v, %d (%s)", r.Verdict, r.Status, r.Message)
		}
		<-spoken
	}
}

// A connection that the server has closed is seen before it is used: no
// attempt is lost.
func TestClosedConnections(t *testing.T) {
	closed := make(chan struct{}, 1)
	addr := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for range 5 {
			if !nextRequest(in) {
				return
			}
			io.WriteString(conn, success)
		}
		conn.Close() // without having said so
		closed <- struct{}{}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr})
	for i := range 100 {
		if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Applied {
			t.Fatalf("%d: %v (%s)", i, r.Verdict, r.Message)
		}
		if i%5 == 4 {
			<-closed
		}
	}
}

// Where the close crosses the request, the attempt is unanswered, and not made
// again by itself.
func TestCloseCrossesRequest(t *testing.T) {
	var requests atomic.Int64
	addr := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for n := range 6 {
			if !nextRequest(in) {
				return
			}
			requests.Add(1)
			if n < 5 {
				io.WriteString(conn, success)
			}
		}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr})
	for i := range 60 {
		want := client.Applied
		if i%6 == 5 {
			want = client.Unanswered
		}
		r := s.Put(context.Background(), "T-1", []byte(`{}`))
		if r.Verdict != want || r.Health == client.Healthy && want == client.Unanswered || r.Stale != (want == client.Unanswered) {
			t.Fatalf("%d: %v, stale %v (%s)", i, r.Verdict, r.Stale, r.Message)
		}
	}
	if requests.Load() != 60 {
		t.Errorf("%d requests for 60 attempts", requests.Load())
	}
}

// Only what a kept connection lost speaks against others: not a new one, nor a
// server that is silent. A sender that was closed dials anew.
func TestStale(t *testing.T) {
	var conns atomic.Int64
	addr := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		switch conns.Add(1) {
		case 1: // ends a new connection
			nextRequest(in)
			return
		case 2: // says nothing more
			nextRequest(in)
			io.WriteString(conn, success)
			silently(conn)
		}
		for nextRequest(in) {
			io.WriteString(conn, success)
		}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr, Timeout: time.Second})
	for i, want := range []client.Verdict{client.Unanswered, client.Applied, client.Unanswered, client.Applied, client.Applied} {
		if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != want || r.Stale {
			t.Errorf("%d: %v, stale %v (%s)", i, r.Verdict, r.Stale, r.Message)
		}
	}
	s.Close()
	if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Applied || conns.Load() != 4 {
		t.Errorf("%v (%s), connection %d", r.Verdict, r.Message, conns.Load())
	}
}

// idleServer closes each connection that is idle for so long, and tells of it.
func idleServer(t *testing.T, secure bool, idle time.Duration) (server *httptest.Server, opened *atomic.Int64, closed chan struct{}) {
	opened, closed = new(atomic.Int64), make(chan struct{}, 100)
	var mu sync.Mutex
	seen := map[string]bool{}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if first := !seen[r.RemoteAddr]; first && secure && r.TLS.DidResume != (len(seen) > 0) {
			t.Errorf("connection %d: session resumed: %v", len(seen), r.TLS.DidResume)
		}
		seen[r.RemoteAddr] = true
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "{}")
	}))
	server.Config.IdleTimeout = idle
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, opened, closed
}

// Idle connections that the server closes cost nothing, also under TLS, where
// session tickets come unasked: they are no reason to leave a connection, and
// serve the next.
func TestIdleConnections(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, opened, closed := idleServer(t, secure, 200*time.Millisecond)
			config := client.Config{BaseURL: server.URL}
			if secure {
				config.CACertFile = caFile(t, server)
			}
			s := newSender(t, config)
			const rounds = 5
			for range rounds {
				for range 10 {
					if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Applied {
						t.Errorf("%v (%s)", r.Verdict, r.Message)
					}
				}
				<-closed
			}
			if opened.Load() != rounds {
				t.Errorf("%d connections in %d rounds", opened.Load(), rounds)
			}
		})
	}
}

// Under TLS an end may arrive in the packet of the answer, or alone, and data
// that nobody asked for may follow.
func TestTLSAfterAnswer(t *testing.T) {
	cert := httptest.NewTLSServer(http.NotFoundHandler())
	defer cert.Close()
	for name, after := range map[string]func(*tls.Conn){
		"alert":   func(conn *tls.Conn) { conn.CloseWrite() },
		"surplus": func(conn *tls.Conn) { io.WriteString(conn, success) },
		"close":   func(conn *tls.Conn) { conn.Close() },
		"reset": func(conn *tls.Conn) {
			conn.NetConn().(*net.TCPConn).SetLinger(0)
			conn.NetConn().Close()
		},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				config := cert.TLS.Clone()
				config.MaxVersion = version
				done := make(chan struct{}, 1)
				addr := rawServer(t, func(conn net.Conn) {
					secure := tls.Server(conn, config)
					in := bufio.NewReader(secure)
					for nextRequest(in) {
						io.WriteString(secure, refusal)
						after(secure)
						done <- struct{}{}
					}
				})
				s := newSender(t, client.Config{BaseURL: "https://" + addr, CACertFile: caFile(t, cert)})
				for range 5 {
					r := s.Put(context.Background(), "T-1", []byte(`{}`))
					if r.Status != 404 && !(name == "reset" && r.Message == "connection reset") { // a reset can overtake the answer
						t.Errorf("%v, %d (%s)", r.Verdict, r.Status, r.Message)
					}
					<-done
				}
			})
		}
	}
}

// half passes on all that is written but the second half of the next record
// once it is told to; that waits for more.
type half struct {
	net.Conn
	on   bool
	rest []byte
}

func (h *half) Write(b []byte) (int, error) {
	if h.on && h.rest == nil {
		h.rest = bytes.Clone(b[len(b)/2:])
		_, err := h.Conn.Write(b[:len(b)/2])
		return len(b), err
	}
	_, err := h.Conn.Write(append(h.rest, b...))
	h.rest = nil
	return len(b), err
}

// Half a record that nobody asked for is as bad as a whole one.
func TestTLSHalfARecord(t *testing.T) {
	cert := httptest.NewTLSServer(http.NotFoundHandler())
	defer cert.Close()
	sent := make(chan struct{}, 1)
	addr := rawServer(t, func(conn net.Conn) {
		h := &half{Conn: conn}
		secure := tls.Server(h, cert.TLS)
		for in := bufio.NewReader(secure); nextRequest(in); sent <- struct{}{} {
			io.WriteString(secure, refusal)
			h.on = true
			io.WriteString(secure, success)
		}
	})
	s := newSender(t, client.Config{BaseURL: "https://" + addr, CACertFile: caFile(t, cert)})
	for range 5 {
		if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Status != 404 {
			t.Errorf("%v, %d (%s)", r.Verdict, r.Status, r.Message)
		}
		<-sent
	}
}

// A large request that was taken whole leaves its connection as good as a
// small one.
func TestLargeRequests(t *testing.T) {
	server, opened, _ := idleServer(t, false, time.Hour)
	s := newSender(t, client.Config{BaseURL: server.URL})
	for _, size := range []int{1, 31 << 10, 33 << 10, 4 << 20, 1} {
		body := []byte(`{"description":"` + strings.Repeat("x", size) + `"}`)
		if r := s.Put(context.Background(), "T-1", body); r.Verdict != client.Applied {
			t.Errorf("%d bytes: %v (%s)", size, r.Verdict, r.Message)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections", opened.Load())
	}
}

// A connection that came to nothing is closed.
func TestFailedDialIsClosed(t *testing.T) {
	closed := make(chan struct{})
	addr := rawServer(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		io.WriteString(conn, "SSH-2.0-OpenSSH_9.6\r\n")
		io.Copy(io.Discard, conn) // up to the client's end
		close(closed)
	})
	s := newSender(t, client.Config{BaseURL: "https://" + addr})
	if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Unconnected {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}
	<-closed
}
