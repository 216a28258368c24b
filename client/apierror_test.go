package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

func TestParseAPIError(t *testing.T) {
	tests := []struct {
		name       string
		status     int
		line, body string
		message    string
		documented bool
	}{
		{"documented", 404, "", `{"statusCode":404,"message":"Account task not found","error":"Not Found"}`, "Account task not found", true},
		{"list", 400, "", `{"statusCode":400,"message":["title must be a string"," b ",5,{"a":[1]}],"error":"Bad Request"}`, `title must be a string; b; 5; {"a":[1]}`, true},
		{"wrapped", 500, "", `{"status":false,"message":"Something went wrong!","timestamp":"2026","data":null}`, "Something went wrong!", true},
		{"wrapped in data", 400, "", `{"status":false,"data":{"statusCode":400,"message":"inner"}}`, "inner", false},
		{"byte order mark and blanks", 404, "", "\xEF\xBB\xBF\r\n {\"statusCode\":404,\"message\":\" a \"} \n", "a", true},
		{"another code inside", 500, "", `{"statusCode":400,"message":"m"}`, "m", false},
		{"message only", 500, "", `{"message":"Internal server error"}`, "Internal server error", false},
		{"error only", 429, "", `{"error":"slow down"}`, "slow down", false},
		{"error object", 400, "", `{"error":{"code":7,"message":"deep"}}`, "deep", false},
		{"empty message", 400, "", `{"statusCode":400,"message":"","error":"Bad Request"}`, "Bad Request", true},
		{"no words", 400, "", `{"statusCode":400}`, `400 Bad Request: {"statusCode":400}`, false},
		{"empty object", 400, "", `{}`, "400 Bad Request", false},
		{"unknown shape", 400, "", `{"detail":"x"}`, `400 Bad Request: {"detail":"x"}`, false},
		{"cut behind the message", 500, "", `{"statusCode":500,"message":"a","err`, "a", false},
		{"cut in the message", 500, "", `{"statusCode":500,"message":"Some`, `500 Internal Server Error: {"statusCode":500,"message":"Some`, false},
		{"text behind", 500, "", `{"statusCode":500,"message":"a"} b`, "a", false},
		{"escapes", 400, "", `{"message":"\u00e9\n\"x\""}`, "é\n\"x\"", false},
		{"empty", 502, "", "", "502 Bad Gateway", false},
		{"only blanks", 502, "", " \r\n\t", "502 Bad Gateway", false},
		{"status as text", 502, "", "Bad gateway\n", "502 Bad Gateway", false},
		{"status and code as text", 502, "", "502 Bad Gateway\n", "502 Bad Gateway", false},
		{"plain text", 503, "", "upstream  connect\nerror", "503 Service Unavailable: upstream connect error", false},
		{"JSON string", 400, "", `"no"`, `400 Bad Request: "no"`, false},
		{"page with a title", 502, "", "<!DOCTYPE html><html><head>\n<TITLE lang=en>Oops &amp;\n sorry</TITLE></head><body>x</body>", "502 Bad Gateway: Oops & sorry", false},
		{"page with the status as title", 502, "", "<html><head><title>502 Bad Gateway</title>", "502 Bad Gateway", false},
		{"page without a title", 500, "", "<html><style>p{}</style><script>alert(1)</script><!-- no --><p>We are <b>sorry</b>", "500 Internal Server Error: We are sorry", false},
		{"page without words", 500, "", "<html><p></p>", "500 Internal Server Error", false},
		{"binary", 500, "", "\x1f\x8b\x08\x00\x00", "500 Internal Server Error", false},
		{"name by the server", 599, "599 Out of tea", "", "599 Out of tea", false},
		{"nameless", 599, "599 ", "", "599", false},
		{"long text", 500, "", strings.Repeat("é", 1000), "500 Internal Server Error: " + strings.Repeat("é", 148) + "...", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseAPIError(tt.status, tt.line, []byte(tt.body))
			if got.message != tt.message || got.documented != tt.documented {
				t.Errorf("%q, documented %v\nwant %q, %v", got.message, got.documented, tt.message, tt.documented)
			}
		})
	}
}

// Any body gives one line of bounded length that does not show the key.
func FuzzErrorMessage(f *testing.F) {
	f.Add([]byte(`{"statusCode":400,"message":["a\u0000","abcdefgh"]}`), true)
	f.Add([]byte(`<html><title>abcd%65fgh &#97;bcdefgh</title>`), false)
	key := newSecret("abcdefgh")
	f.Fuzz(func(t *testing.T, body []byte, cut bool) {
		e := parseAPIError(400, "400 Bad Request", []byte(key.remove(string(body), cut)))
		got := key.line(e.message)
		if got == "" || len(got) > maxLine || strings.ContainsFunc(got, words.Hidden) || !utf8.ValidString(got) || strings.Contains(got, "abcdefgh") {
			t.Errorf("%q", got)
		}
	})
}

func TestNetworkMessage(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 54321}
	op := func(name string, err error) error {
		return &net.OpError{Op: name, Net: "tcp", Source: addr, Addr: addr, Err: err}
	}
	tests := []struct {
		err       error
		connected bool
		want      string
	}{
		{op("dial", syscall.ECONNREFUSED), false, "connection refused"},
		{op("dial", syscall.ENETUNREACH), false, "network is unreachable"},
		{op("dial", syscall.EMFILE), false, "too many open files"},
		{op("dial", syscall.ETIMEDOUT), false, "connection timed out"},
		{op("read", syscall.ECONNRESET), true, "connection reset"},
		{op("write", syscall.EPIPE), true, "connection closed by the server while sending"},
		{op("dial", &net.DNSError{Err: "no such host", Name: "a.example", IsNotFound: true}), false, "no such host a.example"},
		{op("dial", &net.DNSError{Err: "server misbehaving", Name: "a.example", Server: "192.0.2.1:53"}), false, "name lookup of a.example failed: server misbehaving"},
		{op("proxyconnect", syscall.ECONNREFUSED), false, "proxy: connection refused"},
		{op("proxyconnect", os.ErrDeadlineExceeded), false, "proxy: no connection within 30s"},
		{&proxyError{"407 Proxy Authentication Required"}, false, "the proxy refused to connect: 407 Proxy Authentication Required"},
		{os.ErrDeadlineExceeded, true, "timeout after 30s"},
		{os.ErrDeadlineExceeded, false, "no connection within 30s"},
		{io.EOF, true, "connection closed before an answer (EOF)"},
		{fmt.Errorf("transport connection broken: %w", io.ErrUnexpectedEOF), true, "connection closed before an answer (EOF)"},
		{op("read", net.ErrClosed), true, "connection closed before an answer"},
		{errors.New("malformed HTTP response \"key\""), true, "malformed HTTP answer"},
		{io.EOF, false, "connection closed during the TLS handshake (EOF)"},
		{op("remote error", errors.New("tls: handshake failure")), false, "TLS handshake failed: handshake failure"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, false, "the server does not speak TLS: check https in --base-url"},
		{fmt.Errorf("outer: %w", errors.New("odd")), false, "no connection: odd"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := networkMessage(tt.err, tt.connected, 30*time.Second); got != tt.want {
				t.Errorf("%q", got)
			}
		})
	}
}
