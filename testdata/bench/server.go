package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// serverSpec is what a server process is told.
type serverSpec struct {
	Latency     time.Duration
	Errors      int64
	Certificate string // file to write; "": no TLS
}

// stats is what the server counted.
type stats struct {
	Requests, OK, Connections int64
	Span                      time.Duration // from the first answer to the last; 0 without latency
}

// server answers PUT requests with what they sent. It reads only as much of
// HTTP as the clients here speak: it is to be faster than all of them.
type server struct {
	latency                   time.Duration
	errors                    int64
	requests, ok, connections atomic.Int64
	first, last               atomic.Int64 // nanoseconds since 1970
}

// runServer listens on a free port, prints the address, and serves until it is
// killed.
func runServer(text string) error {
	var spec serverSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	if spec.Certificate != "" {
		config, err := tlsConfig(spec.Certificate)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, config)
	}
	s := &server{latency: spec.Latency, errors: spec.Errors}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go s.serve(conn)
	}
}

// serve answers the requests of a connection.
func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 4<<10)
	var body, out []byte
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		stats := bytes.HasPrefix(line, []byte("GET /stats"))
		length := 0
		for len(line) > 2 {
			if line, err = in.ReadSlice('\n'); err != nil {
				return
			}
			length += contentLength(line)
		}
		body = append(body[:0], make([]byte, length)...)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if stats {
			out = s.appendStats(out[:0])
		} else {
			if first {
				s.connections.Add(1)
			}
			out = s.appendAnswer(out[:0], body)
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// contentLength is the value of this header line, 0 of any other.
func contentLength(line []byte) int {
	const name = "content-length:"
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return 0
	}
	n, _ := strconv.Atoi(string(bytes.TrimSpace(line[len(name):])))
	return n
}

// The parts of an answer before and after what was sent: about 0.9 KB in all.
const (
	before = `{"id":"T","accountId":"ACC-4J7Q2","account":"Example Industries","activityId":"ACT-77120",` +
		`"assigneeId":"USR-20931","typeId":"TYP-1","typeConfiguration":{"color":"#1f77b4","icon":"check","order":1},` +
		`"statusId":"STA-2","statusConfiguration":{"color":"#2ca02c","isFinal":false,"order":2},` +
		`"priorityId":"PRI-3","priorityConfiguration":{"color":"#d62728","order":3},"attachments":[],"isActive":true,` +
		`"creator":"Integration User","creatorId":"USR-10001","creatorEmail":"integration@example.com",` +
		`"createdAt":"2026-01-05T09:30:00.000Z","updatedAt":"2026-11-23T10:00:00.000Z","metadata":{"source":"import","batch":7},`
	page = "<html><body><h1>503 Service Unavailable</h1></body></html>"
)

// appendAnswer appends the answer to a body, which is a JSON object.
func (s *server) appendAnswer(b, body []byte) []byte {
	n := s.requests.Add(1)
	if s.latency > 0 {
		time.Sleep(s.latency)
		now := time.Now().UnixNano()
		s.first.CompareAndSwap(0, now)
		s.last.Store(now)
	}
	if s.errors > 0 && n%s.errors == 0 {
		return fmt.Appendf(b, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
	}
	s.ok.Add(1)
	b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: 5f0c3a1e9b7d\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(before)+len(body)-1), 10)
	b = append(append(b, "\r\n\r\n"...), before...)
	return append(b, body[1:]...)
}

// appendStats appends what was counted, and counts from 0 again.
func (s *server) appendStats(b []byte) []byte {
	span := time.Duration(s.last.Swap(0) - s.first.Swap(0))
	text, err := json.Marshal(stats{s.requests.Swap(0), s.ok.Swap(0), s.connections.Swap(0), span})
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(b, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// tlsConfig makes a certificate for 127.0.0.1 and writes it to a file.
func tlsConfig(path string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}},
		os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}
