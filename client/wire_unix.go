//go:build unix

package client

import (
	"syscall"
	"time"
)

// isQuiet looks at a socket without taking anything from it or waiting.
func isQuiet(fd uintptr, _ time.Time) bool {
	var one [1]byte
	for {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if err != syscall.EINTR {
			return err == syscall.EAGAIN
		}
	}
}
