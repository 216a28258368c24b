package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskbatch/client"
)

func TestValidate(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config client.Config
		want   string // "" is valid
	}{
		{"default", client.Config{}, ""},
		{"https", client.Config{BaseURL: "https://example.com"}, ""},
		{"prefix and slash", client.Config{BaseURL: "https://example.com:8443/api/"}, ""},
		{"upper case", client.Config{BaseURL: "HTTPS://EXAMPLE.COM"}, ""},
		{"localhost", client.Config{BaseURL: "http://LocalHost:8000"}, ""},
		{"127/8", client.Config{BaseURL: "http://127.1.2.3"}, ""},
		{"::1", client.Config{BaseURL: "http://[::1]:8000"}, ""},
		{"plain http", client.Config{BaseURL: "http://example.com"}, "--insecure-http"},
		{"plain http to a likeness", client.Config{BaseURL: "http://localhost.example.com"}, "--insecure-http"},
		{"plain http to a number", client.Config{BaseURL: "http://127.0.0.1.example.com"}, "--insecure-http"},
		{"plain http, allowed", client.Config{BaseURL: "http://example.com", InsecureHTTP: true}, ""},
		{"no scheme", client.Config{BaseURL: "example.com"}, "not an absolute"},
		{"host and port only", client.Config{BaseURL: "localhost:8000"}, "not an absolute"},
		{"other scheme", client.Config{BaseURL: "ftp://example.com"}, "not an absolute"},
		{"no host", client.Config{BaseURL: "https:///x"}, "not an absolute"},
		{"port only", client.Config{BaseURL: "https://:443"}, "not an absolute"},
		{"bad port", client.Config{BaseURL: "https://example.com:port"}, "port"},
		{"user", client.Config{BaseURL: "https://user:hidden@example.com"}, "user name and password"},
		{"user, not a URL", client.Config{BaseURL: "https://user:hidden@exa mple.com"}, "base URL"},
		{"query", client.Config{BaseURL: "https://example.com?"}, "query"},
		{"query", client.Config{BaseURL: "https://example.com/?a=b"}, "query"},
		{"fragment", client.Config{BaseURL: "https://example.com/#"}, "fragment"},
		{"key with a line break", client.Config{Key: "hidden\n"}, "control character"},
		{"key with a NUL", client.Config{Key: "hid\x00den"}, "control character"},
		{"key with a blank", client.Config{Key: " hidden"}, "blank"},
		{"user agent", client.Config{UserAgent: "a\r\nX-Evil: b"}, "control"},
		{"timeout", client.Config{Timeout: -time.Second}, "negative"},
		{"no CA file", client.Config{CACertFile: filepath.Join(t.TempDir(), "none.pem")}, "CA certificate: open"},
		{"no certificate in the CA file", client.Config{CACertFile: empty}, "holds no PEM certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.config.Key == "" {
				tt.config.Key = "hidden"
			}
			err := tt.config.Validate()
			if c, newErr := client.New(tt.config); (newErr == nil) != (err == nil) || (c == nil) != (err != nil) {
				t.Errorf("New: %v, Validate: %v", newErr, err)
			}
			switch {
			case (err == nil) != (tt.want == ""):
				t.Errorf("error %v, want %q", err, tt.want)
			case err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hidden")):
				t.Errorf("error %q, want %q and no secret", err, tt.want)
			}
		})
	}
	if (client.Config{}).Validate() == nil {
		t.Error("no key: valid")
	}
}

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "https://platform.thena.ai",
		"HTTPS://API.Example.COM/": "https://api.example.com",
		"https://a.example:443/x/": "https://a.example/x",
		"http://localhost:80":      "http://localhost",
		"http://localhost:8000//":  "http://localhost:8000",
		"http://[::1]:443/Path":    "http://[::1]:443/Path",
	} {
		if got, err := (client.Config{BaseURL: text}).Target(); got != want || err != nil {
			t.Errorf("%q: %s (%v), want %s", text, got, err, want)
		}
	}
	if _, err := (client.Config{BaseURL: "ftp://a"}).Target(); err == nil {
		t.Error("ftp was accepted")
	}
}
