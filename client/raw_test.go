package client_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskbatch/client"
)

// rawServer hands each connection to serve, which may do what it likes with
// it; the connection is closed when serve returns.
func rawServer(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return listener.Addr().String()
}

// readRequest reads one whole request.
func readRequest(conn net.Conn) bool {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

// answering serves one request with the raw text, then closes.
func answering(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if readRequest(conn) {
			io.WriteString(conn, text)
		}
	}
}

// silently keeps the connection open until the client closes it.
func silently(conn net.Conn) { io.Copy(io.Discard, conn) }

// newClient makes a client.
func newClient(t testing.TB, config client.Config) *client.Client {
	t.Helper()
	if config.Key == "" {
		config.Key = "test-key"
	}
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newSender makes a sender of a client of its own.
func newSender(t testing.TB, config client.Config) *client.Sender {
	t.Helper()
	s := newClient(t, config).Sender()
	t.Cleanup(s.Close)
	return s
}

// A 429 whose only word on the wait is a reset says how long to wait.
func TestRefusedUntilReset(t *testing.T) {
	addr := rawServer(t, func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, "HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Reset: 6\r\nContent-Length: 2\r\n\r\n{}")
	})
	r := newSender(t, client.Config{BaseURL: "http://" + addr}).Put(context.Background(), "T-1", []byte(`{}`))
	if r.Verdict != client.Throttled || r.RetryAfter != 6*time.Second {
		t.Errorf("%v, %v (%s)", r.Verdict, r.RetryAfter, r.Message)
	}
}

