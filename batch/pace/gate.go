package pace

import (
	"math"
	"time"

	"taskbatch/client"
)

// Config is what a Gate goes by. A zero field means its default.
type Config struct {
	Rate        float64       // requests per second at most; 0: no limit of our own
	QuotaShare  float64       // share of the server's quota that this run may use, up to 1; default 0.8
	MaxWait     time.Duration // longest announced wait that is accepted; default 65 min
	Concurrency int           // requests in flight at most; default 8
}

// Gate decides when the next request may go. It is not safe for concurrent
// use: one dispatcher asks it and tells it everything.
type Gate struct {
	share   float64
	maxWait time.Duration

	epoch time.Time // zero of all ticks; set by the first call
	sends sends

	rate     pacer
	interval time.Duration // between requests, by --rate

	started bool // an answer is in
	pending int  // in flight, by Sent and Answered

	quota  window
	clock  clock
	spread pacer
	gentle bool // headers that contradict themselves: one in flight

	closing     closing
	concurrency concurrency
}

// Reason is why a request has to wait.
type Reason uint8

const (
	None      Reason = iota // it may go
	Busy                    // as many in flight as allowed
	Cautious                // nothing is known of the server, or of its new window
	Rate                    // --rate
	Quota                   // the server's quota
	Throttled               // the server answered 429, or 503 with Retry-After
)

var reasonNames = [...]string{"", "busy", "first answer", "rate", "quota", "throttled"}

// String is the reason in a word, for the progress line.
func (r Reason) String() string { return reasonNames[r] }

// Decision is the answer to Gate.Next.
type Decision struct {
	Go      bool      // send one request now
	At      time.Time // else: when to ask again; zero: after the next answer. An answer may always change it
	Reason  Reason    // why it waits
	TooLong bool      // the server announced a wait beyond MaxWait: the run must stop, At says when to come back
}

const (
	slack     = 10 * time.Millisecond // lateness of timers that is caught up
	slowRate  = 200                   // requests per second up to which --rate takes no slack
	frontLoad = 0.95                  // of the time left is used, so that the window is used up at its end
	patience  = time.Second           // without an answer, after which one more cautious request goes
	horizon   = 10 * 365 * 24 * time.Hour
)

// NewGate returns a gate of which no request has gone yet.
func NewGate(cfg Config) *Gate {
	if cfg.QuotaShare <= 0 || cfg.QuotaShare > 1 {
		cfg.QuotaShare = 0.8
	}
	if cfg.MaxWait <= 0 {
		cfg.MaxWait = 65 * time.Minute
	}
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = 8
	}
	g := &Gate{
		share:       cfg.QuotaShare,
		maxWait:     cfg.MaxWait,
		sends:       newSends(cfg.Concurrency),
		rate:        pacer{mark: -horizon},
		clock:       newClock(),
		spread:      pacer{mark: -horizon, slack: slack},
		concurrency: newConcurrency(cfg.Concurrency),
	}
	if cfg.Rate > 0 {
		g.interval = time.Duration(math.Ceil(float64(time.Second) / cfg.Rate))
	}
	if cfg.Rate > slowRate {
		g.rate.slack = slack
	}
	return g
}

// tick is now as time since the epoch.
func (g *Gate) tick(now time.Time) tick {
	if g.epoch.IsZero() {
		g.epoch = now
	}
	return now.Sub(g.epoch)
}

// Next tells whether one more request may go now. inFlight counts the requests
// in flight; left the rows not settled yet, this one and those in flight
// included. Asking changes nothing.
func (g *Gate) Next(now time.Time, inFlight int, left int64) Decision {
	t := g.tick(now)
	w := g.throttled(t)
	if w.reason == None {
		w = g.busy(t, inFlight)
	}
	if w.reason == None {
		w = g.quotaWait(t, inFlight, left)
	}
	if w.reason == None {
		w = g.rateWait(t)
	}
	return g.decide(t, w)
}

// wait is why and until when a request has to wait.
type wait struct {
	reason    Reason
	until     tick // 0: the next answer
	announced bool
}

func (g *Gate) decide(now tick, w wait) Decision {
	d := Decision{Go: w.reason == None, Reason: w.reason}
	if w.until != 0 {
		d.At = g.epoch.Add(w.until)
		d.TooLong = w.announced && w.until-now > g.maxWait
	}
	return d
}

func (g *Gate) throttled(now tick) wait {
	switch {
	case now < g.closing.until:
		return wait{Throttled, g.closing.until, g.closing.announced}
	case g.closing.allowed > 0 && g.closing.trial >= g.closing.allowed:
		return wait{reason: Throttled}
	}
	return wait{}
}

func (g *Gate) busy(now tick, inFlight int) wait {
	switch {
	case inFlight == 0:
		return wait{}
	case inFlight >= g.concurrency.limit:
		return wait{reason: Busy}
	case g.gentle:
		return wait{reason: Cautious}
	case !g.started:
		return g.patient(now)
	}
	return wait{}
}

// patient waits for the answer to the last request, but not for ever.
func (g *Gate) patient(now tick) wait {
	if at := g.sends.last() + patience; now < at {
		return wait{reason: Cautious, until: at}
	}
	return wait{}
}

