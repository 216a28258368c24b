package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"taskbatch/client"
)

// serve starts a server that ends with the test.
func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// putTo makes one attempt against a handler.
func putTo(t testing.TB, handler http.HandlerFunc) client.Reply {
	t.Helper()
	s := newSender(t, client.Config{BaseURL: serve(t, handler).URL})
	return s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`))
}

func TestRequest(t *testing.T) {
	type seen struct {
		Method, URI, Proto, Body string
		Length                   int64
		Header                   http.Header
	}
	for _, path := range []string{"", "/", "/prefix", "/prefix/", "/a%2Fb/"} {
		t.Run(path, func(t *testing.T) {
			requests := make(chan seen, 1)
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				requests <- seen{r.Method, r.RequestURI, r.Proto, string(body), r.ContentLength, r.Header}
				w.WriteHeader(204)
			})
			s := newSender(t, client.Config{BaseURL: server.URL + path, Key: "s3cret key", UserAgent: "taskbatch/1.2"})
			body := `{"title":"é"}`
			if r := s.Put(context.Background(), "a-._~Z9", []byte(body)); r.Verdict != client.Applied {
				t.Fatalf("%v (%s)", r.Verdict, r.Message)
			}
			want := seen{"PUT", strings.TrimRight(path, "/") + "/v1/accounts/tasks/a-._~Z9", "HTTP/1.1", body, int64(len(body)), http.Header{
				"X-Api-Key": {"s3cret key"}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
				"User-Agent": {"taskbatch/1.2"}, "Content-Length": {"14"},
			}}
			if diff := cmp.Diff(want, <-requests); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	documented := `{"statusCode":500,"message":"Something went wrong!","error":"Internal Server Error"}`
	tests := []struct {
		status  int
		body    string
		verdict client.Verdict
		health  client.Health
		message string
	}{
		{200, `{}`, client.Applied, client.Healthy, ""},
		{201, ``, client.Applied, client.Healthy, ""},
		{299, `<html>`, client.Applied, client.Healthy, ""},
		{300, ``, client.Redirected, client.Healthy, "300 Multiple Choices"},
		{304, ``, client.Redirected, client.Healthy, "304 Not Modified"},
		{400, `{"statusCode":400,"message":"Task ID is required!","error":"Bad Request"}`, client.Refused, client.Healthy, "Task ID is required!"},
		{401, `{"statusCode":401,"message":"No"}`, client.Unauthorized, client.Healthy, "No"},
		{402, ``, client.Refused, client.Healthy, "402 Payment Required"},
		{403, ``, client.Forbidden, client.Healthy, "403 Forbidden"},
		{404, `{"statusCode":404,"message":"Account task not found","error":"Not Found"}`, client.Refused, client.Healthy, "Account task not found"},
		{407, ``, client.Refused, client.Healthy, "407 Proxy Authentication Required"},
		{408, ``, client.Erring, client.Healthy, "408 Request Timeout"},
		{409, ``, client.Refused, client.Healthy, "409 Conflict"},
		{422, `{"message":["a","b"]}`, client.Refused, client.Healthy, "a; b"},
		{425, ``, client.Erring, client.Healthy, "425 Too Early"},
		{429, `slow down`, client.Throttled, client.Healthy, "429 Too Many Requests: slow down"},
		{499, ``, client.Refused, client.Healthy, "499"},
		{500, documented, client.Erring, client.RowError, "Something went wrong!"},
		{500, `{"message":"Internal server error"}`, client.Erring, client.Error500, "Internal server error"},
		{500, ``, client.Erring, client.Error500, "500 Internal Server Error"},
		{501, ``, client.Refused, client.Healthy, "501 Not Implemented"},
		{502, documented, client.Unanswered, client.Ill, "Something went wrong!"},
		{503, ``, client.Erring, client.Ill, "503 Service Unavailable"},
		{504, `<html><title>504 Gateway Time-out</title>`, client.Unanswered, client.Ill, "504 Gateway Time-out"},
		{505, ``, client.Refused, client.Healthy, "505 HTTP Version Not Supported"},
		{519, ``, client.Refused, client.Healthy, "519"},
		{520, ``, client.Unanswered, client.Ill, "520"},
		{529, ``, client.Unanswered, client.Ill, "529"},
		{530, ``, client.Refused, client.Healthy, "530"},
		{999, ``, client.Refused, client.Healthy, "999"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.health), func(t *testing.T) {
			r := putTo(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			if r.Status != tt.status || r.Verdict != tt.verdict || r.Health != tt.health {
				t.Errorf("%d, %v, %v, want %v, %v", r.Status, r.Verdict, r.Health, tt.verdict, tt.health)
			}
			if message := strings.Replace(r.Message, " status code "+fmt.Sprint(tt.status), "", 1); message != tt.message {
				t.Errorf("message %q, want %q", r.Message, tt.message)
			}
		})
	}
}

// 403 with a wait is a throttle, as GitHub and others send it.
func TestForbiddenWithAWait(t *testing.T) {
	for wait, want := range map[string]client.Verdict{"7": client.Throttled, "0": client.Forbidden, "x": client.Forbidden, "": client.Forbidden} {
		r := putTo(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", wait)
			w.WriteHeader(403)
		})
		if r.Verdict != want || r.Health != client.Healthy || r.Message != "403 Forbidden" {
			t.Errorf("Retry-After %q: %v, %v (%s)", wait, r.Verdict, r.Health, r.Message)
		}
	}
}

// The server's name for the request is kept on demand, without the key.
func TestRequestID(t *testing.T) {
	tests := []struct {
		header http.Header
		want   string
	}{
		{http.Header{"X-Request-Id": {"abc-1"}}, "abc-1"},
		{http.Header{"X-Correlation-Id": {"c"}, "Request-Id": {"r"}}, "r"},
		{http.Header{"Cf-Ray": {"8f-FRA"}}, "8f-FRA"},
		{http.Header{"X-Request-Id": {"for test-key"}}, "for [key removed]"},
		{http.Header{}, ""},
	}
	for _, tt := range tests {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), tt.header)
		})
		for _, keep := range []bool{true, false} {
			s := newSender(t, client.Config{BaseURL: server.URL, KeepRequestID: keep})
			want := tt.want
			if !keep {
				want = ""
			}
			if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.RequestID != want {
				t.Errorf("%v, kept %v: %q", tt.header, keep, r.RequestID)
			}
		}
	}
}

// Wherever a redirect points to, nothing goes there.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var other atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { other.Add(1) })
	var own atomic.Int64
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{elsewhere.URL + "/x", "//" + elsewhere.Listener.Addr().String(), "/v1/accounts/tasks/T-2", "?key=test-key", "http://user:test-key@" + elsewhere.Listener.Addr().String()} {
			own.Store(0)
			r := putTo(t, func(w http.ResponseWriter, _ *http.Request) {
				own.Add(1)
				w.Header()["Location"] = []string{location}
				w.WriteHeader(status)
			})
			shown := strings.ReplaceAll(location, "test-key", "[key removed]")
			if r.Verdict != client.Redirected || r.Status != status || !strings.Contains(r.Message, "redirect to "+shown+" (not followed)") || own.Load() != 1 {
				t.Errorf("%d %s: %v (%s), %d requests", status, location, r.Verdict, r.Message, own.Load())
			}
		}
	}
	if other.Load() != 0 {
		t.Errorf("%d requests went elsewhere", other.Load())
	}
}

// One connection serves one attempt after the other, whatever the answers.
func TestConnectionsAreReused(t *testing.T) {
	var conns, requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader([]int{200, 404, 429, 500, 503, 302, 204}[requests.Add(1)%7])
		io.WriteString(w, strings.Repeat("x", 100_000))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	const workers = 4
	c := newClient(t, client.Config{BaseURL: server.URL})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			s := c.Sender()
			defer s.Close()
			for range 50 {
				if r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`)); r.Status == 0 {
					t.Errorf("%v (%s)", r.Verdict, r.Message)
				}
			}
		})
	}
	wg.Wait()
	if conns.Load() > workers {
		t.Errorf("%d connections for %d workers", conns.Load(), workers)
	}
}

