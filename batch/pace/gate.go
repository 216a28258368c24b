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
	Load                    // the server was seen to take no more, and no faster
	Throttled               // the server answered 429, or 503 with Retry-After
	Outage                  // the server is out of order, and its next probe is not due
)

// Decision is the answer to Gate.Next.
type Decision struct {
	Go        bool      // send one request now
	At        time.Time // else: when to ask again; zero: after the next answer. Any answer may change it
	Reason    Reason    // why it has to wait
	Probe     bool      // an outage is on, and the request its probe
	Announced bool      // the server said how long to wait
	TooLong   bool      // and that is beyond MaxWait: the run must stop, At says when to come back
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
	cfg      Config
	interval time.Duration // between requests, by --rate

	epoch    time.Time // zero of all ticks; the first time that is passed in
	wall     time.Time // the epoch without its monotonic reading
	sends    sends
	pending  int  // in flight, by Sent and Answered
	answered bool // the server has answered
	dry      int  // answers since the last good one

	outage      outage
	closing     closing
	failing     failing
	concurrency concurrency
	limits      []limit // of the server's quota; the first is that of which it spoke first
	rate        pacer   // of --rate
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
		cfg:         cfg,
		sends:       newSends(cfg.Concurrency),
		closing:     closing{at: longAgo},
		failing:     newFailing(),
		concurrency: newConcurrency(cfg.Concurrency),
		rate:        pacer{mark: longAgo, slack: slowSlack},
		dry:         lastAnswers,
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
	for i := range g.limits {
		g.limits[i].sent(t, g.pending, &g.sends)
	}
	g.concurrency.sent(t)
	g.sends.add(t, g.pending)
	g.pending++
	g.closing.sent()
}

// Learned is what an answer means beyond its own attempt.
type Learned struct {
	Outage Change
	Felt   bool // a refusal for load, or for a limit that is only felt: it uses up no attempt of its row
}

// Answered takes in what an attempt for a task learned, r.Sent and r.Received
// included. It must be told of every request that was sent, in the order in
// which the answers came.
func (g *Gate) Answered(r *client.Reply, task string) (learned Learned) {
	received := g.tick(r.Received)
	sent := min(g.tick(r.Sent), received)
	g.pending = max(0, g.pending-1)
	g.answered = g.answered || r.Verdict != client.Unanswered && r.Verdict != client.Unconnected
	younger, older := g.sends.around(sent)
	over := g.answeredQuota(r, answer{
		sent: sent, received: received, refused: r.Verdict == client.Throttled,
		older: int64(older), younger: int64(younger), pending: int64(g.pending),
	})
	g.closing.answered(sent)
	var unannounced time.Duration
	switch quota := over || g.spent(); {
	case closes(r):
		unannounced = g.closing.shut(r, sent, received, quota, g.concurrency.base > 0)
		learned.Felt = r.RetryAfter <= 0 && !quota
	case r.Health != client.Ill:
		g.closing.opens(sent, g.cfg.Concurrency)
	default:
		learned.Felt = r.Status == 503 && !g.outage.active && g.dry < lastAnswers
	}
	again := r.Verdict != client.Throttled && g.failing.answered(task, r.Health != client.Healthy)
	// A burst of 503 that a lower level has answered already is no outage.
	burst := r.Status == 503 && sent < g.concurrency.since
	g.answeredLoad(r, loadAnswer{
		sent: sent, received: received, older: older, again: again,
		refused: r.Health == client.Ill || learned.Felt, limiter: r.Status == 503 || r.Status == 429,
	})
	if unannounced > 0 {
		g.concurrency.shut(received, unannounced)
	}
	learned.Outage = g.outage.answered(r.Sent, r.Received, r.Health, again || burst)
	if learned.Outage == Ended {
		g.concurrency.outageEnded(received)
	}
	return learned
}

// answeredLoad takes in what an answer says of load. A task that fails every
// time says nothing of it, nor does what comes while the server is out of
// order, nor a refusal that says when to come back.
func (g *Gate) answeredLoad(r *client.Reply, a loadAnswer) {
	g.dry++
	if !a.refused && r.Verdict != client.Throttled && r.Health == client.Healthy {
		g.dry = 0
		g.concurrency.timed(a.received - a.sent)
	}
	if !g.outage.active && (a.refused || r.Verdict != client.Throttled) {
		g.concurrency.answered(a)
	}
}

// answeredQuota takes in the rate headers. It tells whether they speak of a
// window that is over.
func (g *Gate) answeredQuota(r *client.Reply, a answer) (over bool) {
	var said [maxLimits]*client.Quota // of each limit
	for n := -1; n < len(r.More); n++ {
		q := &r.Quota
		if n >= 0 {
			q = &r.More[n]
		}
		if i, ok := g.find(q); ok && said[i] == nil {
			said[i] = q
		}
	}
	for i := range g.limits {
		over = g.limits[i].answered(said[i], r, a, g) || over
	}
	return over
}

// find is the place of the limit that a quota speaks of; false: there is none.
func (g *Gate) find(q *client.Quota) (place int, ok bool) {
	if !q.Known || q.OwnTask {
		return 0, false
	}
	for i := range g.limits {
		if g.limits[i].name == q.Name {
			return i, true
		}
	}
	if len(g.limits) == maxLimits {
		return 0, false
	}
	g.limits = append(g.limits, newLimit(q.Name, &g.cfg))
	return len(g.limits) - 1, true
}

// spent tells whether the server refused one of the limits as used up.
func (g *Gate) spent() bool {
	for i := range g.limits {
		if w := &g.limits[i].window; w.known && w.spent {
			return true
		}
	}
	return false
}

// Quota is the limit of which the server spoke first, and how long its window
// is; 0: not known.
func (g *Gate) Quota() (limit int64, window time.Duration) {
	if len(g.limits) > 0 {
		limit, window = g.limits[0].window.limit, g.limits[0].length
	}
	return limit, window
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
	if due := g.rate.due(g.interval); w.reason == None && t < due {
		w = wait{reason: Rate, until: due}
	}
	d := Decision{Go: w.reason == None, Reason: w.reason, Probe: g.outage.active}
	if w.until != 0 {
		d.At, d.Announced = g.epoch.Add(w.until), w.announced
		d.TooLong = w.announced && w.until-t > g.cfg.MaxWait
	}
	return d
}

// busy keeps to the concurrency in use. Until the first answer is in, that is
// one request, and one more for every second without it.
func (g *Gate) busy(now tick, inFlight int) wait {
	if due := g.concurrency.due(); now < due {
		return wait{reason: Load, until: due}
	}
	switch {
	case inFlight == 0:
		return wait{}
	case inFlight >= g.concurrency.inFlight():
		return wait{reason: Busy}
	case g.gentle():
		return wait{reason: Cautious}
	case !g.answered:
		return patient(now, g.sends.last(), patience)
	}
	return wait{}
}

func (g *Gate) gentle() bool {
	for i := range g.limits {
		if g.limits[i].gentle {
			return true
		}
	}
	return false
}

// quotaWait keeps to the server's quota: of several limits to the tightest.
func (g *Gate) quotaWait(now tick, inFlight int, left int64) (tightest wait) {
	for i := range g.limits {
		w := g.limits[i].wait(now, inFlight, left, &g.sends)
		if w.until > tightest.until {
			tightest = w
		}
	}
	return tightest
}

// patient waits for the answer to the last request, but not for ever.
func patient(now, last tick, patience time.Duration) wait {
	if at := last + patience; now < at {
		return wait{reason: Cautious, until: at}
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
