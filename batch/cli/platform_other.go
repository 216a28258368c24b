//go:build !unix

package cli

import (
	"errors"
	"os"
)

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func progressSignals() []os.Signal { return nil }

func isProgressSignal(os.Signal) bool { return false }

func ignorePipe() {}

// signalName is the signal as a message names it.
func signalName(sig os.Signal) string { return sig.String() }

func signalNumber(os.Signal) int { return 2 }

// errBrokenPipe is a write to a reader that has gone; it has no name here.
var errBrokenPipe = errors.New("broken pipe")

// readableByOthers cannot be told from the mode here.
func readableByOthers(os.FileInfo) bool { return false }

// dieOf gives the exit code for a program that Ctrl-C stopped.
func dieOf(sig os.Signal) int { return signalExit(sig) }

// controllingTerminal is not looked for here: nobody is asked.
func controllingTerminal() *os.File { return nil }
