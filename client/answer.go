package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
)

// Buffers above this size are not kept for the next attempt.
const maxKeptBuffer = 64 << 10

// maxInformed is how many 1xx answers may stand before the final one.
const maxInformed = 5

var errNotHTTP = errors.New("malformed HTTP answer")

// putRequest tells http.ReadResponse what was asked.
var putRequest = &http.Request{Method: http.MethodPut}

// answer is what was read of one answer. It is reused: everything in it is
// valid until the next one is read.
type answer struct {
	status  int
	title   string // the status line behind the protocol, "502 Bad Gateway"; empty where the title is the usual one
	headers headers
	body    []byte // at most maxAnswerBytes
	whole   bool   // body is all there is
	keep    bool   // the connection can carry another request

	head    []byte
	length  int64 // Content-Length, -1 without one
	chunked bool
	limited io.LimitedReader
}

// read reads one answer. One of the plain shape, as servers usually send it,
// is parsed here, and only behind such an answer is the connection used again.
// Whatever is not plain is left to net/http, which has seen most oddities. The
// error says why there is no answer.
func (a *answer) read(in *reader) error {
	in.left = maxHeadBytes
	head := in.plainHead()
	if head == nil || !a.parse(head) {
		return a.readOther(in)
	}
	in.Discard(len(head))
	in.left = maxChunkBytes
	if !a.chunked {
		a.limited = io.LimitedReader{R: in.Reader, N: a.length}
		a.readBody(&a.limited)
		a.whole = a.whole && a.limited.N == 0
	} else if a.readBody(httputil.NewChunkedReader(in.Reader)); a.keep && a.whole {
		end, _ := in.Peek(2)
		a.keep = string(end) == "\r\n" // else there are trailers
		in.Discard(len(end))
	}
	a.keep = a.keep && a.whole && in.Buffered() == 0
	return nil
}

// plainHead waits for a head that begins as a plain one does, up to the empty
// line; it is nil if there is none. Nothing is taken from the reader.
func (r *reader) plainHead() []byte {
	for {
		_, err := r.Peek(r.Buffered() + 1)
		b, _ := r.Peek(r.Buffered())
		const protocol = "HTTP/1.1 "
		if n := min(len(b), len(protocol)); string(b[:n]) != protocol[:n] {
			return nil
		}
		if end := bytes.Index(b, []byte("\r\n\r\n")); end >= 0 {
			return b[:end+len("\r\n\r\n")]
		}
		if err != nil {
			return nil
		}
	}
}

// parse reads a plain head; false: it is none after all.
func (a *answer) parse(head []byte) bool {
	a.head = append(a.head[:0], head...)
	a.headers, a.length, a.chunked, a.keep = a.headers[:0], -1, false, true
	line, rest, _ := bytes.Cut(a.head[:len(a.head)-len("\r\n")], []byte("\r\n"))
	if !a.parseStatus(line[len("HTTP/1.1 "):]) {
		return false
	}
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		h, ok := parseHeader(line)
		if !ok || !a.frame(h) {
			return false
		}
		a.headers = append(a.headers, h)
	}
	switch {
	case a.status == http.StatusNoContent, a.status == http.StatusNotModified:
		if a.length > 0 || a.chunked {
			return false
		}
		a.length = 0
	case a.chunked == (a.length >= 0): // both, or neither
		return false
	}
	return true
}

// parseStatus reads "502 Bad Gateway", for final answers only.
func (a *answer) parseStatus(line []byte) bool {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' || line[0] < '2' {
		return false
	}
	code, ok := number(line[:3])
	a.status, a.title = int(code), ""
	if title := line[min(4, len(line)):]; ok && string(title) != http.StatusText(a.status) {
		a.title = string(line)
	}
	return ok && isText(line)
}

// parseHeader reads a header line and turns its name to lower case.
func parseHeader(line []byte) (h header, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return h, false
	}
	h = header{line[:colon], bytes.Trim(line[colon+1:], " \t")}
	for i, c := range h.name {
		if h.name[i] = tokenBytes[c]; h.name[i] == 0 {
			return h, false
		}
	}
	return h, isText(h.value)
}

// frame takes notice of what says where the answer ends.
func (a *answer) frame(h header) bool {
	switch string(h.name) {
	case "content-length":
		n, ok := number(h.value)
		if !ok || a.length >= 0 {
			return false
		}
		a.length = n
	case "transfer-encoding":
		if a.chunked || !bytes.EqualFold(h.value, []byte("chunked")) {
			return false
		}
		a.chunked = true
	case "connection":
		for option := range bytes.SplitSeq(h.value, []byte(",")) {
			if bytes.EqualFold(bytes.Trim(option, " \t"), []byte("close")) {
				a.keep = false
			}
		}
	case "trailer":
		return false
	}
	return true
}

// tokenBytes has the bytes of a header's name in lower case, 0 for all others.
var tokenBytes = func() (table [256]byte) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz" {
		table[c] = byte(c)
	}
	for c := 'A'; c <= 'Z'; c++ {
		table[c] = byte(c - 'A' + 'a')
	}
	return table
}()

// isText is true for what a header may hold: no control characters, so no
// bare CR either.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// readOther reads an answer by net/http.
func (a *answer) readOther(in *reader) error {
	a.keep, a.headers = false, a.headers[:0]
	const protocol = "HTTP/"
	if b, _ := in.Peek(min(in.Buffered(), len(protocol))); string(b) != protocol[:len(b)] {
		return errNotHTTP
	}
	for range maxInformed + 1 {
		resp, err := http.ReadResponse(in.Reader, putRequest)
		if err != nil {
			return err
		}
		if resp.StatusCode < 100 {
			return errNotHTTP
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		a.status, a.title = resp.StatusCode, resp.Status
		a.headers = appendHeaders(a.headers, resp.Header)
		a.body, a.whole = a.body[:0], false
		if resp.StatusCode != http.StatusSwitchingProtocols { // behind it stands another protocol
			in.left = maxChunkBytes
			a.readBody(resp.Body)
		}
		return nil
	}
	return errNotHTTP
}

// readBody reads a body to its end. It is not whole if there is more than is
// kept, or if the connection broke.
func (a *answer) readBody(from io.Reader) {
	if cap(a.body) > maxKeptBuffer || a.body == nil {
		a.body = make([]byte, 0, 2<<10)
	}
	a.body, a.whole = a.body[:0], false
	for len(a.body) <= maxAnswerBytes {
		if len(a.body) == cap(a.body) {
			a.body = slices.Grow(a.body, 1)
		}
		n, err := from.Read(a.body[len(a.body):cap(a.body)])
		a.body = a.body[:len(a.body)+n]
		if err != nil {
			a.whole = err == io.EOF && len(a.body) <= maxAnswerBytes
			break
		}
	}
	a.body = a.body[:min(len(a.body), maxAnswerBytes)]
}
