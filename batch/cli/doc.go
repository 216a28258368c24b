// Package cli is the command line of taskbatch. [Main] is all that the program
// calls:
//
//	args ──parse──▶ invocation ──cli/v2──▶ command ──values──▶ settings
//	                                          │
//	     update and check are one job:        ▼
//	     open input, name outputs, lock, batch.Prepare   (check ends here)
//	     ask, send (batch.Run beside the display), tell
//
// args.go takes the arguments apart before cli/v2 sees them, flags.go lists
// the flags, values.go reads them. ending.go says what each error means for
// the user, tell.go how a job ends: the text of summary.go and check.go, or
// the JSON of object.go. While rows are sent, display.go owns stderr and
// signals.go hands signals to the run. A panic, also in one of the goroutines
// of background.go, is one line on stderr and exit 70.
//
// The streams are arguments of Main; nothing here exits the process, but a
// signal that stopped it may end it (signals_unix.go).
package cli
