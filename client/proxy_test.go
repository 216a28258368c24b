package client_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"taskbatch/client"
)

// httpProxy passes requests and tunnels on to one server, for those who know
// the password.
type httpProxy struct {
	server string
	used   atomic.Int64
}

func (p *httpProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	if user != "user" || password != "pass word" {
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	p.used.Add(1)
	if r.Method != http.MethodConnect {
		r.Header.Del("Proxy-Authorization")
		r.RequestURI, r.URL.Host = "", p.server
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Via", "1.1 proxy")
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
		return
	}
	there, err := net.Dial("tcp", p.server)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	relay(here, there)
}

// relay passes bytes on in both directions until one side ends.
func relay(a, b net.Conn) {
	var wg sync.WaitGroup
	pass := func(to, from net.Conn) {
		io.Copy(to, from)
		a.Close()
		b.Close()
	}
	wg.Go(func() { pass(a, b) })
	wg.Go(func() { pass(b, a) })
	wg.Wait()
}

// socksProxy serves one SOCKS5 connection with a password (RFC 1928, 1929).
func socksProxy(conn net.Conn, server string, used *atomic.Int64) {
	in := bufio.NewReader(conn)
	part := func() string { // a length and so many bytes
		n, _ := in.ReadByte()
		text := make([]byte, n)
		io.ReadFull(in, text)
		return string(text)
	}
	in.Discard(1)
	part()
	conn.Write([]byte{5, 2})
	in.Discard(1)
	if user, password := part(), part(); user != "user" || password != "pass word" {
		conn.Write([]byte{1, 1})
		return
	}
	conn.Write([]byte{1, 0})
	in.Discard(4)
	host, port := part(), make([]byte, 2)
	io.ReadFull(in, port)
	if host != "example.com" || binary.BigEndian.Uint16(port) == 0 {
		conn.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0}) // host unreachable
		return
	}
	there, err := net.Dial("tcp", server)
	if err != nil {
		conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	used.Add(1)
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	relay(conn, there)
}

