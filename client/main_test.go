package client_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"taskbatch/client"
)

// Every test must leave no goroutine behind. net/http reads the proxy from
// the environment once for the whole process, so it is set here, for all
// hosts beyond loopback.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http reports what servers send unasked
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{"refused.example:443": 407, "broken.example:443": 502}[r.Host])
	}))
	for name, value := range map[string]string{
		"HTTPS_PROXY": strings.Replace(proxy.URL, "http://", "http://user:hidden@", 1),
		"HTTP_PROXY":  "", "http_proxy": "", "https_proxy": "", "no_proxy": "",
		"NO_PROXY": ".invalid",
	} {
		if err := os.Setenv(name, value); err != nil {
			log.Panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

func TestProxy(t *testing.T) {
	tests := []struct{ host, message string }{
		{"refused.example", "the proxy refused to connect: 407 Proxy Authentication Required"},
		{"broken.example", "the proxy refused to connect: 502 Bad Gateway"},
	}
	for _, tt := range tests {
		c := newClient(t, client.Config{BaseURL: "https://" + tt.host})
		if proxy := c.Proxy(); !strings.HasPrefix(proxy, "http://127.0.0.1:") || strings.Contains(proxy, "hidden") {
			t.Errorf("proxy %q", proxy)
		}
		r := c.Sender().Put(context.Background(), "T-1", []byte(`{}`))
		if r.Verdict != client.Unconnected || r.Health != client.Ill || r.Message != tt.message {
			t.Errorf("%v, %v (%s)", r.Verdict, r.Health, r.Message)
		}
	}
	if proxy := newClient(t, client.Config{BaseURL: "http://127.0.0.1:1"}).Proxy(); proxy != "" {
		t.Errorf("proxy %q for loopback", proxy)
	}
}
