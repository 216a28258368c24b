package client

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// DefaultBaseURL is the API's public address.
const DefaultBaseURL = "https://platform.thena.ai"

// defaultPorts are those of a URL without a port.
var defaultPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// Config says where and how to send. Zero values stand for the defaults; only
// Key has none.
type Config struct {
	BaseURL      string        // absolute http or https URL, a path is kept as a prefix; default DefaultBaseURL
	Key          string        // the API key, sent as x-api-key
	UserAgent    string        // default "taskbatch"
	Timeout      time.Duration // for one attempt, from the dial to the last byte of the answer; default 30 s
	CACertFile   string        // PEM file with roots to trust beside the system's
	InsecureHTTP bool          // allow plain http to a host that is not loopback

	KeepRequestID bool // fill in Reply.RequestID
}

// Validate reports the first value that cannot be used. The error never shows
// the key, nor a password in the base URL.
func (c Config) Validate() error {
	_, _, err := c.parse()
	return err
}

// parse gives the base URL and the certificates to trust of a valid Config.
func (c Config) parse() (base *url.URL, roots *x509.CertPool, err error) {
	if base, err = c.base(); err != nil {
		return nil, nil, err
	}
	local := IsLoopback(base.Hostname())
	if base.Scheme == "http" && !c.InsecureHTTP && !local {
		return nil, nil, fmt.Errorf("base URL: plain http to %s would send the API key in the clear: use https, or --insecure-http", base.Hostname())
	}
	if err := checkKey(c.Key, local); err != nil {
		return nil, nil, err
	}
	if strings.ContainsFunc(c.UserAgent, isControl) {
		return nil, nil, errors.New("user agent: control characters are not allowed")
	}
	if c.Timeout < 0 {
		return nil, nil, fmt.Errorf("timeout: %v is negative", c.Timeout)
	}
	roots, err = c.roots()
	return base, roots, err
}

// base parses the base URL; slashes at its end are removed.
func (c Config) base() (*url.URL, error) {
	text := cmp.Or(c.BaseURL, DefaultBaseURL)
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // without the text, which may hold a password
		}
		return nil, fmt.Errorf("base URL: %w", err)
	}
	switch {
	case u.User != nil, u.Hostname() == "" && strings.Contains(text, "@"):
		return nil, errors.New("base URL: user name and password are not allowed in it")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("base URL: %q is not an absolute http or https URL, such as %s", text, DefaultBaseURL)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return nil, fmt.Errorf("base URL: %q has a query or a fragment, which are not allowed", text)
	case !validPort(u.Port()):
		return nil, fmt.Errorf("base URL: there is no port %s; ports go from 1 to 65535", u.Port())
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	if host := u.Hostname(); strings.ContainsFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		ascii, err := idna.Lookup.ToASCII(host) // as DNS has it
		if err != nil {
			return nil, fmt.Errorf("base URL: host name %q: %w", host, err)
		}
		u.Host = ascii + strings.TrimPrefix(u.Host, host)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// Target names the API that a client updates: the base URL with scheme and host
// in lower case, without the scheme's own port and a last slash.
func (c Config) Target() (string, error) {
	u, err := c.base()
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + strings.ToLower(strings.TrimSuffix(u.Host, ":"+defaultPorts[u.Scheme])) + u.EscapedPath(), nil
}

// IsLoopback tells whether a connection to host cannot leave the machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// minKey is the length from which on a key can be told from ordinary words, and
// so be removed from what is said.
const minKey = 8

// checkKey refuses keys that cannot be sent as they stand, or not be hidden.
func checkKey(key string, local bool) error {
	switch {
	case key == "":
		return errors.New("API key: it is empty")
	case strings.ContainsFunc(key, isControl):
		return errors.New("API key: it holds a control character, such as a line break")
	case strings.Trim(key, " ") != key:
		return errors.New("API key: it starts or ends with a blank")
	case len(key) < minKey && !local:
		return fmt.Errorf("API key: it has fewer than %d characters, too few to keep it out of messages; is it cut off?", minKey)
	}
	return nil
}

// isControl is true for what no header value may hold.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// roots is the pool of certificates to trust, nil for the system's own.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CACertFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CACertFile)
	if err != nil {
		return nil, fmt.Errorf("CA certificate: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA certificate: %s holds no PEM certificate", c.CACertFile)
	}
	return pool, nil
}
