package client_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"taskbatch/client"
)

// A cancelled context ends an attempt wherever it is, at once.
func TestCancelAnywhere(t *testing.T) {
	large := []byte(`{"description":"` + strings.Repeat("x", 8<<20) + `"}`)
	tests := map[string]struct {
		base, proxy string
		body        []byte
		want        client.Verdict
	}{
		"while sending":     {base: "http", body: large, want: client.Unanswered},
		"in the handshake":  {base: "https", body: large, want: client.Unconnected},
		"before the tunnel": {base: "https", proxy: "HTTPS_PROXY", body: large, want: client.Unconnected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			addr := rawServer(t, func(conn net.Conn) {
				conn.Read(make([]byte, 1))
				cancel()
				silently(conn)
			})
			base := tt.base + "://" + addr
			if tt.proxy != "" {
				t.Setenv(tt.proxy, "http://"+addr)
				base = tt.base + "://a.example"
			}
			s := newSender(t, client.Config{BaseURL: base, Timeout: time.Hour})
			if r := s.Put(ctx, "T-1", tt.body); r.Verdict != tt.want || r.Health != client.Healthy || !strings.HasPrefix(r.Message, "stopped") {
				t.Errorf("%v, %v (%s)", r.Verdict, r.Health, r.Message)
			}
		})
	}
}

// One sender serves contexts one after the other: the end of an old one does
// not touch the next one's attempt.
func TestContextsInTurn(t *testing.T) {
	server, opened, _ := idleServer(t, false, time.Hour)
	s := newSender(t, client.Config{BaseURL: server.URL})
	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != client.Applied {
			t.Errorf("%v (%s)", r.Verdict, r.Message)
		}
		defer cancel()
		next, end := context.WithCancel(context.Background())
		defer end()
		go cancel()
		if r := s.Put(next, "T-1", []byte(`{}`)); r.Verdict != client.Applied {
			t.Errorf("%v (%s)", r.Verdict, r.Message)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections", opened.Load())
	}
}

// A sender that was closed still ends its attempt with the same context.
func TestCancelAfterClose(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var requests atomic.Int64
	addr := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for nextRequest(in) {
			if requests.Add(1) > 1 {
				cancel()
				silently(conn)
			}
			io.WriteString(conn, success)
		}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr, Timeout: time.Hour})
	for _, want := range []client.Verdict{client.Applied, client.Unanswered} {
		if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != want {
			t.Errorf("%v (%s)", r.Verdict, r.Message)
		}
		s.Close()
	}
}

// A context that ends between two attempts finds no connection to end.
func TestCancelBetweenAttempts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := newSender(t, client.Config{BaseURL: "http://" + rawServer(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"))})
	if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != client.Applied {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}
	cancel()
	runtime.Gosched() // to what the end sets going
	if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != client.Unconnected || r.Message != "stopped before a connection was made" {
		t.Errorf("%v (%s)", r.Verdict, r.Message)
	}
}
