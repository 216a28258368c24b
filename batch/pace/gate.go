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

const (
	slack     = 10 * time.Millisecond     // lateness that is caught up
	slowRate  = 200                       // requests per second up to which --rate takes slowSlack
	slowSlack = 2 * time.Millisecond      // the same at slow rates: what a timer is late by
	frontLoad = 0.95                      // of the time left is planned with, so that a window is used up at its end
	patience  = time.Second               // without an answer, after which one more cautious request goes
	maxGuess  = time.Minute               // longest wait for a reset whose time is not known
	horizon   = 10 * 365 * 24 * time.Hour // times further off are absurd
)

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
	Outage                  // the server is out of order, and its next probe is not due
)

// Decision is the answer to Gate.Next.
type Decision struct {
	Go      bool      // send one request now
	At      time.Time // else: when to ask again; zero: after the next answer. Any answer may change it
	Reason  Reason    // why it has to wait
	Probe   bool      // an outage is on, and the request its probe
	TooLong bool      // the server announced a wait beyond MaxWait: the run must stop, At says when to come back
}

// wait is why and until when a request has to wait.
type wait struct {
	reason    Reason
	until     tick // 0: the next answer
	announced bool // by the server
}

// Gate decides when the next request may go. It is not safe for concurrent
// use.
type Gate struct {
	share    float64
	maxWait  time.Duration
	interval time.Duration // between requests, by --rate

	epoch    time.Time // zero of all ticks; the first time that is passed in
	wall     time.Time // the epoch without its monotonic reading
	sends    sends
	pending  int  // in flight, by Sent and Answered
	answered bool // the server has answered
	gentle   bool // its headers contradict themselves: one in flight

	outage      outage
	closing     closing
	concurrency concurrency
	quota       window
	clock       clock
	spread      pacer // of the quota over its window
	rate        pacer // of --rate
}

// NewGate returns a gate for a server of which nothing is known yet.
func NewGate(cfg Config) *Gate {
	if !(cfg.QuotaShare > 0 && cfg.QuotaShare <= 1) {
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
		outage:      newOutage(),
		closing:     closing{at: longAgo},
		concurrency: concurrency{max: cfg.Concurrency, limit: cfg.Concurrency},
		clock:       newClock(),
		spread:      pacer{mark: longAgo, slack: slack},
		rate:        pacer{mark: longAgo, slack: slowSlack},
	}
	if cfg.Rate > 0 {
		g.interval = time.Duration(math.Ceil(float64(time.Second) / cfg.Rate))
	}
	if cfg.Rate > slowRate {
		g.rate.slack = slack
	}
	return g
}

// tick is t as time since the epoch.
func (g *Gate) tick(t time.Time) tick {
	if g.epoch.IsZero() {
		g.epoch, g.wall = t, t.Round(0)
	}
	return t.Sub(g.epoch)
}

// serverTick is a time that the server names, on its own clock. The monotonic
// reading of ours must not take part.
func (g *Gate) serverTick(t time.Time) time.Duration { return t.Sub(g.wall) }

// Sent notes that a request is sent now, and whether it is a probe.
func (g *Gate) Sent(now time.Time, probe bool) {
	if probe {
		g.outage.probed(now)
	}
	t := g.tick(now)
	g.rate.sent(t, g.interval)
	if g.quota.known {
		turn, _ := g.turn()
		free := g.quota.free(t, g.share, int64(g.pending))
		g.spread.sent(t, g.spreadInterval(turn, max(1, free)))
	}
	g.sends.add(t, g.pending)
	g.pending++
	g.closing.sent()
}

// Learned is what an answer means beyond its own row.
type Learned struct {
	Outage Change
	Felt   bool // a refusal for load, or for a limit that is only felt: it says nothing of its row and uses up no attempt
}

// Answered takes in what an attempt for a task learned, r.Sent and r.Received
// included. It must be told of every request that was sent, in the order in
// which the answers came.
func (g *Gate) Answered(r *client.Reply, task string) Learned {
	received := g.tick(r.Received)
	sent := min(g.tick(r.Sent), received)
	ill := r.Health == client.Ill
	g.pending = max(0, g.pending-1)
	g.answered = g.answered || r.Verdict != client.Unanswered && r.Verdict != client.Unconnected
	g.concurrency.answered(ill)
	over := g.answeredQuota(r, sent, received)
	g.closing.answered(sent)
	switch {
	case closes(r):
		g.closing.shut(r, sent, received, over || g.quota.known && g.quota.spent)
	case !ill:
		g.closing.opens(sent, g.concurrency.max)
	}
	return Learned{Outage: g.outage.answered(r.Sent, r.Received, r.Health, task)}
}

