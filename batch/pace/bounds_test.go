package pace

import (
	"testing"
	"time"

	"taskbatch/client"
)

// A limit that is only felt leaves the gate open, once ten good answers tell of
// a rate, up to twelve refusals in a row.
func TestFeltRefusalsLeaveTheGateOpen(t *testing.T) {
	for goods, want := range map[int]int{0: 0, 9: 0, 10: 12, 11: 12} {
		c, open, at := closing{at: longAgo}, 0, tick(0)
		for range goods {
			c.opens(at, 8)
		}
		for c.shut(&throttled, at, at, false, false) == 0 && open < 100 {
			open, at = open+1, at+ms
		}
		if open != want {
			t.Errorf("after %d good answers %d refusals left the gate open, want %d", goods, open, want)
		}
	}
}

// Whether a new window begins with what the last one had used shows from four
// requests on.
func TestRefillingShowsAtTheTurn(t *testing.T) {
	for requests, want := range map[int64]bool{3: false, 4: true} {
		w, c := window{}, newClock()
		for n := range requests {
			at := tick(n) * 10 * ms
			if w.answered(answer{sent: at, received: at + ms, reset: time.Second, limit: 10, remaining: 9 - n}, &c, time.Second) {
				t.Error("the window is not over")
			}
		}
		w.answered(answer{sent: 1010 * ms, received: 1011 * ms, reset: 2 * time.Second, limit: 10, remaining: 9 - requests}, &c, time.Second)
		if w.refills != want {
			t.Errorf("after %d requests: refills %t", requests, w.refills)
		}
	}
}

// Of a window that refills only an answer that was overtaken and names an
// earlier reset is over.
func TestOvertakenAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		sent  tick
		reset time.Duration
		over  bool
	}{
		"overtaken":                   {95 * ms, 2 * time.Second, false},
		"overtaken, and reset before": {95 * ms, time.Second, true},
		"reset before":                {200 * ms, time.Second, false},
	} {
		w, clock := window{known: true, refills: true, reset: 2 * time.Second, limit: 10, sent: 90 * ms, received: 100 * ms}, newClock()
		if over := w.answered(answer{sent: c.sent, received: 210 * ms, reset: c.reset, limit: 10, remaining: 5}, &clock, 2*time.Second); over != c.over {
			t.Errorf("%s: over %t", name, over)
		}
	}
}

// A refusal is left to the quota window once; a second one, with no good answer
// in between, shuts the gate.
func TestRefusedAtTheTurn(t *testing.T) {
	c := closing{at: longAgo}
	for i, want := range []tick{0, time.Second, 2 * time.Second} {
		if got := c.shut(&throttled, tick(i), tick(i), true, false); got != want {
			t.Errorf("refusal %d shuts for %v, want %v", i, got, want)
		}
	}
	c.opens(time.Second, 8)
	if got := c.shut(&throttled, time.Second, time.Second, true, false); got != 0 {
		t.Errorf("after a good answer it shuts for %v", got)
	}
}

// What people are told of the quota.
func TestQuotaForPeople(t *testing.T) {
	at := func(d time.Duration) client.Quota { return client.Quota{Reset: after(d)} }
	left := func(d time.Duration) client.Quota { return client.Quota{Relative: true, Left: d} }
	for name, c := range map[string]struct {
		quotas []client.Quota
		want   time.Duration
	}{
		"one reset":         {[]client.Quota{at(10 * time.Second)}, 0},
		"the next":          {[]client.Quota{at(10 * time.Second), at(10 * time.Second), at(30 * time.Second)}, 20 * time.Second},
		"one before":        {[]client.Quota{at(10 * time.Second), at(30 * time.Second), at(10 * time.Second)}, 20 * time.Second},
		"seconds left":      {[]client.Quota{left(7 * time.Second), left(5 * time.Second)}, 7 * time.Second},
		"seconds, later on": {[]client.Quota{left(time.Second), left(60 * time.Second)}, 60 * time.Second},
	} {
		g := NewGate(Config{})
		for i, q := range c.quotas {
			q.Known, q.Limit, q.Remaining = true, 50, 40
			now := after(tick(i) * 100 * ms)
			g.Sent(now, false)
			g.Answered(&client.Reply{Status: 200, Sent: now, Received: now, Quota: q}, "t")
		}
		if limit, window := g.Quota(); limit != 50 || window != c.want {
			t.Errorf("%s: %d in %v, want 50 in %v", name, limit, window, c.want)
		}
	}
}

