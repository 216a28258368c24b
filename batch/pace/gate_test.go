package pace

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client"
)

// after is a moment of a test.
func after(d time.Duration) time.Time { return start.Add(d) }

// script drives a gate by hand.
type script struct {
	*testing.T
	g        *Gate
	inFlight int
}

func newScript(t *testing.T, cfg Config) *script { return &script{T: t, g: NewGate(cfg)} }

// send expects the gate to be open at d and sends one request.
func (s *script) send(d time.Duration) {
	s.Helper()
	if got := s.g.Next(after(d), s.inFlight, 1e6); !got.Go {
		s.Fatalf("at %v: waits (%v) until %v, want go", d, got.Reason, got.At)
	}
	s.g.Sent(after(d), false)
	s.inFlight++
}

// waits expects the gate to be shut at d, until the given time; 0 means the
// next answer.
func (s *script) waits(d, until time.Duration, why Reason) Decision {
	s.Helper()
	got := s.g.Next(after(d), s.inFlight, 1e6)
	want := time.Time{}
	if until > 0 {
		want = after(until)
	}
	if got.Go || got.Reason != why || !got.At.Equal(want) {
		s.Fatalf("at %v: %+v, want to wait (%v) until %v", d, got, why, want)
	}
	return got
}

// answer gives an answer to a request.
func (s *script) answer(sent, received time.Duration, r client.Reply) {
	r.Sent, r.Received = after(sent), after(received)
	s.inFlight--
	s.g.Answered(&r, "")
}

var (
	good      = client.Reply{Status: 200}
	throttled = client.Reply{Status: 429, Verdict: client.Throttled}
	lost      = client.Reply{Verdict: client.Unanswered, Health: client.Ill}
)

// quota is an answer with rate headers and a Date, of a server whose clock is
// an hour ahead.
func quota(r client.Reply, limit, remaining int64, date, reset time.Duration) client.Reply {
	server := start.Truncate(time.Second).Add(time.Hour)
	r.Quota = client.Quota{
		Known: true, Limit: limit, Remaining: remaining,
		Reset: server.Add(reset), Date: server.Add(date).Truncate(time.Second),
	}
	return r
}

func TestCautiousStart(t *testing.T) {
	s := newScript(t, Config{Concurrency: 4})
	s.send(0)
	s.waits(0, time.Second, Cautious)
	s.waits(999*time.Millisecond, time.Second, Cautious)
	s.send(time.Second)
	s.waits(1500*time.Millisecond, 2*time.Second, Cautious)
	s.answer(0, 1600*time.Millisecond, lost) // not an answer of the server
	s.waits(1700*time.Millisecond, 2*time.Second, Cautious)
	s.answer(time.Second, 1800*time.Millisecond, good)
	for range 4 {
		s.send(1800 * time.Millisecond)
	}
	s.waits(1800*time.Millisecond, 0, Busy)
}

func TestRetryAfterClosesForEverybody(t *testing.T) {
	for name, r := range map[string]client.Reply{
		"429": throttled,
		"503": {Status: 503, Verdict: client.Erring, Health: client.Ill},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, Config{Concurrency: 8})
			s.send(0)
			s.answer(0, 100*time.Millisecond, good)
			for range 4 {
				s.send(200 * time.Millisecond)
			}
			r.RetryAfter = 7 * time.Second
			s.answer(200*time.Millisecond, 300*time.Millisecond, r)
			s.waits(300*time.Millisecond, 7300*time.Millisecond, Throttled)
			if !s.g.Next(after(300*time.Millisecond), s.inFlight, 9).Announced {
				t.Error("the server announced that")
			}
			// What was sent before neither reopens it nor counts for its opening.
			s.answer(200*time.Millisecond, 400*time.Millisecond, good)
			s.answer(200*time.Millisecond, 7299*time.Millisecond, good)
			s.waits(7299*time.Millisecond, 7300*time.Millisecond, Throttled)

			at := 7300 * time.Millisecond
			for _, n := range []int{1, 2, 4} { // doubles with every round trip
				for range n {
					s.send(at)
				}
				s.waits(at, 0, Throttled)
				for range n {
					s.answer(at, at+50*time.Millisecond, good)
				}
				at += 50 * time.Millisecond
			}
			for range 7 { // one of the first four is in flight still
				s.send(at)
			}
			s.waits(at, 0, Busy)
			if s.g.Next(after(at), s.inFlight, 9).Announced {
				t.Error("announced after the end")
			}
		})
	}
}

func TestUnannounced429(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8})
	s.send(0)
	s.answer(0, 0, good)
	for range 5 {
		s.send(0)
	}
	at := 10 * time.Millisecond
	for i := range 5 { // a burst counts once
		s.answer(0, at+time.Duration(i)*time.Millisecond, throttled)
	}
	want := time.Second
	for range 9 {
		s.waits(at+4*time.Millisecond, at+want, Throttled)
		if s.g.Next(after(at), s.inFlight, 9).Announced {
			t.Fatal("nobody announced that")
		}
		at += want
		s.send(at)
		s.answer(at, at, throttled)
		want = min(2*want, time.Minute)
	}
	at += want
	s.send(at)
	s.answer(at, at, good)
	at += want / slowStart // it opens at a low rate
	s.send(at)
	s.answer(at, at, throttled)
	s.waits(at, at+time.Second, Throttled) // from the beginning
}

