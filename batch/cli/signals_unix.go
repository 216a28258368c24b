//go:build unix

package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func stopSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
}

func progressSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1} }

func isProgressSignal(sig os.Signal) bool { return sig == syscall.SIGUSR1 }

func ignorePipe() { signal.Ignore(syscall.SIGPIPE) }

// signalName is the signal as a message names it.
func signalName(sig os.Signal) string {
	if s, ok := sig.(syscall.Signal); ok {
		return unix.SignalName(s)
	}
	return sig.String()
}

// dieOf ends the process by the signal that stopped it, so that a shell or a
// scheduler sees the truth. As process 1 of a container, to which the kernel
// does not deliver it, it returns the exit code instead.
func dieOf(sig os.Signal) int {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return exitSignals
	}
	if os.Getpid() != 1 {
		signal.Reset(number)
		if syscall.Kill(os.Getpid(), number) == nil {
			<-time.After(time.Second) // it is delivered asynchronously
		}
	}
	return exitSignals + int(number)
}

// interruptible makes reads of standard input end when the context does.
func interruptible(ctx context.Context, stdin io.Reader) io.Reader {
	f, ok := stdin.(*os.File)
	if !ok {
		return stdin
	}
	return &polled{ctx, f}
}

// polled waits for input before it reads, and looks at its context meanwhile.
type polled struct {
	ctx context.Context
	f   *os.File
}

// Read implements io.Reader.
func (p *polled) Read(buf []byte) (int, error) {
	const interval = 100 // ms
	fds := []unix.PollFd{{Fd: int32(p.f.Fd()), Events: unix.POLLIN}}
	for {
		if err := p.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := unix.Poll(fds, interval)
		if err == unix.EINTR || err == nil && n == 0 {
			continue
		}
		return p.f.Read(buf)
	}
}
