package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

// BenchmarkSandbox sends over a connection, each time for a new task.
func BenchmarkSandbox(b *testing.B) {
	_, _, s := start(b, sandbox.Config{})
	body := []byte(`{"title":"Call back about the renewal","description":"Ask for the signed offer, then close.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`)
	var n atomic.Int64
	b.ReportAllocs()
	for b.Loop() {
		if r := s.Put(context.Background(), fmt.Sprintf("T-%d", n.Add(1)), body); r.Verdict != client.Applied || r.Warning != "" {
			b.Fatal(r)
		}
	}
}

// BenchmarkHandler is the sandbox without the network.
func BenchmarkHandler(b *testing.B) {
	box := newBox(b, sandbox.Config{})
	body := `{"title":"Call back about the renewal","description":"Ask for the signed offer, then close.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`
	r := httptest.NewRequest("PUT", "/v1/accounts/tasks/T-1", nil)
	r.Header["Content-Type"] = []string{"application/json"}
	r.Header["X-Api-Key"] = []string{"any"}
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		w.Body.Reset()
		box.ServeHTTP(w, r)
	}
	if w.Code != 200 {
		b.Fatal(w.Body)
	}
}