func TestPlain503DoesNotClose(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8})
	s.send(0)
	s.answer(0, 0, client.Reply{Status: 503, Verdict: client.Erring, Health: client.Ill})
	s.send(0)
}

func TestTooLong(t *testing.T) {
	cfg := Config{Concurrency: 8, MaxWait: time.Minute}
	for name, c := range map[string]struct {
		r    client.Reply
		want bool
		at   time.Duration
	}{
		"Retry-After within":  {client.Reply{Status: 429, Verdict: client.Throttled, RetryAfter: time.Minute}, false, time.Minute},
		"Retry-After beyond":  {client.Reply{Status: 429, Verdict: client.Throttled, RetryAfter: time.Minute + 1}, true, time.Minute + 1},
		"503 beyond":          {client.Reply{Status: 503, Health: client.Ill, RetryAfter: time.Hour}, true, time.Hour},
		"nothing left beyond": {quota(good, 100, 0, 0, 2*time.Hour), true, 2 * time.Hour},
		"nothing left within": {quota(good, 100, 0, 0, 30*time.Second), false, 30 * time.Second},
		"429 at the limit":    {quota(throttled, 100, 0, 0, 2*time.Hour), true, 2 * time.Hour},
		"some left, beyond":   {quota(good, 100, 50, 0, 2*time.Hour), false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, cfg)
			s.send(0)
			s.answer(0, 0, c.r)
			got := s.g.Next(after(0), 0, 1)
			if got.TooLong != c.want {
				t.Fatalf("too long = %v, want %v: %+v", got.TooLong, c.want, got)
			}
			if d := got.At.Sub(start); c.at > 0 && (d < c.at-time.Second || d > c.at+time.Second) {
				t.Errorf("come back after %v, want %v", d, c.at)
			}
		})
	}
}

// TestNoDateFarReset: a reset hours away by the local clock alone is believed
// once the server refuses.
func TestNoDateFarReset(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8})
	s.send(0)
	r := throttled
	r.Quota = client.Quota{Known: true, Limit: 10, Reset: after(5 * time.Hour)}
	s.answer(0, 0, r)
	if d := s.g.Next(after(0), 0, 5); !d.TooLong || d.At.Sub(start) < 4*time.Hour {
		t.Errorf("%+v, want too long", d)
	}
}

func TestSpreadOnlyWhenNeeded(t *testing.T) {
	s := newScript(t, Config{Concurrency: 100, QuotaShare: 1})
	s.send(0)
	s.answer(0, 0, quota(good, 100, 50, 0, 10*time.Second))
	if d := s.g.Next(after(time.Second), 0, 51); !d.Go {
		t.Fatalf("%+v", d)
	}
	s.g.Sent(after(time.Second), false)
	if d := s.g.Next(after(time.Second), 1, 50); !d.Go {
		t.Errorf("as many rows as the window allows: %+v, want go", d)
	}
	d := s.g.Next(after(time.Second), 1, 51)
	if wait := d.At.Sub(after(time.Second)); d.Go || d.Reason != Quota || wait < 100*time.Millisecond || wait > 250*time.Millisecond {
		t.Errorf("one row more than the window allows: %+v, want about 9 s / 49", d)
	}
}

func TestQuotaShare(t *testing.T) {
	for name, c := range map[string]struct {
		share     float64
		remaining int64
		want      int64
	}{
		"80% of a fresh window":          {0.8, 99, 79}, // the request answered was one of them
		"all of a fresh window":          {1, 99, 99},
		"others were there before":       {0.8, 30, 30},
		"no less than one":               {0.01, 99, 0},
		"the default":                    {0, 99, 79},
		"a share that makes no sense":    {7, 99, 79},
		"nothing left, whatever a share": {0.8, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, Config{Concurrency: 1000, QuotaShare: c.share})
			s.send(0)
			s.answer(0, 0, quota(good, 100, c.remaining, 0, 10*time.Second))
			for n := int64(0); ; n++ {
				if d := s.g.Next(after(0), s.inFlight, int64(s.inFlight)+1); !d.Go {
					if n != c.want {
						t.Errorf("%d more requests, want %d", n, c.want)
					}
					return
				}
				s.g.Sent(after(0), false)
				s.inFlight++
			}
		})
	}
}

// TestRemainingInForce: which of two answers counts.
func TestRemainingInForce(t *testing.T) {
	s := newScript(t, Config{Concurrency: 100, QuotaShare: 1})
	s.send(0)
	s.answer(0, 100*time.Millisecond, quota(good, 100, 60, 0, 10*time.Second))
	free := func() int64 { return s.g.limits[0].window.free(200*time.Millisecond, 1, int64(s.inFlight)) }
	if free() != 60 {
		t.Fatalf("free %d, want 60", free())
	}
	s.send(150 * time.Millisecond)
	s.answer(150*time.Millisecond, 200*time.Millisecond, quota(good, 100, 80, 0, 10*time.Second))
	if free() != 80 {
		t.Errorf("free %d after a later answer gave more, want 80", free())
	}
}

