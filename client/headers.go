package client

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// header is one line of an answer's head, its name in lower case.
type header struct{ name, value []byte }

type headers []header

// appendHeaders takes over the headers that net/http has read.
func appendHeaders(to headers, from http.Header) headers {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		for _, value := range from[name] {
			to = append(to, header{[]byte(strings.ToLower(name)), []byte(value)})
		}
	}
	return to
}

// only is the value of a header that has one, or the same several times; nil
// without one.
func (h headers) only(name string) []byte {
	var value []byte
	for i := range h {
		if string(h[i].name) != name {
			continue
		}
		if value != nil && !bytes.Equal(value, h[i].value) {
			return nil
		}
		value = h[i].value
	}
	return value
}

// requestID is the server's name for the request.
func (h headers) requestID() []byte {
	for _, name := range []string{"x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray"} {
		if id := h.only(name); len(id) > 0 {
			return id
		}
	}
	return nil
}

// number reads decimal digits and nothing else, up to the largest int64.
func number(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' || n > (1<<63-1-int64(c-'0'))/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}
