package client

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/proxy"
)

// dialer opens connections to the API: directly, or through a proxy.
type dialer struct {
	net   net.Dialer
	addr  string      // the API, host:port
	tls   *tls.Config // nil for plain http
	roots *x509.CertPool
	proxy *url.URL // nil for none
}

// past is a deadline that ends whatever waits.
var past = time.Unix(1, 0)

// dial opens a connection; ctx must have a deadline. Nothing of a request has
// left when it fails.
func (d *dialer) dial(ctx context.Context) (*conn, error) {
	first := d.addr
	if d.proxy != nil {
		first = hostPort(d.proxy)
	}
	tcp, err := d.net.DialContext(ctx, "tcp", first)
	if err != nil {
		return nil, d.blame(err)
	}
	c, err := newConn(tcp.(*net.TCPConn))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	err = d.open(ctx, c)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open makes the connection lead to the API, under TLS if it is to be.
func (d *dialer) open(ctx context.Context, c *conn) error {
	if err := d.throughProxy(ctx, c); err != nil {
		return d.blame(err)
	}
	if d.tls == nil {
		return nil
	}
	return c.secureBy(ctx, d.tls)
}

// throughProxy asks the proxy, if there is one, for a way to the API. A plain
// request to an HTTP proxy names the API itself.
func (d *dialer) throughProxy(ctx context.Context, c *conn) error {
	if d.proxy == nil {
		return nil
	}
	if isSOCKS(d.proxy) {
		return d.socks(ctx, c)
	}
	if d.proxy.Scheme == "https" {
		if err := c.secureBy(ctx, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.roots, ServerName: d.proxy.Hostname()}); err != nil {
			return err
		}
	}
	if d.tls == nil {
		return nil
	}
	return d.connect(c.top)
}

// socks asks a SOCKS proxy, which also looks up the host.
func (d *dialer) socks(ctx context.Context, c *conn) error {
	var auth *proxy.Auth
	if user := d.proxy.User; user != nil {
		auth = &proxy.Auth{User: user.Username(), Password: proxyPassword(d.proxy)}
	}
	p, err := proxy.SOCKS5("tcp", c.RemoteAddr().String(), auth, dialed{c})
	if err == nil {
		_, err = p.(proxy.ContextDialer).DialContext(ctx, "tcp", d.addr)
	}
	return err
}

// dialed is a dialer for whom the connection has been dialled already.
type dialed struct{ net.Conn }

func (d dialed) Dial(_, _ string) (net.Conn, error) { return d.Conn, nil }

func (d dialed) DialContext(_ context.Context, _, _ string) (net.Conn, error) { return d.Conn, nil }

// connect asks an HTTP proxy for a tunnel.
func (d *dialer) connect(top net.Conn) error {
	if _, err := fmt.Fprintf(top, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n%s\r\n", d.addr, proxyAuthorization(d.proxy)); err != nil {
		return err
	}
	in := bufio.NewReader(&source{from: top, left: maxHeadBytes})
	resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	var network net.Error
	switch {
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case err != nil, in.Buffered() > 0 && resp.StatusCode == http.StatusOK:
		return errNotHTTP // the error would quote what the proxy sent
	case resp.StatusCode != http.StatusOK:
		return &proxyError{statusTitle(resp.StatusCode, resp.Status)}
	}
	return nil
}

// blame says of an error that it came up on the way to the proxy.
func (d *dialer) blame(err error) error {
	if err == nil || d.proxy == nil {
		return err
	}
	return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
}

// proxyAuthorization is the header line with the proxy's credentials, "" if
// it has none.
func proxyAuthorization(p *url.URL) string {
	if p.User == nil {
		return ""
	}
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.User.Username()+":"+proxyPassword(p))) + "\r\n"
}

// proxyPassword is the password for p, "" if it has none.
func proxyPassword(p *url.URL) string {
	if p == nil {
		return ""
	}
	password, _ := p.User.Password()
	return password
}

func isSOCKS(p *url.URL) bool { return strings.HasPrefix(p.Scheme, "socks5") }

// hostPort is where to dial for u.
func hostPort(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPorts[u.Scheme]))
}

// findProxy is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY, also in
// lower case, name for base; nil for none. The error shows no address, which
// may hold a password.
func findProxy(base *url.URL) (*url.URL, error) {
	env := httpproxy.FromEnvironment()
	name, text := "HTTP_PROXY", env.HTTPProxy
	if base.Scheme == "https" {
		name, text = "HTTPS_PROXY", env.HTTPSProxy
	}
	if text == "" {
		return nil, nil
	}
	// Whether this host needs the proxy is asked with one that can be read:
	// httpproxy passes over any other in silence.
	env.HTTPProxy, env.HTTPSProxy = "http://proxy", "http://proxy"
	if p, err := env.ProxyFunc()(base); p == nil || err != nil {
		return nil, err
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	p, err := url.Parse(text)
	if err != nil || p.Hostname() == "" || !validPort(p.Port()) {
		return nil, fmt.Errorf("proxy: the address in %s is not a valid URL", name)
	}
	switch p.Scheme {
	case "http", "https", "socks5", "socks5h":
		return p, nil
	}
	return nil, fmt.Errorf("proxy: %s names none of http, https, socks5", name)
}

// validPort is true for a number of a TCP port, and for none.
func validPort(text string) bool {
	n, err := strconv.Atoi(text)
	return text == "" || err == nil && n >= 1 && n <= 65535
}
