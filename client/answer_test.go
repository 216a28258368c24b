package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// pieces gives a text in reads of so many bytes.
type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.text[:min(len(p.text), p.size)])
	p.text = p.text[n:]
	return n, nil
}

// readPieces reads an answer as from a connection.
func readPieces(text []byte, size int) (*answer, *reader, error) {
	in := &reader{source: source{from: &pieces{text, size}}}
	in.Reader = bufio.NewReaderSize(&in.source, readBufferSize)
	var a answer
	err := a.read(in)
	return &a, in, err
}

// reference is what net/http alone makes of an answer.
type reference struct {
	*http.Response
	body    []byte
	whole   bool
	left    int // bytes behind it
	interim bool
}

func readReference(text []byte) (*reference, error) {
	in := bufio.NewReaderSize(bytes.NewReader(text), 1<<20)
	ref := &reference{}
	for range maxInformed + 1 {
		resp, err := http.ReadResponse(in, putRequest)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode < 100 {
			return nil, errNotHTTP
		}
		if resp.StatusCode < 200 && resp.StatusCode != 101 {
			ref.interim = true
			continue
		}
		ref.Response = resp
		if resp.StatusCode != 101 {
			ref.body, err = io.ReadAll(resp.Body)
			ref.whole = err == nil
		}
		ref.left = in.Buffered()
		return ref, nil
	}
	return nil, errNotHTTP
}

// headerLines are the headers that a reply can depend on.
func headerLines(h headers) []string {
	var lines []string
	for _, h := range h {
		switch name := string(h.name); name {
		case "connection", "transfer-encoding", "content-length", "trailer", "cache-control": // net/http rewrites these
		default:
			lines = append(lines, name+": "+string(h.value))
		}
	}
	slices.Sort(lines)
	return lines
}

var answerSeeds = []string{
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nX-RateLimit-Limit: 60\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2;x=y\r\n{}\r\n0\r\nA: b\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
	"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
	"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
	"HTTP/1.1 404 Not Found\r\nConnection: Keep-Alive, Upgrade\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\n\n{}",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n", "HTTP/1.1 200 O\rK\r\n: b\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n\r\nto the end",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
}

// Whatever a server sends, and in whatever pieces, our parser and net/http's
// make the same of it, and a connection is used again only if net/http would
// do so and nothing is left on it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range answerSeeds {
		f.Add([]byte(seed), uint8(255))
		f.Add([]byte(seed), uint8(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		a, in, err := readPieces(text, int(size)+1)
		ref, refErr := readReference(text)
		if (err == nil) != (refErr == nil) {
			t.Fatalf("error %v, net/http %v", err, refErr)
		}
		if err != nil {
			return
		}
		if a.status != ref.StatusCode || a.title != "" && a.title != ref.Status || a.title == "" && http.StatusText(a.status) == "" && strings.TrimSpace(ref.Status) != ref.Status[:3] {
			t.Errorf("status %d %q, net/http %d %q", a.status, a.title, ref.StatusCode, ref.Status)
		}
		if got, want := headerLines(a.headers), headerLines(appendHeaders(nil, ref.Header)); !slices.Equal(got, want) {
			t.Errorf("headers %q, net/http %q", got, want)
		}
		if !bytes.Equal(a.body, ref.body) || ref.whole && !a.whole {
			t.Errorf("body %q, whole %v; net/http %q, %v", a.body, a.whole, ref.body, ref.whole)
		}
		keep := a.keep && len(in.from.(*pieces).text) == 0 // else the look finds it
		if keep && (ref.Close || !ref.whole || ref.interim || ref.left > 0 || in.Buffered() > 0 || ref.ProtoMinor != 1) {
			t.Errorf("used again; net/http: close %v, whole %v, %d bytes left", ref.Close, ref.whole, ref.left)
		}
	})
}

// Connections are used again behind answers of the plain shape, and behind no
// other.
func TestPlainAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name, text string
		keep       bool
	}{
		{"length", ok + "Content-Length: 2\r\n\r\n{}", true},
		{"no body", ok + "content-length:0\r\n\r\n", true},
		{"chunks", ok + "Transfer-Encoding: Chunked\r\n\r\n1\r\n{\r\n01;a=b\r\n}\r\n0\r\n\r\n", true},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", true},
		{"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n", true},
		{"no reason", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", true},
		{"other options", ok + "Connection: keep-alive, Upgrade\r\nContent-Length: 0\r\n\r\n", true},
		{"blanks around a value", ok + "Content-Length: \t2 \r\n\r\n{}", true},

		{"close", ok + "Connection: Upgrade,Close\r\nContent-Length: 2\r\n\r\n{}", false},
		{"close, in chunks", ok + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
		{"surplus", ok + "Content-Length: 2\r\n\r\n{}" + ok + "Content-Length: 2\r\n\r\n{}", false},
		{"one byte more", ok + "Content-Length: 2\r\n\r\n{}\n", false},
		{"trailers", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", false},
		{"announced trailers", ok + "Trailer: A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", false},
		{"both", ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", false},
		{"length twice", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", false},
		{"204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", false},
		{"folded", ok + "A: b\r\n c\r\nContent-Length: 0\r\n\r\n", false},
		{"line feeds", ok + "Content-Length: 0\n\r\n", false},
		{"early hints", "HTTP/1.1 103 Early Hints\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", false},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false},
		{"up to the end", ok + "\r\n{}", false},
		{"cut", ok + "Content-Length: 3\r\n\r\n{}", false},
		{"long head", ok + "A: " + strings.Repeat("a", readBufferSize) + "\r\nContent-Length: 0\r\n\r\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 5, len(tt.text)} {
				a, in, err := readPieces([]byte(tt.text), size)
				keep := a.keep && len(in.from.(*pieces).text) == 0 // else the look finds it
				if err != nil || keep != tt.keep {
					t.Errorf("in reads of %d: keep %v (%v)", size, keep, err)
				}
			}
		})
	}
}

// No more than 1 MiB of a body is kept, and what is behind it is not waited
// for.
func TestLongAnswers(t *testing.T) {
	for _, n := range []int{maxAnswerBytes, maxAnswerBytes + 1} {
		body := strings.Repeat("x", n)
		for name, text := range map[string]string{
			"length": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, body),
			"chunks": fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, body),
			"end":    "HTTP/1.0 200 OK\r\n\r\n" + body,
		} {
			a, _, err := readPieces([]byte(text), 32<<10)
			fits := n == maxAnswerBytes
			if err != nil || len(a.body) != maxAnswerBytes || a.whole != fits || a.keep != (fits && name != "end") {
				t.Errorf("%d by %s: %d kept, whole %v, keep %v (%v)", n, name, len(a.body), a.whole, a.keep, err)
			}
		}
	}
}

// A long body does not hold its memory for ever.
func TestLongBodyIsLetGo(t *testing.T) {
	var a answer
	a.readBody(strings.NewReader(strings.Repeat("x", maxAnswerBytes)))
	a.readBody(strings.NewReader("{}"))
	if cap(a.body) > maxKeptBuffer || string(a.body) != "{}" {
		t.Errorf("%d bytes kept for %q", cap(a.body), a.body)
	}
	kept := &a.body[:1][0]
	if a.readBody(strings.NewReader("[]")); &a.body[0] != kept {
		t.Error("a short body is not read into the same memory")
	}
}
