//go:build unix

package results

import "golang.org/x/sys/unix"

// writable tells why files cannot be created in a folder, nil if they can.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
