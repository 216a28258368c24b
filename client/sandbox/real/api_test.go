//go:build unix

package real

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskbatch/client/sandbox"
	"taskbatch/client/sandbox/apitest"
)

// api is a sandbox whose every request and answer the API's description
// judges, on a socket that can go away and come back.
type api struct {
	t        *testing.T
	box      *sandbox.Sandbox
	judge    *apitest.Referee
	address  string
	server   *httptest.Server
	mu       sync.Mutex
	requests []request
	refuse   func(task string) bool // answered 404; nil: none
	arrived  func(n int)            // called with the number of each request before it is answered; nil: not
}

// request is one that reached the API.
type request struct {
	task, body string
	status     int
}

func newAPI(t *testing.T, cfg sandbox.Config) *api {
	t.Helper()
	cfg.LogLimit = -1
	box, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a := &api{t: t, box: box, judge: apitest.New(t, description), address: "127.0.0.1:0"}
	a.up()
	t.Cleanup(func() { a.down(); box.Close() })
	return a
}

// ServeHTTP notes the request and passes it on to the sandbox.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client left
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	task := strings.TrimPrefix(r.URL.Path, "/v1/accounts/tasks/")
	a.mu.Lock()
	a.requests = append(a.requests, request{task: task, body: string(body)})
	n := len(a.requests)
	refused := a.refuse != nil && a.refuse(task)
	arrived := a.arrived
	a.mu.Unlock()
	if arrived != nil {
		arrived(n)
	}
	seen := httptest.NewRecorder()
	if refused {
		seen.Header().Set("Content-Type", "application/json")
		seen.WriteHeader(http.StatusNotFound)
		seen.WriteString(`{"statusCode":404,"message":"Account task not found","error":"Not Found"}`)
	} else {
		a.box.ServeHTTP(seen, r)
	}
	a.mu.Lock()
	a.requests[n-1].status = seen.Code
	a.mu.Unlock()
	maps.Copy(w.Header(), seen.Header())
	w.WriteHeader(seen.Code)
	w.Write(seen.Body.Bytes()) // an error is the client's: it is gone
}

// up listens, at the same address as before.
func (a *api) up() {
	listener, err := net.Listen("tcp", a.address)
	if err != nil {
		a.t.Fatal(err)
	}
	a.address = listener.Addr().String()
	a.server = httptest.NewUnstartedServer(a.judge.Wrap(a))
	a.server.Listener.Close()
	a.server.Listener = listener
	a.server.Start()
}

// down refuses new connections and breaks those there are.
func (a *api) down() {
	a.server.Listener.Close()
	a.server.CloseClientConnections()
	a.server.Close()
}

// since is the requests from the n-th on, counted from 0.
func (a *api) since(n int) []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests[n:])
}

// applied counts the updates of each task.
func (a *api) applied() map[string]int {
	count := map[string]int{}
	for _, r := range a.since(0) {
		if r.status == http.StatusOK {
			count[r.task]++
		}
	}
	return count
}
