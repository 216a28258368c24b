package sandbox

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"taskbatch/client"
)

// Server is a sandbox that listens.
type Server struct {
	sandbox  *Sandbox
	http     http.Server
	listener net.Listener
	loop     sync.WaitGroup // the accept loop
	conns    sync.WaitGroup // the connections
}

// Start serves the sandbox on addr, HOST:PORT, until Close. The host must be
// a loopback address or localhost; port 0 is any free one.
func (s *Sandbox) Start(addr string) (*Server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox address: %w", err)
	}
	if !client.IsLoopback(host) {
		return nil, fmt.Errorf("sandbox address: %q is not a loopback address, such as 127.0.0.1:8000", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	server := &Server{sandbox: s, listener: listener}
	server.http = http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         server.count,
	}
	server.loop.Go(func() { server.http.Serve(outageListener{listener, s}) }) // ends at Close
	return server, nil
}

// URL is the base URL to send to, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close ends all connections, waits until their requests have ended, and
// closes the sandbox.
func (s *Server) Close() error {
	err := s.http.Close()
	s.loop.Wait()
	s.sandbox.stop()
	s.conns.Wait()
	return errors.Join(err, s.sandbox.Close())
}

// count follows the connections that the HTTP server owns.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// outageListener resets new connections during an outage.
type outageListener struct {
	net.Listener
	sandbox *Sandbox
}

// Accept returns the next connection outside of an outage.
func (l outageListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || !l.sandbox.down() {
			return conn, err
		}
		resetConn(conn)
	}
}