// TestPastReset: headers that contradict themselves are absent in effect, but
// one request goes at a time while they say that nothing is left.
func TestPastReset(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8})
	s.send(0)
	s.answer(0, 0, quota(good, 100, 0, 100*time.Second, 10*time.Second))
	s.send(0)
	s.waits(0, 0, Cautious)
	s.answer(0, 50*time.Millisecond, quota(good, 100, 40, 100*time.Second, 10*time.Second))
	for range 8 {
		s.send(50 * time.Millisecond)
	}
}

func TestQuotaEndsWithItsHeaders(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8})
	s.send(0)
	s.answer(0, 0, quota(good, 100, 0, 0, 2*time.Second))
	d := s.g.Next(after(0), 0, 9)
	at := d.At.Sub(start)
	s.send(at)
	s.waits(at, at+time.Second, Cautious)
	s.answer(at, at+time.Millisecond, good)
	for range 8 {
		s.send(at + time.Millisecond)
	}
}

// TestRate: never more than rate*T + 1 requests in any time T, but for the
// lateness that is caught up: 2 ms, at fast rates 10 ms.
func TestRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{0.1, 1, 7, 20, 199.5, 200, 201, 500, 3000, 1e5}).Draw(t, "rate")
		extra := rate * slowSlack.Seconds()
		if rate > slowRate {
			extra = rate * slack.Seconds()
		}
		g := NewGate(Config{Rate: rate, Concurrency: 1000})
		now := start
		var sent []time.Time
		for range 300 {
			if d := g.Next(now, 0, 1e6); d.Go {
				g.Sent(now, false)
				sent = append(sent, now)
				continue
			} else if d.Reason != Rate || !d.At.After(now) {
				t.Fatalf("%+v at %v", d, now)
			} else if rapid.Bool().Draw(t, "on time") {
				now = d.At
				continue
			}
			now = now.Add(time.Duration(rapid.Float64Range(0, 4).Draw(t, "late") / rate * 1e9))
		}
		for i := range sent {
			for j := i; j < len(sent); j++ {
				if n, most := float64(j-i+1), rate*sent[j].Sub(sent[i]).Seconds()+1+extra; n > most+1e-6 {
					t.Fatalf("%v requests in %v at %v/s", n, sent[j].Sub(sent[i]), rate)
				}
			}
		}
	})
}

// TestRateIsReached: with timers up to a millisecond late.
func TestRateIsReached(t *testing.T) {
	m := &model{limit: 1 << 40, window: time.Hour, latency: constant(10 * time.Millisecond)}
	r := simulate(NewGate(Config{Rate: 500, Concurrency: 64}), m, 10_000, 64, time.Millisecond, 1)
	if rate := 10_000 / r.took.Seconds(); rate < 0.99*500 || rate > 500.1 {
		t.Errorf("%.1f requests per second, want 500", rate)
	}
}

// TestUncountedRequests: where the server does not count a request, as the
// books thought, the quota is not used up.
func TestUncountedRequests(t *testing.T) {
	s := newScript(t, Config{Concurrency: 8, QuotaShare: 0.5})
	for i := range time.Duration(200) {
		at := i * ms
		if d := s.g.Next(after(at), 0, 1); !d.Go {
			t.Fatalf("request %d: %+v", i, d)
		}
		s.g.Sent(after(at), false)
		s.g.Answered(&client.Reply{Status: 404, Verdict: client.Refused, Sent: after(at), Received: after(at),
			Quota: quota(good, 100, 99, 0, 60*time.Second).Quota}, "")
	}
}

// TestSlidingWindow: a server that refills step by step, whose Reset slides, is
// neither overrun nor left idle.
func TestSlidingWindow(t *testing.T) {
	const limit, perSecond = 50, 25.0
	g := NewGate(Config{Concurrency: 8, QuotaShare: 1})
	tokens, filled := float64(limit), time.Duration(0)
	refused, good, now := 0, 0, time.Duration(0)
	for now < time.Minute {
		if d := g.Next(after(now), 0, 1e6); !d.Go {
			now = d.At.Sub(start)
			continue
		}
		g.Sent(after(now), false)
		sent := now
		now += 5 * ms
		tokens = min(limit, tokens+perSecond*(now-filled).Seconds())
		filled = now
		r := client.Reply{Status: 200, Sent: after(sent), Received: after(now)}
		if tokens < 1 {
			r.Status, r.Verdict = 429, client.Throttled
			refused++
		} else {
			tokens--
			good++
		}
		full := time.Duration((limit - tokens) / perSecond * 1e9)
		r.Quota = client.Quota{Known: true, Limit: limit, Remaining: int64(tokens), Date: after(now).Truncate(time.Second),
			Reset: after(now + full + time.Second - 1).Truncate(time.Second)}
		g.Answered(&r, "")
	}
	if refused > 10 || good < 60*perSecond/2 {
		t.Errorf("%d good answers in a minute and %d refused, want about %v and next to none", good, refused, 60*perSecond)
	}
}
