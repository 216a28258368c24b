// Package client makes one attempt to update one task of the API and says
// what was learned. It knows HTTP and the API's answers, nothing of files,
// rows or retries.
//
//	Update.Body -> Sender.Put -> Reply{Verdict, Health, Message, Quota, ...}
//
// A [Client] knows the way to one API, a [Sender] is one worker's: it has a
// connection and buffers of its own. [Sender.Put] never fails with a Go error:
// all that can happen to an attempt is a [Verdict], and the two cases that
// decide whether a row may have been changed are told apart: with
// [Unconnected] nothing has left, with [Unanswered] it may have arrived.
//
// The way of an attempt: dialer and conn (a connection, looked at before it is
// used again), Sender (the request), answer (what came back), Reply (what it
// means). [Backoff] and [Update] are pure.
//
// The key goes to the configured host only: redirects are not followed, and
// it is removed from every text in a Reply, in whatever usual form a server
// echoes it.
package client

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"time"
)

// TasksPath is the path of the endpoint, before the task ID.
const TasksPath = "/v1/accounts/tasks/"

// Client knows the way to one API. It is safe for concurrent use.
type Client struct {
	dialer  dialer
	start   string // of each request, up to the task ID
	head    string // the rest of the head, up to the length of the body
	timeout time.Duration
	keepID  bool
	secret  *secret
}

// New makes a client; no connection is opened yet. The error is that of
// Config.Validate, or says that the proxy which the environment names cannot
// be used.
func New(c Config) (*Client, error) {
	base, roots, err := c.parse()
	if err != nil {
		return nil, err
	}
	proxy, err := findProxy(base)
	if err != nil {
		return nil, err
	}
	client := &Client{
		dialer:  dialer{net: net.Dialer{KeepAlive: 30 * time.Second}, addr: hostPort(base), roots: roots, proxy: proxy},
		timeout: cmp.Or(c.Timeout, 30*time.Second),
		keepID:  c.KeepRequestID,
		secret:  newSecret(c.Key, proxyPassword(proxy)),
	}
	authorization := ""
	target := base.EscapedPath()
	if base.Scheme == "https" {
		client.dialer.tls = &tls.Config{
			MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: base.Hostname(),
			NextProtos: []string{"http/1.1"}, ClientSessionCache: tls.NewLRUClientSessionCache(0),
		}
	} else if proxy != nil && !isSOCKS(proxy) {
		target = (&url.URL{Scheme: base.Scheme, Host: base.Host}).String() + target
		authorization = proxyAuthorization(proxy)
	}
	client.start = "PUT " + target + TasksPath
	client.head = fmt.Sprintf(" HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n%sX-Api-Key: %s\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: ",
		base.Host, cmp.Or(c.UserAgent, "taskbatch"), authorization, c.Key)
	return client, nil
}

// Proxy is the proxy that the environment names for the base URL, without
// its credentials; "" if there is none.
func (c *Client) Proxy() string {
	if c.dialer.proxy == nil {
		return ""
	}
	return (&url.URL{Scheme: c.dialer.proxy.Scheme, Host: c.dialer.proxy.Host}).String()
}