// answeredQuota takes in the rate headers. It tells whether they speak of a
// window that is over.
func (g *Gate) answeredQuota(r *client.Reply, sent, received tick) (over bool) {
	turn, _ := g.turn()
	q := &r.Quota
	date, dated := g.serverTick(q.Date), !q.Date.IsZero()
	dated = dated && date.Abs() < horizon
	g.clock.widen(received)
	if dated {
		g.clock.dated(sent, received, date)
	}
	reset := g.serverTick(q.Reset)
	sound := q.Known && q.Limit > 0 && q.Remaining >= 0 && q.Remaining <= q.Limit && reset.Abs() < horizon
	// A reset that was past when the server named it is nothing to go by.
	past := sound && dated && reset < date-time.Second-(received-sent)
	g.gentle = past && q.Remaining == 0
	if !sound || past {
		if past || r.Health == client.Healthy && sent >= turn {
			g.quota.known = false
		}
		return false
	}
	younger, older := g.sends.around(sent)
	return g.quota.answered(answer{
		sent: sent, received: received,
		reset: reset, limit: q.Limit, remaining: q.Remaining,
		refused: r.Verdict == client.Throttled,
		older:   int64(older), younger: int64(younger), pending: int64(g.pending),
	}, &g.clock, turn)
}

// turn is when the quota window ends, and whether the server announced that in
// a way that can be told. Where nothing is known of its clock, the window is
// assumed to last as long again as it has lasted: so some requests are always
// left to notice the next one by.
func (g *Gate) turn() (at tick, announced bool) {
	w := &g.quota
	if at, ok := g.clock.late(w.reset, w.sent); ok {
		return at + w.guard(), true
	}
	if w.spent && w.reset-w.sent > g.maxWait {
		return w.reset, true
	}
	last := max(w.received, g.sends.last())
	return last + min(max(last-w.from, patience), maxGuess, g.maxWait), false
}

// spreadInterval is the distance that spreads free requests until turn.
func (g *Gate) spreadInterval(turn tick, free int64) time.Duration {
	left := float64(turn-g.spread.mark) * frontLoad / float64(free)
	return time.Duration(min(max(left, 0), float64(g.maxWait)))
}

// Announced is how much longer the wait lasts that the server announced and
// that is now in force; 0 without one.
func (g *Gate) Announced(now time.Time) time.Duration {
	t := g.tick(now)
	if t < g.closing.until && g.closing.announced {
		return g.closing.until - t
	}
	if g.quota.known && g.quota.free(t, g.share, int64(g.pending)) <= 0 {
		if turn, announced := g.turn(); announced {
			return max(0, turn-t)
		}
	}
	return 0
}

// Outage is the outage that is on, if any.
func (g *Gate) Outage() OutageState {
	return OutageState{Active: g.outage.active, Unreachable: g.outage.byIll, Since: g.outage.since}
}

// Next tells whether one more request may go now. inFlight counts the requests
// in flight; left the rows not settled yet, this one and those in flight
// included. Asking changes nothing.
func (g *Gate) Next(now time.Time, inFlight int, left int64) Decision {
	if why, until := g.outage.wait(now); why != None {
		return Decision{Reason: why, At: until}
	}
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
	d := Decision{Go: w.reason == None, Reason: w.reason, Probe: g.outage.active}
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

// tick is a moment on the local clock, as time since the gate's epoch.
type tick = time.Duration

// longAgo is before everything; nothing has happened then.
const longAgo tick = -horizon

// pacer keeps a distance between requests. A request that goes late, because
// timers are coarse, does not delay those behind it: up to slack is caught up.
type pacer struct {
	mark  tick          // when the last request was due; never later than it went
	slack time.Duration // lateness that is caught up
}

func (p *pacer) due(interval time.Duration) tick { return p.mark + interval }

func (p *pacer) sent(now tick, interval time.Duration) {
	p.mark = min(now, max(p.due(interval), now-p.slack))
}
