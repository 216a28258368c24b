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
		{"plain http to an address", client.Config{BaseURL: "http://192.0.2.1:8000"}, "--insecure-http"},
		{"plain http to an IPv6 address", client.Config{BaseURL: "http://[2001:db8::1]"}, "--insecure-http"},
		{"plain http, allowed", client.Config{BaseURL: "http://example.com", InsecureHTTP: true}, ""},
		{"no scheme", client.Config{BaseURL: "example.com"}, "not an absolute"},
		{"host and port only", client.Config{BaseURL: "localhost:8000"}, "not an absolute"},
		{"other scheme", client.Config{BaseURL: "ftp://example.com"}, "not an absolute"},
		{"no host", client.Config{BaseURL: "https:///x"}, "not an absolute"},
		{"port only", client.Config{BaseURL: "https://:443"}, "not an absolute"},
		{"bad port", client.Config{BaseURL: "https://example.com:port"}, "port"},
		{"user", client.Config{BaseURL: "https://user:hidden@example.com"}, "user name and password"},
		{"user, no scheme", client.Config{BaseURL: "user:hidden@example.com"}, "user name and password"},
		{"user, not a URL", client.Config{BaseURL: "https://user:hidden@exa mple.com"}, "base URL"},
		{"query", client.Config{BaseURL: "https://example.com?"}, "query"},
		{"query", client.Config{BaseURL: "https://example.com/?a=b"}, "query"},
		{"fragment", client.Config{BaseURL: "https://example.com/#"}, "fragment"},
		{"key with a line break", client.Config{Key: "hidden\n"}, "control character"},
		{"key with a NUL", client.Config{Key: "hid\x00den"}, "control character"},
		{"key with a blank", client.Config{Key: " hidden"}, "blank"},
		{"short key", client.Config{Key: "hidden7"}, "fewer than 8"},
		{"key of 8", client.Config{Key: "hidden78"}, ""},
		{"short key for this machine", client.Config{Key: "k", BaseURL: "https://[::1]"}, ""},
		{"no such port", client.Config{BaseURL: "https://example.com:99999999"}, "no port 99999999"},
		{"port 65536", client.Config{BaseURL: "https://example.com:65536"}, "no port"},
		{"port 0", client.Config{BaseURL: "https://example.com:0"}, "no port"},
		{"the last port", client.Config{BaseURL: "https://example.com:65535"}, ""},
		{"host beyond ASCII", client.Config{BaseURL: "https://bücher.example"}, ""},
		{"host that is no name", client.Config{BaseURL: "https://b\u00adü\u2028.example"}, "host name"},
		{"user agent", client.Config{UserAgent: "a\r\nX-Evil: b"}, "control"},
		{"timeout", client.Config{Timeout: -time.Second}, "negative"},
		{"no CA file", client.Config{CACertFile: filepath.Join(t.TempDir(), "none.pem")}, "CA certificate: open"},
		{"no certificate in the CA file", client.Config{CACertFile: empty}, "holds no PEM certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.config.Key == "" {
				tt.config.Key = "hidden-key"
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
	for base, want := range map[string]string{
		"": "https://platform.thena.ai", "HTTPS://Platform.THENA.ai:443/": "https://platform.thena.ai", "http://LocalHost:80//": "http://localhost",
		"http://localhost:443/A%2fb/C/": "http://localhost:443/A%2fb/C", "https://[2001:DB8::1]:8443": "https://[2001:db8::1]:8443", "https://[::1]:443": "https://[::1]",
		"http://[::1]:443/Path": "http://[::1]:443/Path", "https://a.example:443/x/": "https://a.example/x", "ftp://a": "",
		"https://BÜCHER.example": "https://xn--bcher-kva.example", "https://example.com:": "https://example.com", "example.com": "",
	} {
		got, err := client.Config{BaseURL: base}.Target()
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q (%v)", base, got, err)
		}
	}
}
