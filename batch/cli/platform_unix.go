//go:build unix

package cli

import (
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

// errBrokenPipe is a write to a reader that has gone.
const errBrokenPipe = syscall.EPIPE

func ignorePipe() { signal.Ignore(syscall.SIGPIPE) }

// signalName is the signal as a message names it.
func signalName(sig os.Signal) string { return unix.SignalName(syscall.Signal(signalNumber(sig))) }

func signalNumber(sig os.Signal) int {
	number, _ := sig.(syscall.Signal)
	return int(number)
}

// readableByOthers tells whether a file that holds a key is open to others.
func readableByOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o044 != 0 }

// dieOf ends the process by the signal that stopped it, so that a shell or a
// scheduler sees the truth. As process 1 of a container, to which the kernel
// does not deliver it, it returns the exit code instead.
func dieOf(sig os.Signal) int {
	if os.Getpid() != 1 {
		signal.Reset(sig)
		if syscall.Kill(os.Getpid(), syscall.Signal(signalNumber(sig))) == nil {
			<-time.After(time.Second) // it is delivered asynchronously
		}
	}
	return signalExit(sig)
}

// controllingTerminal opens the terminal of the user, if there is one and this
// process runs in its foreground; else nil: a background job that asks would
// be stopped.
func controllingTerminal() *os.File {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		tty.Close()
		return nil
	}
	return tty
}