// The misbehaviour of one connection, and what must be learned from it.
func TestRawAnswers(t *testing.T) {
	const soon, late = time.Second, time.Minute // soon: for answers that never end
	endless := func(head, piece string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			if _, err := io.WriteString(conn, head); err != nil {
				return
			}
			for n := 0; n < 64<<20; n += len(piece) {
				if _, err := io.WriteString(conn, piece); err != nil {
					return
				}
			}
			t.Errorf("64 MiB of %.20q read", piece)
		}
	}
	// A trickle goes on until the client has had enough.
	trickle := func(head string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, head)
			ticker := time.NewTicker(5 * time.Millisecond)
			defer ticker.Stop()
			for range ticker.C {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
			}
		}
	}
	tests := []struct {
		name    string
		serve   func(net.Conn)
		verdict client.Verdict
		health  client.Health
		status  int
		message string
		endless bool
	}{
		{"closed before reading", func(conn net.Conn) {}, client.Unanswered, client.Ill, 0, "", false},
		{"closed after reading", answering(""), client.Unanswered, client.Ill, 0, "connection closed before an answer (EOF)", false},
		{"reset after reading", func(conn net.Conn) { readRequest(conn); conn.(*net.TCPConn).SetLinger(0) }, client.Unanswered, client.Ill, 0, "connection reset", false},
		{"silent", func(conn net.Conn) { readRequest(conn); silently(conn) }, client.Unanswered, client.Ill, 0, "timeout after 1s", true},
		{"cut status line", answering("HTTP/1.1 20"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"cut headers", answering("HTTP/1.1 200 OK\r\nContent-Le"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"cut after a header", answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"), client.Unanswered, client.Ill, 0, "connection closed before an answer (EOF)", false},
		{"garbage", answering("\x00\x01\x02 test-key garbage\r\n\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"another protocol", answering("SSH-2.0-OpenSSH_9.6\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"status without digits", answering("HTTP/1.1 abc OK\r\n\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"status of four digits", answering("HTTP/1.1 2000 OK\r\n\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"status zero", answering("HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"garbage headers", answering("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"two content lengths", answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}"), client.Unanswered, client.Ill, 0, "malformed HTTP answer", false},
		{"HTTP/2 frames", answering("\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), client.Unanswered, client.Ill, 0, "", false},
		{"huge headers", answering("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 128<<10) + "\r\n\r\n"), client.Unanswered, client.Ill, 0, "the answer's headers are too large", false},
		{"endless headers", endless("HTTP/1.1 200 OK\r\n", "X-Header: "+strings.Repeat("x", 1000)+"\r\n"), client.Unanswered, client.Ill, 0, "the answer's headers are too large", false},
		{"endless 100 Continue", endless("", "HTTP/1.1 100 Continue\r\n\r\n"), client.Unanswered, client.Ill, 0, "", false},
		{"100 Continue, then 200", answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), client.Applied, client.Healthy, 200, "", false},
		{"101", func(conn net.Conn) {
			answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")(conn)
			silently(conn)
		}, client.Refused, client.Healthy, 101, "101 Switching Protocols", false},

		{"2xx, body cut", answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"title\":"), client.Applied, client.Healthy, 200, "", false},
		{"2xx, body longer than announced", answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 Oops\r\n\r\n"), client.Applied, client.Healthy, 200, "", false},
		{"2xx, chunks of garbage", answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\ngarbage"), client.Applied, client.Healthy, 200, "", false},
		{"2xx, endless chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n"+strings.Repeat("x", 1024)+"\r\n"), client.Applied, client.Healthy, 200, "", false},
		{"2xx, endless body", endless("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 4096)), client.Applied, client.Healthy, 200, "", false},
		{"2xx, trickling body", trickle("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"), client.Applied, client.Healthy, 200, "", true},
		{"2xx, silent body", func(conn net.Conn) {
			answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")(conn)
			silently(conn)
		}, client.Applied, client.Healthy, 200, "", true},
		{"204", answering("HTTP/1.1 204 No Content\r\n\r\n"), client.Applied, client.Healthy, 204, "", false},
		{"HTTP/1.0", answering("HTTP/1.0 200 OK\r\n\r\n{}"), client.Applied, client.Healthy, 200, "", false},
		{"bare line feeds", answering("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"), client.Applied, client.Healthy, 200, "", false},

		{"4xx, body cut", answering("HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n{\"statusCode\":404,\"message\":\"Account task not found\""), client.Refused, client.Healthy, 404, "Account task not found", false},
		{"4xx, trickling body", trickle("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nslow: "), client.Refused, client.Healthy, 400, "400 Bad Request: slow: x", true},
		{"500, body cut", answering("HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\n{\"statusCode\":500,\"message\":\"Something went wrong!\""), client.Erring, client.Error500, 500, "Something went wrong!", false},
		{"status of the server's own", answering("HTTP/1.1 599 Out of tea\r\nContent-Length: 0\r\n\r\n"), client.Refused, client.Healthy, 599, "599 Out of tea", false},
		{"answer before the request is read", func(conn net.Conn) {
			io.ReadFull(conn, make([]byte, 10))
			io.WriteString(conn, "HTTP/1.1 503 Go Away\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			silently(conn)
		}, client.Erring, client.Ill, 503, "503 Service Unavailable", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := late
			if tt.endless {
				timeout = soon
			}
			s := newSender(t, client.Config{BaseURL: "http://" + rawServer(t, tt.serve), Timeout: timeout})
			r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`))
			if r.Verdict != tt.verdict || r.Health != tt.health || r.Status != tt.status {
				t.Errorf("%v, %v, %d (%s), want %v, %v, %d", r.Verdict, r.Health, r.Status, r.Message, tt.verdict, tt.health, tt.status)
			}
			if !strings.HasPrefix(r.Message, tt.message) || r.Verdict == client.Applied && r.Message+r.Warning != "" {
				t.Errorf("message %q, warning %q, want %q", r.Message, r.Warning, tt.message)
			}
			if strings.Contains(r.Message, "127.0.0.1") {
				t.Errorf("message %q holds an address", r.Message)
			}
			if r.Sent.IsZero() || r.Received.Before(r.Sent) {
				t.Errorf("sent %v, received %v", r.Sent, r.Received)
			}
		})
	}
}

// A request that the server does not read must not block for longer than the
// timeout, and the body must be free for reuse afterwards.
func TestServerThatDoesNotRead(t *testing.T) {
	body := []byte(`{"description":"` + strings.Repeat("x", 8<<20) + `"}`)
	answers := map[string]struct {
		serve   func(net.Conn, chan struct{})
		verdict client.Verdict
	}{
		"silent": {func(conn net.Conn, done chan struct{}) {
			conn.Read(make([]byte, 1))
			<-done
		}, client.Unanswered},
		"refusing early": {func(conn net.Conn, done chan struct{}) {
			conn.Read(make([]byte, 1))
			io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
			<-done
		}, client.Refused},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			addr := rawServer(t, func(conn net.Conn) { tt.serve(conn, done) })
			t.Cleanup(func() { close(done) })
			s := newSender(t, client.Config{BaseURL: "http://" + addr, Timeout: time.Second})
			own := append([]byte(nil), body...)
			for range 2 {
				if r := s.Put(context.Background(), "T-1", own); r.Verdict != tt.verdict {
					t.Errorf("%v (%s), want %v", r.Verdict, r.Message, tt.verdict)
				}
				for i := range own { // a race with net/http would show here
					own[i] = 'y'
				}
			}
		})
	}
}

// Attempts that got no connection have sent nothing.
func TestUnconnected(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := rawServer(t, func(conn net.Conn) {
		buf := make([]byte, 100)
		conn.Read(buf)
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	cut := rawServer(t, func(conn net.Conn) { conn.Read(make([]byte, 16<<10)) })
	silent := rawServer(t, silently)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	tests := []struct {
		name, baseURL, message string
		setup                  bool
	}{
		{"refused", "http://" + closed.Addr().String(), "connection refused", false},
		{"no such host", "https://no-such-host.invalid", "no such host no-such-host.invalid", true},
		{"TLS to a plain server", "https://" + plain, "the server does not speak TLS", true},
		{"TLS cut off", "https://" + cut, "connection closed during the TLS handshake", false},
		{"TLS without an answer", "https://" + silent, "no connection within 1s", false},
		{"unknown authority", secure.URL, "the server's certificate is signed by an unknown authority", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSender(t, client.Config{BaseURL: tt.baseURL, Timeout: time.Second})
			r := s.Put(context.Background(), "T-1", []byte(`{}`))
			if r.Verdict != client.Unconnected || r.Health != client.Ill || r.Status != 0 {
				t.Errorf("%v, %v, %d", r.Verdict, r.Health, r.Status)
			}
			if tt.name == "no such host" && strings.Contains(r.Message, "lookup") {
				t.Skip("no resolver here: ", r.Message)
			}
			if !strings.HasPrefix(r.Message, tt.message) || r.Setup != tt.setup {
				t.Errorf("message %q, set-up %v, want %q", r.Message, r.Setup, tt.message)
			}
		})
	}
}

// caFile writes the certificate of a test server as a PEM file.
func caFile(t *testing.T, server *httptest.Server) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// With the extra root TLS works, with HTTP/1.1 although the server offers
// HTTP/2; an old TLS version does not.
func TestTLS(t *testing.T) {
	var proto atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto.Store(r.Proto)
		io.WriteString(w, "{}")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	s := newSender(t, client.Config{BaseURL: server.URL, CACertFile: caFile(t, server)})
	if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Applied || proto.Load() != "HTTP/1.1" {
		t.Errorf("%v (%s) over %s", r.Verdict, r.Message, proto.Load())
	}

	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	s = newSender(t, client.Config{BaseURL: old.URL, CACertFile: caFile(t, old)})
	if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Unconnected || !strings.HasPrefix(r.Message, "TLS handshake failed") {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}
}

// A certificate that is trusted, but made for another host.
func TestWrongHost(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	port := strconv.Itoa(server.Listener.Addr().(*net.TCPAddr).Port)
	s := newSender(t, client.Config{BaseURL: "https://localhost:" + port, CACertFile: caFile(t, server)})
	r := s.Put(context.Background(), "T-1", []byte(`{}`))
	if r.Verdict != client.Unconnected || r.Message != "the server's certificate is not valid for localhost: check --base-url" {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}
}