// Headers that cannot be tell of no window.
func TestImpossibleQuota(t *testing.T) {
	for q, want := range map[client.Quota]bool{
		{Known: true, Limit: 1, Remaining: 1}:                    true,
		{Known: true, Limit: 1, Remaining: 0}:                    true,
		{Known: false, Limit: 1, Remaining: 0}:                   false,
		{Known: true, Limit: 0, Remaining: 0}:                    false,
		{Known: true, Limit: 1, Remaining: 2}:                    false,
		{Known: true, Limit: 1, Reset: after(2 * horizon)}:       false,
		{Known: true, Limit: 1, Remaining: -1}:                   false,
		{Known: true, Limit: 1, Relative: true, Left: 0}:         true,
		{Known: true, Limit: 1, Relative: true, Left: -ms}:       false,
		{Known: true, Limit: 1, Relative: true, Left: 1<<63 - 1}: false,
	} {
		s := newScript(t, Config{})
		s.send(0)
		if !q.Relative && q.Reset.IsZero() {
			q.Reset = after(10 * time.Second)
		}
		s.answer(0, ms, client.Reply{Status: 200, Quota: q})
		if got := len(s.g.limits) > 0 && s.g.limits[0].window.known; got != want {
			t.Errorf("%+v: known %t", q, got)
		}
	}
}

// When a window ends, as far as can be told.
func TestTurnOfALimit(t *testing.T) {
	nothing := -time.Hour // a reset of which nothing is known
	for name, c := range map[string]struct {
		l        limit
		lastSent tick
		want     tick
		sure     bool
	}{
		"seconds left, and a guard": {l: limit{relative: true, countdown: countdown{hi: 20 * time.Second},
			window: window{hasPrev: true, prev: 0, reset: 10 * time.Second}}, want: 20*time.Second + 20*ms, sure: true},
		"as long again as it has lasted": {l: limit{window: window{reset: nothing, from: 2 * time.Second, received: 5 * time.Second}}, want: 8 * time.Second},
		"by the last request":            {l: limit{window: window{reset: nothing, from: 2 * time.Second, received: 5 * time.Second}}, lastSent: 6 * time.Second, want: 10 * time.Second},
		"a second at least":              {l: limit{window: window{reset: nothing, from: 4900 * ms, received: 5 * time.Second}}, want: 6 * time.Second},
		"a minute at most":               {l: limit{window: window{reset: nothing, received: 300 * time.Second}}, want: 360 * time.Second},
		"not beyond MaxWait":             {l: limit{maxWait: 30 * time.Second, window: window{reset: nothing, received: 300 * time.Second}}, want: 330 * time.Second},
	} {
		c.l.clock = newClock()
		if c.l.maxWait == 0 {
			c.l.maxWait = time.Hour
		}
		if at, sure := c.l.turn(c.lastSent); at != c.want || sure != c.sure {
			t.Errorf("%s: %v %t, want %v %t", name, at, sure, c.want, c.sure)
		}
	}
}

