package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// proxyError is a proxy's refusal to connect us.
type proxyError struct{ status string }

func (e *proxyError) Error() string { return "the proxy refused to connect: " + e.status }

// networkMessage says in a few words why an attempt got no answer: without
// addresses and port numbers, so that equal causes give equal texts.
func networkMessage(err error, connected bool, timeout time.Duration) string {
	var (
		dns   *net.DNSError
		errno syscall.Errno
		proxy *proxyError
		op    *net.OpError
	)
	if text := tlsMessage(err); text != "" {
		return text
	}
	via := ""
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		via = "proxy: "
	}
	switch {
	case errors.As(err, &proxy):
		return proxy.Error()
	case errors.Is(err, syscall.ETIMEDOUT): // the kernel's, not ours
		return via + "connection timed out"
	case isTimeout(err) && connected:
		return "timeout after " + timeout.String()
	case isTimeout(err):
		return via + "no connection within " + timeout.String()
	case errors.As(err, &dns) && dns.IsNotFound:
		return via + "no such host " + dns.Name
	case errors.As(err, &dns):
		return via + "name lookup of " + dns.Name + " failed: " + dns.Err
	case errors.Is(err, syscall.ECONNRESET):
		return via + "connection reset"
	case errors.Is(err, syscall.EPIPE):
		return via + "connection closed by the server while sending"
	case errors.As(err, &errno):
		return via + errno.Error()
	case connected:
		return brokenAnswer(err)
	case errors.Is(err, io.EOF):
		return via + "connection closed during the TLS handshake (EOF)"
	}
	return via + "no connection: " + innermost(err).Error()
}

// isTimeout is true for our own deadline, however it showed.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// speaksOfSetup tells whether a failure comes from how the run was set up, and
// will come again: certificate, protocol or host name.
func speaksOfSetup(err error) bool {
	var (
		dns    *net.DNSError
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.Is(err, errNotHTTP) || errors.As(err, &dns) && dns.IsNotFound
}

// tlsMessage explains what is wrong with TLS, "" if nothing is.
func tlsMessage(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		op       *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by an unknown authority: if it is your own, name its root with --ca-cert"
	case errors.As(err, &hostname):
		return fmt.Sprintf("the server's certificate is not valid for %s: check --base-url", hostname.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired or is not yet valid: check this machine's clock"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the server's certificate is not valid: a root of your own can be named with --ca-cert"
	case errors.As(err, &record):
		return "the server does not speak TLS: check https in --base-url"
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // TLS alerts
		return "TLS handshake failed: " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return ""
}

// brokenAnswer names the ways in which an answer can fail to be one. Their
// errors may quote what the server sent.
func brokenAnswer(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before an answer (EOF)"
	case errors.Is(err, errTooLarge):
		return "the answer's headers are too large"
	case errors.Is(err, net.ErrClosed):
		return "connection closed before an answer"
	}
	return errNotHTTP.Error()
}

// innermost is the cause at the end of the chain.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
