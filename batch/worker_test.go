package batch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// A row whose request was swallowed by a kept connection is retried on a new
// one: behind a server that ends each of its connections at the third request,
// without having said so, no row loses one attempt after the other.
func TestSwallowedRequests(t *testing.T) {
	type requests struct{}
	for _, concurrency := range []int{1, 8} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			var swallowed atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Context().Value(requests{}).(*atomic.Int64).Add(1) == 3 {
					swallowed.Add(1)
					panic(http.ErrAbortHandler)
				}
				io.WriteString(w, "{}")
			}))
			server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
				return context.WithValue(ctx, requests{}, new(atomic.Int64))
			}
			server.Start()
			t.Cleanup(server.Close)
			c, err := client.New(client.Config{BaseURL: server.URL, Key: "wire-test"})
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t, manyTasks(60))
			b.cfg.Pace.Concurrency = concurrency
			sum := (&wire{t: t, client: c}).send(b, "in.csv")
			if count(sum, record.Updated) != 60 || swallowed.Load() < 10 {
				t.Errorf("%v, %d swallowed", sum.Outcomes, swallowed.Load())
			}
			for _, r := range b.records(b.cfg.Results) {
				if n, _ := strconv.Atoi(r["_attempts"]); n > 2 {
					t.Errorf("row %s: %d attempts", r["_row"], n)
				}
			}
		})
	}
}
