package client_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"taskbatch/client"
)

// A proxy that refuses has sent nothing on.
func TestProxyRefuses(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{"refused.example:443": 407, "broken.example:443": 502}[r.Host])
	})
	t.Setenv("HTTPS_PROXY", strings.Replace(proxy.URL, "http://", "http://user:hidden@", 1))
	tests := []struct{ host, message string }{
		{"refused.example", "the proxy refused to connect: 407 Proxy Authentication Required"},
		{"broken.example", "the proxy refused to connect: 502 Bad Gateway"},
	}
	for _, tt := range tests {
		c := newClient(t, client.Config{BaseURL: "https://" + tt.host})
		if proxy := c.Proxy(); !strings.HasPrefix(proxy, "http://127.0.0.1:") || strings.Contains(proxy, "hidden") {
			t.Errorf("proxy %q", proxy)
		}
		s := c.Sender()
		r := s.Put(context.Background(), "T-1", []byte(`{}`))
		s.Close()
		if r.Verdict != client.Unconnected || r.Health != client.Ill || r.Message != tt.message {
			t.Errorf("%v, %v (%s)", r.Verdict, r.Health, r.Message)
		}
	}
	if proxy := newClient(t, client.Config{BaseURL: "http://127.0.0.1:1"}).Proxy(); proxy != "" {
		t.Errorf("proxy %q for loopback", proxy)
	}
}
