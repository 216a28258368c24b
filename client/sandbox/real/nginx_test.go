//go:build unix

package real

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"taskbatch/client/sandbox"
)

// nginx is the set-up of a gateway in front of an address.
type nginx struct {
	Dir, Upstream        string
	Port                 int
	Root                 bool
	Rate, Burst          int // requests a second, none if 0
	Status               int // beyond the rate
	Requests             int // on a connection, 1000 if 0
	Certificate, Private string
}

// start runs nginx and returns its base URL and its master process.
func (n nginx) start(t *testing.T) (url string, master *os.Process) {
	t.Helper()
	path := need(t, "nginx")
	n.Dir, n.Port, n.Root = t.TempDir(), freePort(t), os.Getuid() == 0
	if n.Requests == 0 {
		n.Requests = 1000
	}
	conf := fill(t, n.Dir, "nginx.conf", n)
	master = startServer(t, n.Port, exec.Command(path, "-p", n.Dir, "-e", "stderr", "-c", conf))
	t.Cleanup(func() { master.Signal(syscall.SIGTERM); master.Wait() })
	scheme := "http"
	if n.Certificate != "" {
		scheme = "https"
	}
	return fmt.Sprintf("%s://127.0.0.1:%d", scheme, n.Port), master
}

// limit_req announces nothing: the rate that gets through is learned, and no
// row fails for having come too fast.
func TestNginxLimit(t *testing.T) {
	t.Parallel()
	for _, status := range []int{503, 429} {
		for _, burst := range []int{0, 20} {
			t.Run(fmt.Sprintf("%d, burst %d", status, burst), func(t *testing.T) {
				t.Parallel()
				a := newAPI(t, sandbox.Config{})
				url, _ := nginx{Upstream: a.address, Rate: 100, Burst: burst, Status: status}.start(t)
				e := update(t, url, 400, "-c", "16")
				applied := a.applied()
				e.wantAll(t, 400, applied)
				wantOnce(t, applied)
			})
		}
	}
}

// A server that closes each connection after five requests: no request goes
// into a connection that is closing.
func TestNginxClosesConnections(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %v", tls), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, sandbox.Config{})
			n, flags := nginx{Upstream: a.address, Requests: 5}, []string{"-c", "8"}
			if tls {
				c := newCertificate(t, "127.0.0.1")
				n.Certificate, n.Private = c.cert, c.key
				flags = append(flags, "--ca-cert", c.root)
			}
			url, _ := n.start(t)
			e := update(t, url, 2000, flags...)
			applied := a.applied()
			e.wantAll(t, 2000, applied)
			wantOnce(t, applied)
			if e.summary.Requests != 2000 {
				t.Errorf("%d requests for 2000 rows", e.summary.Requests)
			}
		})
	}
}

// Reloads replace the workers: their idle connections close, what is in flight
// is answered.
func TestNginxReloads(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{Latency: 5 * time.Millisecond})
	url, master := nginx{Upstream: a.address}.start(t)
	stop := every(200*time.Millisecond, func() { master.Signal(syscall.SIGHUP) })
	e := update(t, url, 2000, "-c", "8")
	stop()
	e.wantAll(t, 2000, a.applied())
}

// The API behind the gateway dies and comes back: 502 for everybody, then on
// as before.
func TestNginxUpstreamKilled(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{Latency: 5 * time.Millisecond})
	url, _ := nginx{Upstream: a.address}.start(t)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for len(a.applied()) < 300 {
			time.Sleep(10 * time.Millisecond)
		}
		a.down()
		time.Sleep(2 * time.Second)
		a.up()
	}()
	e := update(t, url, 1500, "-c", "8")
	<-killed
	e.wantAll(t, 1500, a.applied())
}

// every calls f at intervals until stop is called.
func every(interval time.Duration, f func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
