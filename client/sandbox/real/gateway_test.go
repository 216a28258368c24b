//go:build unix

package real

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"taskbatch/client/sandbox"
)

// haproxy is the set-up of a gateway in front of an address.
type haproxy struct {
	Upstream string
	Port     int
	Rate     int // requests a second, sliding; refused ones count, too
	Status   int // beyond the rate
	InFlight int // requests; those that would wait are answered 503
}

// start runs haproxy and returns its base URL.
func (h haproxy) start(t *testing.T) (url string) {
	t.Helper()
	path := need(t, "haproxy")
	h.Port = freePort(t)
	startServer(t, h.Port, exec.Command(path, "-db", "-f", fill(t, t.TempDir(), "haproxy.cfg", h)))
	return fmt.Sprintf("http://127.0.0.1:%d", h.Port)
}

// A sliding window that counts refused requests, too: who hammers never gets
// in again.
func TestHAProxyLimit(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, sandbox.Config{})
			e := update(t, haproxy{Upstream: a.address, Rate: 100, Status: status}.start(t), 500, "-c", "8")
			applied := a.applied()
			e.wantAll(t, 500, applied)
			wantOnce(t, applied)
		})
	}
}

// Beyond four in flight 503: the concurrency in use falls to what gets
// through, and our own load burns no attempts.
func TestHAProxyOverload(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{Latency: 20 * time.Millisecond})
	e := update(t, haproxy{Upstream: a.address, InFlight: 4}.start(t), 1000, "-c", "32")
	e.wantAll(t, 1000, a.applied())
}

// host is a name that only the proxy knows; a loopback address would go past
// the proxy.
const host = "api.example"

// startSquid runs a proxy that knows host and returns its URL, with
// credentials, and the file of what passed it.
func startSquid(t *testing.T) (url, accessLog string) {
	t.Helper()
	path := need(t, "squid")
	s := struct {
		Dir, Helper string
		Port        int
	}{Port: freePort(t)}
	for _, helper := range []string{"/usr/lib/squid/basic_ncsa_auth", "/usr/lib64/squid/basic_ncsa_auth", "/usr/local/libexec/squid/basic_ncsa_auth"} {
		if executable(helper) {
			s.Helper = helper
		}
	}
	if s.Helper == "" {
		t.Skip("squid's basic_ncsa_auth is not installed")
	}
	var err error
	if s.Dir, err = os.MkdirTemp("", "squid-"); err != nil { // not below t.TempDir: another user must get there
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(s.Dir) })
	if err := os.Chmod(s.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.Dir, "hosts"), "127.0.0.1 "+host+"\n")
	writeFile(t, filepath.Join(s.Dir, "passwords"), "batch:$apr1$taskbtch$pJz.TD3Zmb8CC8PqrIAp80\n") // pass:word
	startServer(t, s.Port, exec.Command(path, "-N", "-f", fill(t, s.Dir, "squid.conf", s)))
	return fmt.Sprintf("http://batch:pass%%3Aword@127.0.0.1:%d", s.Port), filepath.Join(s.Dir, "access.log")
}

// Plain http goes through the proxy in the absolute form.
func TestSquidHTTP(t *testing.T) {
	t.Parallel()
	proxy, log := startSquid(t)
	a := newAPI(t, sandbox.Config{})
	_, port, _ := strings.Cut(a.address, ":")
	e := update(t, "http://"+host+":"+port, 200, "-c", "4", "--insecure-http", "HTTP_PROXY="+proxy)
	e.wantAll(t, 200, a.applied())
	wantPassed(t, log, "PUT http://"+host+":"+port+"/v1/accounts/tasks/T-", 200)
	wantNoPassword(t, e)
}

// https goes through a tunnel for each connection.
func TestSquidCONNECT(t *testing.T) {
	t.Parallel()
	proxy, log := startSquid(t)
	c := newCertificate(t, host)
	a := newAPI(t, sandbox.Config{})
	gateway, _ := nginx{Upstream: a.address, Certificate: c.cert, Private: c.key}.start(t)
	port := gateway[strings.LastIndex(gateway, ":")+1:]
	e := update(t, "https://"+host+":"+port, 200, "-c", "4", "--ca-cert", c.root, "HTTPS_PROXY="+proxy)
	e.wantAll(t, 200, a.applied())
	wantPassed(t, log, "CONNECT "+host+":"+port, 4)
	wantNoPassword(t, e)
}

// A wrong password is a matter of the set-up: nothing is sent, and the message
// holds no credentials.
func TestSquidRefuses(t *testing.T) {
	t.Parallel()
	proxy, _ := startSquid(t)
	proxy = strings.Replace(proxy, "word", "wrong-word", 1)
	a := newAPI(t, sandbox.Config{})
	_, port, _ := strings.Cut(a.address, ":")
	e := update(t, "http://"+host+":"+port, 3, "--insecure-http", "HTTP_PROXY="+proxy)
	if e.code == 0 || len(a.applied()) != 0 {
		t.Errorf("exit %d, applied %v", e.code, a.applied())
	}
	wantNoPassword(t, e)
}

// wantPassed asserts how often the proxy's log names a request.
func wantPassed(t *testing.T, log, request string, times int) {
	t.Helper()
	text, err := os.ReadFile(log)
	if got := strings.Count(string(text), request); err != nil || got != times {
		t.Errorf("%d times %q passed the proxy, want %d (%v): %.500s", got, request, times, err, text)
	}
}

// wantNoPassword asserts that a run says nothing of the proxy's credentials.
func wantNoPassword(t *testing.T, e *ending) {
	t.Helper()
	said := e.stderr
	for _, r := range e.records(t) {
		said += r["_error"]
	}
	for _, secret := range []string{"pass:", "pass%3A", "word"} {
		if strings.Contains(said, secret) {
			t.Errorf("the output holds %q: %s", secret, said)
		}
	}
}