func (g *Gate) rateWait(now tick) wait {
	if due := g.rate.mark + g.interval; g.interval > 0 && now < due {
		return wait{reason: Rate, until: due}
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
		return g.unconfirmed(now, turn)
	}
	free := g.quota.free(now, g.share, int64(inFlight))
	if free <= 0 {
		return wait{Quota, turn, sure}
	}
	if left-int64(inFlight) <= free {
		return wait{}
	}
	if due := g.spread.mark + g.spreadInterval(turn, free); now < due {
		return wait{reason: Quota, until: due}
	}
	return wait{}
}

// unconfirmed lets one request into a window that no answer has shown yet, and
// one more for every second without it.
func (g *Gate) unconfirmed(now, turn tick) wait {
	if g.sends.last() >= turn {
		return g.patient(now)
	}
	return wait{}
}

// turn is when the quota window ends, and whether the server announced it in a
// way that we can tell. Where nothing is known of its clock, the window is
// assumed to last as long as it has lasted, so that some requests are always
// left to notice the next one by.
func (g *Gate) turn() (tick, bool) {
	if at, ok := g.clock.late(g.quota.reset, g.quota.sent); ok {
		return at, true
	}
	last := max(g.quota.received, g.sends.last())
	return last + max(last-g.quota.from, patience), false
}

func (g *Gate) spreadInterval(turn tick, free int64) time.Duration {
	left := float64(turn-g.spread.mark) * frontLoad / float64(free)
	return min(time.Duration(max(left, 0)), g.maxWait)
}

// Sent notes that a request is sent now.
func (g *Gate) Sent(now time.Time) {
	t := g.tick(now)
	g.rate.sent(t, g.interval)
	if g.quota.known {
		turn, _ := g.turn()
		g.spread.sent(t, g.spreadInterval(turn, max(1, g.quota.free(t, g.share, int64(g.pending)))))
	}
	g.sends.add(t, g.pending)
	g.pending++
	g.closing.sent()
}

// Answered takes in what an attempt learned. Its times say what it can know.
func (g *Gate) Answered(r client.Reply) {
	received := g.tick(r.Received)
	sent := min(g.tick(r.Sent), received)
	g.pending = max(0, g.pending-1)
	g.concurrency.answered(r.Health == client.Ill)
	if r.Verdict != client.Unanswered && r.Verdict != client.Unconnected {
		g.started = true
	}
	g.clock.widen(received)
	g.answeredQuota(r, sent, received)

	if closes(r) {
		g.shut(r, sent, received)
		return
	}
	g.closing.answered(sent, r.Health != client.Ill, g.concurrency.max)
}

func (g *Gate) answeredQuota(r client.Reply, sent, received tick) {
	q := r.Quota
	reset, date := q.Reset.Sub(g.epoch.Round(0)), q.Date.Sub(g.epoch.Round(0))
	dated := !q.Date.IsZero() && date.Abs() < horizon
	if dated {
		g.clock.dated(sent, received, date)
	}
	ok := valid(q) && reset.Abs() < horizon
	if ok && dated && reset < date-time.Second-(received-sent) {
		// The reset was past when the server named it. Nothing to go by.
		ok = false
		g.gentle = q.Remaining == 0
		g.quota.known = false
	} else {
		g.gentle = false
	}
	if !ok {
		if turn, _ := g.turn(); g.quota.known && r.Health == client.Healthy && sent >= turn {
			g.quota.known = false // the server names no quota any more
		}
		return
	}
	i := g.sends.first(sent)
	older := int64(0)
	if i > 0 {
		older = int64(g.sends.get(i - 1).inFlight)
	}
	turn, _ := g.turn()
	g.quota.answered(answer{
		sent: sent, received: received, reset: reset, limit: q.Limit, remaining: q.Remaining,
		refused: r.Verdict == client.Throttled,
		older:   older, younger: int64(g.sends.n - i), pending: int64(g.pending),
	}, &g.clock, turn)
}

// shut closes the gate for as long as the server wants, or as its quota says.
func (g *Gate) shut(r client.Reply, sent, received tick) {
	if r.RetryAfter > 0 {
		g.closing.shut(sent, received, r.RetryAfter, true)
		return
	}
	turn, sure := g.turn()
	if !g.quota.known || !g.quota.spent || !sure {
		g.closing.shut(sent, received, 0, false)
		return
	}
	// A first refusal at the turn of a window came a little early at most.
	g.closing.shut(sent, received, max(0, turn-received), g.closing.failures == 0)
	g.closing.failures++
}

// Announced is how long the wait lasts that the server announced and that is
// now in force; 0 without one.
func (g *Gate) Announced(now time.Time) time.Duration {
	t := g.tick(now)
	if t < g.closing.until && g.closing.announced {
		return g.closing.until - t
	}
	if g.quota.known && g.quota.free(t, g.share, int64(g.pending)) <= 0 {
		if turn, sure := g.turn(); sure {
			return max(0, turn-t)
		}
	}
	return 0
}

// Limit is the concurrency in use now, 1 to Config.Concurrency.
func (g *Gate) Limit() int { return g.concurrency.limit }
