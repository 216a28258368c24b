package sandbox_test

import (
	"context"
	"fmt"
	"testing"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

func BenchmarkSandbox(b *testing.B) {
	box, err := sandbox.New(sandbox.Config{})
	if err != nil {
		b.Fatal(err)
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "bench-key", Concurrency: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	s := c.Sender()
	body := []byte(`{"title":"Call back about the renewal","description":"Ask for the signed offer, then close.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if r := s.Put(context.Background(), fmt.Sprintf("T-%d", n), body); r.Verdict != client.Applied || r.Warning != "" {
			b.Fatal(r)
		}
	}
}
