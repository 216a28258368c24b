package pace

import "time"

// Reason is why a request has to wait.
type Reason uint8

// The reasons.
const (
	None      Reason = iota // it may go
	Busy                    // as many in flight as allowed now
	Cautious                // an answer must first show what the server or its new window allows
	Rate                    // --rate
	Quota                   // the server's quota
	Throttled               // the server answered 429, or 503 with Retry-After
)

var reasonNames = [...]string{"none", "busy", "first answer", "rate", "quota", "throttled"}

// String is the reason in a word or two, for the progress line.
func (r Reason) String() string { return reasonNames[r] }

// Decision is the answer to Gate.Next.
type Decision struct {
	Go      bool      // send one request now
	At      time.Time // else: when to ask again; zero: after the next answer. Any answer may change it
	Reason  Reason    // why it has to wait
	TooLong bool      // the server announced a wait beyond MaxWait: the run must stop, At says when to come back
}

// wait is why and until when a request has to wait.
type wait struct {
	reason    Reason
	until     tick // 0: the next answer
	announced bool // by the server
}

// Next tells whether one more request may go now. inFlight counts the requests
// in flight; left the rows not settled yet, this one and those in flight
// included. Asking changes nothing.
func (g *Gate) Next(now time.Time, inFlight int, left int64) Decision {
	t := g.tick(now)
	w := g.closing.wait(t, inFlight)
	if w.reason == None {
		w = g.busy(t, inFlight)
	}
	if w.reason == None {
		w = g.quotaWait(t, inFlight, left)
	}
	if w.reason == None {
		w = g.rateWait(t)
	}
	d := Decision{Go: w.reason == None, Reason: w.reason}
	if w.until != 0 {
		d.At = g.epoch.Add(w.until)
		d.TooLong = w.announced && w.until-t > g.maxWait
	}
	return d
}

// busy keeps to the concurrency in use. Until the first answer is in, that is
// one request, and one more for every second without it.
func (g *Gate) busy(now tick, inFlight int) wait {
	switch {
	case inFlight == 0:
		return wait{}
	case inFlight >= g.concurrency.limit:
		return wait{reason: Busy}
	case g.gentle:
		return wait{reason: Cautious}
	case !g.answered:
		return g.patient(now, patience)
	}
	return wait{}
}

// quotaWait keeps to the server's quota.
func (g *Gate) quotaWait(now tick, inFlight int, left int64) wait {
	if !g.quota.known {
		return wait{}
	}
	turn, sure := g.turn()
	if now >= turn {
		// A new window, which no answer has shown yet. One request tries it.
		if g.sends.last() >= turn {
			return g.patient(now, g.quota.patience())
		}
		return wait{}
	}
	free := g.quota.free(now, g.share, int64(inFlight))
	if free <= 0 {
		return wait{reason: Quota, until: turn, announced: sure}
	}
	if left-int64(inFlight) <= free {
		return wait{}
	}
	if due := g.spread.due(g.spreadInterval(turn, free)); now < due {
		return wait{reason: Quota, until: due}
	}
	return wait{}
}

// patient waits for the answer to the last request, but not for ever.
func (g *Gate) patient(now tick, patience time.Duration) wait {
	if at := g.sends.last() + patience; now < at {
		return wait{reason: Cautious, until: at}
	}
	return wait{}
}

// rateWait keeps to --rate.
func (g *Gate) rateWait(now tick) wait {
	if due := g.rate.due(g.interval); now < due {
		return wait{reason: Rate, until: due}
	}
	return wait{}
}