// Requests go through every kind of proxy, over one connection.
func TestProxies(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's password has come to the server")
		}
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for _, scheme := range []string{"http", "https", "socks5"} {
		for _, base := range []*httptest.Server{plain, secure} {
			name, _, _ := strings.Cut(base.URL, ":")
			t.Run(name+" by "+scheme, func(t *testing.T) {
				target := base.Listener.Addr().String()
				p := &httpProxy{server: target}
				var addr string
				switch scheme {
				case "http":
					addr = serve(t, p.ServeHTTP).Listener.Addr().String()
				case "https":
					server := httptest.NewTLSServer(p)
					t.Cleanup(server.Close)
					addr = server.Listener.Addr().String()
				default:
					addr = rawServer(t, func(conn net.Conn) { socksProxy(conn, target, &p.used) })
				}
				t.Setenv(strings.ToUpper(name)+"_PROXY", scheme+"://user:pass%20word@"+addr)
				s := newSender(t, client.Config{BaseURL: name + "://example.com", InsecureHTTP: true, CACertFile: caFile(t, secure)})
				const rows = 10
				for range rows {
					if r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`)); r.Verdict != client.Applied || r.Warning != "" {
						t.Fatalf("%v, %d (%s %s)", r.Verdict, r.Status, r.Message, r.Warning)
					}
				}
				want := int64(1) // tunnel
				if name == "http" && scheme != "socks5" {
					want = rows
				}
				if p.used.Load() != want {
					t.Errorf("the proxy was asked %d times, want %d", p.used.Load(), want)
				}
				s.Close()
			})
		}
	}
}

// A proxy that cannot be reached, refuses or talks nonsense has sent nothing
// on, and no message shows what only it may know.
func TestProxyFails(t *testing.T) {
	refusing := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{"refused.example:443": 407, "broken.example:443": 502}[r.Host])
	})
	raw := func(text string) string {
		return "http://user:hidden@" + rawServer(t, answering(text))
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	strict := rawServer(t, func(conn net.Conn) { socksProxy(conn, "", new(atomic.Int64)) })
	asked := strings.Replace(refusing.URL, "http://", "http://user:hidden@", 1)
	tests := []struct{ name, proxy, host, message string }{
		{"407", asked, "refused.example", "the proxy refused to connect: 407 Proxy Authentication Required"},
		{"502", asked, "broken.example", "the proxy refused to connect: 502 Bad Gateway"},
		{"nobody there", "http://user:hidden@" + closed.Addr().String(), "a.example", "proxy: connection refused"},
		{"silent", "http://user:hidden@" + rawServer(t, silently), "a.example", "proxy: no connection within 1s"},
		{"nonsense", raw("hidden nonsense\r\n\r\n"), "a.example", "proxy: no connection: malformed HTTP answer"},
		{"endless head", raw("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 128<<10)), "a.example", "proxy: no connection: malformed HTTP answer"},
		{"more than asked for", raw("HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03"), "a.example", "proxy: no connection: malformed HTTP answer"},
		{"closed", raw(""), "a.example", "proxy: no connection: unexpected EOF"},
		{"wrong password", "socks5://user:hidden@" + strict, "example.com", "proxy: no connection: username/password authentication failed"},
		{"SOCKS refuses", "socks5://user:pass%20word@" + strict, "a.example", "proxy: no connection: unknown error host unreachable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("https_proxy", tt.proxy)
			c := newClient(t, client.Config{BaseURL: "https://" + tt.host, Timeout: time.Second})
			if proxy := c.Proxy(); !strings.Contains(proxy, "//127.0.0.1:") || strings.Contains(proxy, "hidden") {
				t.Errorf("proxy %q", proxy)
			}
			s := c.Sender()
			defer s.Close()
			r := s.Put(context.Background(), "T-1", []byte(`{}`))
			if r.Verdict != client.Unconnected || r.Health != client.Ill || r.Message != tt.message {
				t.Errorf("%v, %v (%s)", r.Verdict, r.Health, r.Message)
			}
		})
	}
}

// A proxy that shows what it was sent shows no password in what we say.
func TestProxyEchoes(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "refused: %s, or user:pass word", r.Header.Get("Proxy-Authorization"))
	})
	t.Setenv("HTTP_PROXY", strings.Replace(proxy.URL, "http://", "http://user:pass%20word@", 1))
	s := newSender(t, client.Config{BaseURL: "http://example.com", InsecureHTTP: true})
	r := s.Put(context.Background(), "T-1", []byte(`{}`))
	if r.Status != 403 || !strings.Contains(r.Message, "user:[key removed]") || strings.Contains(r.Message, "zIHdvcm") { // base64 of "s wor"
		t.Errorf("%v, %d (%s)", r.Verdict, r.Status, r.Message)
	}
}

// A proxy without a password is sent none.
func TestProxyWithoutPassword(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if sent, ok := r.Header["Proxy-Authorization"]; ok {
			t.Errorf("Proxy-Authorization %q", sent)
		}
		w.WriteHeader(http.StatusForbidden)
	})
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	for base, message := range map[string]string{"http://a.example": "403 Forbidden", "https://a.example": "the proxy refused to connect: 403 Forbidden"} {
		s := newSender(t, client.Config{BaseURL: base, InsecureHTTP: true})
		if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Message != message {
			t.Errorf("%s: %v (%s)", base, r.Verdict, r.Message)
		}
	}
}

// Which proxy the environment names; an address that cannot be read is an
// error that shows no password.
func TestProxyEnvironment(t *testing.T) {
	tests := []struct{ base, http, https, no, want string }{
		{"https://a.example", "", "", "", ""},
		{"https://a.example", "http://p:1", "", "", ""},
		{"https://a.example", "", "http://u:hidden@p:1", "", "http://p:1"},
		{"https://a.example", "", "p:1", "", "http://p:1"},
		{"https://a.example", "", "socks5h://p", "", "socks5h://p"},
		{"https://a.example", "", "http://p", "example", ""},
		{"https://a.example", "", "http://u:hid%ZZden@p", ".example", ""},
		{"http://127.0.0.1:1", "http://u:hid%ZZden@p", "", "", ""},
		{"http://a.example", "http://p:1", "", "", "http://p:1"},
		{"https://a.example", "", "http://u:hid%ZZden@p", "", "error"},
		{"https://a.example", "", "http://u:hidden@p:99999", "", "error"},
		{"https://a.example", "", "http://u:hidden@:80", "", "error"},
		{"https://a.example", "", "ftp://u:hidden@p", "", "error"},
		{"https://a.example", "", "http://u:hid den@p", "", "error"},
		{"https://a.example", "", "u:hidden@p:x", "", "error"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			t.Setenv("HTTP_PROXY", tt.http)
			t.Setenv("HTTPS_PROXY", tt.https)
			t.Setenv("NO_PROXY", tt.no)
			c, err := client.New(client.Config{BaseURL: tt.base, Key: "test-key", InsecureHTTP: true})
			switch {
			case (err != nil) != (tt.want == "error"):
				t.Errorf("error %v", err)
			case err != nil && (strings.Contains(err.Error(), "hid") || !strings.Contains(err.Error(), "HTTPS_PROXY")):
				t.Errorf("error %q", err)
			case err == nil && c.Proxy() != tt.want:
				t.Errorf("proxy %q, want %q", c.Proxy(), tt.want)
			}
		})
	}
}
