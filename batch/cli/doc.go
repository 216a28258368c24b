// Package cli is the command line of taskbatch. [Main] is all that the program
// calls:
//
//	args ──normalize──▶ invocation ──cli/v2──▶ flags read into settings
//	                                             │
//	     update and check are one job:           ▼
//	     open input, name outputs, lock, batch.Prepare   (check ends here)
//	     ask, send (batch.Run beside the display), tell
//
// commands.go says which commands there are, settings.go which flags update and
// check have, values.go how their values are read; what a flag is, and all help,
// is package manual's. args.go brings the arguments into the form that cli/v2
// cannot misread; guesses.go answers the names that people try first. job.go is
// the way of an update, names.go the files around it, target.go where it goes,
// next.go the command to type after it. ending.go says what each error means
// for the user, tell.go how a job ends: the text of summary.go and check.go, or
// the object of json.go. While rows are sent, display.go owns stderr (its words:
// progress.go) and signals.go hands signals to the run. A panic, also in one of
// the goroutines of background.go, is one line on stderr and exit 70.
//
// The streams are arguments of Main; nothing here exits the process, but a
// signal that stopped it may end it (platform_unix.go).
package cli