// A server that closes kept-alive connections costs an attempt at most, and
// no request is sent twice within one attempt.
func TestStaleConnection(t *testing.T) {
	var requests atomic.Int64
	addr := rawServer(t, func(conn net.Conn) {
		if readRequest(conn) {
			requests.Add(1)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") // and closes without saying so
		}
	})
	s := newSender(t, client.Config{BaseURL: "http://" + addr})
	var applied int64
	for range 50 {
		switch r := s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`)); r.Verdict {
		case client.Applied:
			applied++
		case client.Unanswered:
		default:
			t.Errorf("%v (%s)", r.Verdict, r.Message)
		}
	}
	if applied == 0 || requests.Load() != applied {
		t.Errorf("%d requests, %d applied", requests.Load(), applied)
	}
}

func TestCancel(t *testing.T) {
	arrived := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	s := newSender(t, client.Config{BaseURL: server.URL})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != client.Unanswered || r.Health != client.Healthy || r.Message != "stopped in flight" {
		t.Errorf("in flight: %v, %v (%s)", r.Verdict, r.Health, r.Message)
	}
	if r := s.Put(ctx, "T-1", []byte(`{}`)); r.Verdict != client.Unconnected || r.Message != "stopped before a connection was made" {
		t.Errorf("before: %v (%s)", r.Verdict, r.Message)
	}
}

// The sender's reused parts must not carry over from one attempt to the next.
func TestSenderAfterTimeout(t *testing.T) {
	var n atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if n.Add(1)%2 == 1 {
			<-r.Context().Done()
			return
		}
		w.Write(body)
	})
	s := newSender(t, client.Config{BaseURL: server.URL, Timeout: 500 * time.Millisecond})
	for i := range 2 {
		if r := s.Put(context.Background(), "T-1", fmt.Appendf(nil, `{"title":"%d"}`, i)); r.Verdict != client.Unanswered || r.Message != "timeout after 500ms" {
			t.Errorf("%v (%s)", r.Verdict, r.Message)
		}
		if r := s.Put(context.Background(), "T-1", fmt.Appendf(nil, `{"title":"%d"}`, i)); r.Verdict != client.Applied || r.Warning != "" {
			t.Errorf("%v (%s %s)", r.Verdict, r.Message, r.Warning)
		}
	}
}

// inside is a JSON string without its quotes.
func inside(quoted []byte) string { return string(quoted[1 : len(quoted)-1]) }

// Whatever a server does with the key, no reply shows it.
func TestKeyIsRemoved(t *testing.T) {
	key := `ab"c\d/<e>&f'g é%h`
	jsonKey, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	canonicalKey, err := jsontext.AppendQuote(nil, key)
	if err != nil {
		t.Fatal(err)
	}
	escaped := map[string]string{
		"verbatim":   key,
		"URL query":  url.QueryEscape(key),
		"URL path":   url.PathEscape(key),
		"lower case": strings.ToLower(url.QueryEscape(key)),
		"HTML":       html.EscapeString(key),
		"JSON":       inside(jsonKey),
		"canonical":  inside(canonicalKey),
	}
	inner, err := json.Marshal(string(jsonKey))
	if err != nil {
		t.Fatal(err)
	}
	escaped["JSON in JSON"] = inside(inner)
	escaped["URL in URL"] = url.QueryEscape(escaped["URL query"])
	escaped["HTML in HTML"] = html.EscapeString(escaped["HTML"])
	answers := map[string]func(w http.ResponseWriter, form string){
		"text": func(w http.ResponseWriter, form string) {
			w.WriteHeader(400)
			io.WriteString(w, "bad key "+form+" given")
		},
		"page": func(w http.ResponseWriter, form string) {
			w.WriteHeader(502)
			io.WriteString(w, "<html><p>bad key "+form+" given</p></html>")
		},
		"location": func(w http.ResponseWriter, form string) {
			w.Header()["Location"] = []string{"https://example.com/?key=" + form}
			w.WriteHeader(302)
		},
		"at a cut": func(w http.ResponseWriter, form string) {
			w.Header().Set("Content-Length", "100000")
			w.WriteHeader(400)
			io.WriteString(w, "bad key "+form[:len(form)-2])
		},
	}
	for _, name := range []string{"JSON", "canonical", "JSON in JSON"} {
		form := escaped[name]
		answers["message with "+name] = func(w http.ResponseWriter, _ string) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"statusCode":400,"message":["bad key %s given"]}`, form)
		}
		answers["warning with "+name] = func(w http.ResponseWriter, _ string) {
			fmt.Fprintf(w, `{"title":"%s%s","description":"bad key %s given"}`, strings.Repeat("x", 70), form, form)
		}
	}
	for answer, write := range answers {
		for name, form := range escaped {
			t.Run(answer+"/"+name, func(t *testing.T) {
				server := serve(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					write(w, form)
				})
				s := newSender(t, client.Config{BaseURL: server.URL, Key: key})
				r := s.Put(context.Background(), "T-1", []byte(`{"title":"x","description":"y"}`))
				text := r.Message + r.Warning
				if !strings.Contains(text, "[key removed]") {
					t.Errorf("%v %q: not removed", r.Verdict, text)
				}
				for _, trace := range []string{`ab"c`, `ab\`, `ab%22`, `ab&`} {
					if strings.Contains(strings.ToLower(text), trace) {
						t.Errorf("%q still holds %q", text, trace)
					}
				}
			})
		}
	}
}
