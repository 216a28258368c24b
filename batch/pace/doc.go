// Package pace decides when the next request may go. It is pure policy: it
// neither sleeps nor reads a clock nor starts a goroutine. One dispatcher owns
// the values, passes in the time, and does the waiting:
//
//	d := gate.Next(now, inFlight, left)
//	switch {
//	case d.TooLong: // stop the run; d.At says when to come back
//	case d.Go:      // gate.Sent(now, d.Probe), and let a worker make the attempt
//	default:        // ask again at d.At, and after every answer
//	}
//	...
//	gate.Answered(reply, taskID) // exactly once for every Sent
//
// A Gate asks, in this order: is the server out of order, so that only a probe
// may go now and then (outage), is the gate shut by a 429 or 503 (closing), how
// much does the server take (concurrency), what does its quota allow, and what
// --rate. The quota may have several limits. Each has the books of its window
// (window), whose end is told by a time (clock) or by the seconds left
// (countdown), and spreads what is left over the window (limit).
//
// Whatever a server sends, no wait for it exceeds Config.MaxWait, or a minute if
// that is longer, unless TooLong says so.
package pace