// A window that refills gives a request back before it ends, unless the server
// says that nothing is left.
func TestUsedUp(t *testing.T) {
	const back = 1020 * ms // of the request at 0
	for name, c := range map[string]struct {
		refills, spent bool
		requests       int
		turn           tick
		want           wait
	}{
		"refills":               {true, false, 1, 2 * time.Second, wait{reason: Quota, until: back}},
		"ends at the same time": {true, false, 1, back, wait{reason: Quota, until: back, announced: true}},
		"spent":                 {true, true, 1, 2 * time.Second, wait{reason: Quota, until: 2 * time.Second, announced: true}},
		"no request":            {true, false, 0, 2 * time.Second, wait{reason: Quota, until: 2 * time.Second, announced: true}},
		"fixed":                 {false, false, 1, 2 * time.Second, wait{reason: Quota, until: 2 * time.Second, announced: true}},
	} {
		s := newSends(8)
		for range c.requests {
			s.add(0, 0)
		}
		l := limit{window: window{refills: c.refills, spent: c.spent, span: time.Second}}
		if got := l.used(500*ms, c.turn, true, &s); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBoundsOfTheClock(t *testing.T) {
	c := newClock()
	c.dated(100*ms, 300*ms, 10*time.Second)
	if want := (bounds{9700 * ms, 10_900 * ms}); c.date != want {
		t.Errorf("by Date %v, want %v", c.date, want)
	}
	c.before(20*time.Second, 9*time.Second)
	c.widen(20 * time.Second)
	if want := (bounds{9699 * ms, 10_901 * ms}); c.date != want || c.turn.hi != 11_001*ms {
		t.Errorf("after 20 s by Date %v, want %v; by turns %v", c.date, want, c.turn.hi)
	}
}

// A countdown moves only beyond the jitter of a server's timers.
func TestCountdownMoves(t *testing.T) {
	c := countdown{known: true, lo: 10 * time.Second, hi: 11 * time.Second}
	for _, tt := range []struct {
		lo, hi tick
		want   int
	}{
		{c.hi + jitter, c.hi + time.Second, 0},
		{c.hi + jitter + 1, c.hi + time.Second, 1},
		{c.lo - time.Second, c.lo - jitter, 0},
		{c.lo - time.Second, c.lo - jitter - 1, -1},
	} {
		if got := c.moved(tt.lo, tt.hi); got != tt.want {
			t.Errorf("%v to %v: %d, want %d", tt.lo, tt.hi, got, tt.want)
		}
	}
	if (&countdown{}).moved(0, 0) != 1 {
		t.Error("the first window is no new one")
	}
}

func TestPlausibleTurn(t *testing.T) {
	const reset = 10 * time.Second
	c := clock{date: bounds{0, time.Second}, dates: true}
	for turn, want := range map[tick]bool{
		reset + phase: true, reset + phase + 1: false,
		reset - time.Second - phase: true, reset - time.Second - phase - 1: false,
	} {
		if got := c.plausible(reset, turn); got != want {
			t.Errorf("%v: plausible %t", turn, got)
		}
	}
	if !new(clock).plausible(reset, 0) {
		t.Error("implausible although nothing is known")
	}
}

// What a window that refills gives back comes a little later than expected.
func TestGivenBack(t *testing.T) {
	s := newSends(8)
	s.add(-500*ms, 0)
	l := limit{share: 1, window: window{refills: true, limit: 10, span: time.Second}}
	for now, want := range map[tick]int64{519 * ms: 0, 520 * ms: 1} {
		if got := l.free(now, 0, &s); got != want {
			t.Errorf("at %v %d are free, want %d", now, got, want)
		}
	}
}

// What the first answer shows others to have used, they used before.
func TestUsedBefore(t *testing.T) {
	for used, want := range map[int64]int64{0: 0, 1: 0, 6: 5} {
		w, c := window{}, newClock()
		w.answered(answer{received: ms, reset: time.Second, limit: 10, remaining: 10 - used}, &c, time.Second)
		if w.before != want {
			t.Errorf("%d used: %d of them by others before", used, w.before)
		}
	}
}

// A 503 between good answers is felt as a limit; once a hundred answers were
// none of them good, and before the first good one, it is not.
func TestFeltOnlyBetweenGoodAnswers(t *testing.T) {
	g := NewGate(Config{})
	answer := func(r client.Reply) bool {
		r.Sent, r.Received = start, start
		g.Sent(start, false)
		return g.Answered(&r, "task").Felt
	}
	full := client.Reply{Status: 503, Verdict: client.Erring, Health: client.Ill}
	if answer(full) {
		t.Error("felt before anything got through")
	}
	answer(good)
	for i := range lastAnswers + 1 {
		if got, want := answer(full), i < lastAnswers; got != want {
			t.Fatalf("the 503 number %d after a good answer: felt %t", i+1, got)
		}
	}
}

// A refusal speaks of its own task only where a window of that is used up, and
// no other one.
func TestOwnWindow(t *testing.T) {
	left := client.Quota{Known: true, Limit: 9, Remaining: 2}
	used := client.Quota{Known: true, Limit: 9}
	own := func(q client.Quota) client.Quota { q.OwnTask = true; return q }
	for name, c := range map[string]struct {
		first, more client.Quota
		want        bool
	}{
		"its own is used up":          {left, own(used), true},
		"its own has something left":  {left, own(left), false},
		"both are used up":            {own(used), used, false},
		"both are used up, otherwise": {used, own(used), false},
		"its own, and nothing else":   {own(used), own(left), true},
	} {
		if got := ownWindow(&client.Reply{Verdict: client.Throttled, Quota: c.first, More: []client.Quota{c.more}}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
