// Package client makes one attempt to update one task of the API and says
// what was learned. It knows HTTP and the API's answers, nothing of files,
// rows or retries.
//
//	Update.AppendBody -> Sender.Put -> Reply{Verdict, Health, Message, Quota, ...}
//
// A [Client] holds the connections, a [Sender] is one worker's handle on it
// and owns the worker's buffers. [Sender.Put] never fails with a Go error: all
// that can happen to an attempt is a [Verdict], and the two cases that decide
// whether a row may have been changed are told apart: with [Unconnected]
// nothing has left, with [Unanswered] it may have arrived.
//
// The other parts are pure functions: [Backoff] (how long to wait before a
// retry), [Sum] (the hash of a row), and [Update] (the body).
//
// The key goes to the configured host only: redirects are not followed, and
// it is removed from every text in a Reply, in whatever escaped form a server
// echoes it.
package client

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of the connection pool and of what a server can make us hold.
const (
	idleTimeout    = 5 * time.Minute // well above the longest back-off
	maxHeaderBytes = 64 << 10
	maxAnswerBytes = 1 << 20
)

// Client is the connection pool to one API. It is safe for concurrent use.
type Client struct {
	transport *http.Transport
	base      *url.URL
	header    http.Header // of every request; shared, never changed
	timeout   time.Duration
	proxy     string
	secret    *secret
}

// New makes a client; no connection is opened yet. The error is that of
// Config.Validate, or says that the proxy which the environment names cannot
// be used.
func New(c Config) (*Client, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: base})
	if err != nil {
		// The cause would show the address, which may hold a password.
		return nil, errors.New("proxy: the address in HTTPS_PROXY or HTTP_PROXY is not a valid URL")
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &Client{
		transport: &http.Transport{
			Proxy:                  http.ProxyURL(proxy),
			OnProxyConnectResponse: checkProxyAnswer,
			DialContext:            (&net.Dialer{Timeout: c.Timeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:        tlsConfig,
			TLSHandshakeTimeout:    c.Timeout,
			DisableCompression:     true,
			MaxIdleConns:           c.Concurrency,
			MaxIdleConnsPerHost:    c.Concurrency,
			MaxConnsPerHost:        c.Concurrency,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			Protocols:              &protocols,
		},
		base: base,
		header: http.Header{
			"X-Api-Key":    {c.Key},
			"Content-Type": {"application/json"},
			"Accept":       {"application/json"},
			"User-Agent":   {c.UserAgent},
		},
		timeout: c.Timeout,
		proxy:   proxyName(proxy),
		secret:  newSecret(c.Key),
	}, nil
}

// Proxy is the proxy that the environment names for the base URL, without
// its credentials; "" if there is none.
func (c *Client) Proxy() string { return c.proxy }

// Close closes the idle connections and gives up the dials that nobody waits
// for. Attempts in flight go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// proxyName is the address of a proxy as it may be shown.
func proxyName(proxy *url.URL) string {
	if proxy == nil {
		return ""
	}
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}
