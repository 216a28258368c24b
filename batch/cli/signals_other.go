//go:build !unix

package cli

import (
	"context"
	"io"
	"os"
)

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func progressSignals() []os.Signal { return nil }

func isProgressSignal(os.Signal) bool { return false }

func ignorePipe() {}

// signalName is the signal as a message names it.
func signalName(sig os.Signal) string { return sig.String() }

// dieOf gives the exit code for a program that Ctrl-C stopped.
func dieOf(os.Signal) int { return exitSignals + 2 }

// interruptible cannot interrupt a read here; Ctrl-C is noticed after it.
func interruptible(_ context.Context, stdin io.Reader) io.Reader { return stdin }
