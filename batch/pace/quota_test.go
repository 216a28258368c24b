package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client"
)

const ms = time.Millisecond

// TestQuotaIsUsed: a quota that the run is not told of is used to at least 98%
// in whole windows, with next to no 429s, whatever the clocks and however the
// server lays its windows. The first whole window may be spent on learning.
func TestQuotaIsUsed(t *testing.T) {
	quotas := []model{
		{limit: 200, window: 10 * time.Second},
		{limit: 500, window: time.Second},
	}
	clocks := map[string]model{
		"Date":                {date: true},
		"Date, an hour ahead": {date: true, skew: time.Hour},
		"Date, behind":        {date: true, skew: -time.Hour - 123*ms},
		"no Date":             {},
		"no Date, ahead":      {skew: time.Hour + 456*ms},
		"no Date, behind":     {skew: -time.Hour},
	}
	windows := map[string]model{
		"aligned":           {},
		"out of phase":      {phase: 370 * ms},
		"Reset rounds down": {phase: 370 * ms, floor: true},
		"begins on request": {lazy: true},
		"Retry-After":       {retryAfter: true},
	}
	ways := map[string]func(*rand.Rand) (time.Duration, time.Duration){
		"latency 100ms":    constant(100 * ms),
		"latency 0..20ms":  middle(20 * ms),
		"latency 0..200ms": arrival(200 * ms),
	}
	slow := map[string]bool{"latency 100ms": true, "latency 0..200ms": true}
	for _, q := range quotas {
		for clockName, c := range clocks {
			for windowName, w := range windows {
				for wayName, way := range ways {
					for _, workers := range []int{8, 64} {
						m := model{limit: q.limit, window: q.window, date: c.date, skew: c.skew,
							phase: w.phase, floor: w.floor, lazy: w.lazy, retryAfter: w.retryAfter, latency: way}
						name := fmt.Sprintf("%d per %v/%s/%s/%s/%d workers", q.limit, q.window, clockName, windowName, wayName, workers)
						if q.window == time.Second && workers == 8 && slow[wayName] {
							continue // the workers cannot reach the quota
						}
						t.Run(name, func(t *testing.T) { usesQuota(t, &m, workers) })
					}
				}
			}
		}
	}
}

func usesQuota(t *testing.T, m *model, workers int) {
	rows := 12 * m.limit
	r := simulate(NewGate(Config{QuotaShare: 1, Concurrency: workers}), m, rows, workers, ms, 1)
	used, worst := m.used(2)
	least := 0.98
	if m.lazy { // its resets wander over the whole seconds that the server names
		least = 0.97
	}
	if r.stuck || r.tooLong || used < least {
		t.Errorf("%.1f%% used: %+v", 100*used, r)
	}
	if m.window >= 10*time.Second && worst > 1 {
		t.Errorf("%d answers 429 in one window", worst)
	}
	if r.throttled > 5 {
		t.Errorf("%d answers 429", r.throttled)
	}
	if ideal := time.Duration(rows/m.limit) * m.window; r.took > ideal+m.window+m.window/5 {
		t.Errorf("took %v, ideal %v: a tail", r.took, ideal)
	}
}

// TestOthersEat: other clients use a third of the quota, or bursts of it.
func TestOthersEat(t *testing.T) {
	for _, q := range []model{{limit: 200, window: 10 * time.Second}, {limit: 500, window: time.Second}} {
		for _, workers := range []int{8, 64} {
			for name, way := range map[string]func(*rand.Rand) (time.Duration, time.Duration){
				"20ms": constant(20 * ms), "0..20ms": middle(20 * ms), "0..200ms": arrival(200 * ms),
			} {
				if name == "0..200ms" && workers == 8 && q.window == time.Second {
					continue
				}
				for seed := range uint64(4) {
					m := q
					m.date, m.latency, m.others = true, way, float64(q.limit)/q.window.Seconds()/3
					t.Run(fmt.Sprintf("%d/%v/%s/%d", m.limit, m.window, name, workers), func(t *testing.T) {
						r := simulate(NewGate(Config{QuotaShare: 1, Concurrency: workers}), &m, 12*m.limit, workers, ms, seed)
						used, worst := m.used(2)
						if r.stuck || r.tooLong || used < 0.96 {
							t.Errorf("%.1f%% used: %+v", 100*used, r)
						}
						if m.window >= 10*time.Second && worst > 1 {
							t.Errorf("%d answers 429 in one window", worst)
						}
						if r.throttled*100 > r.sent {
							t.Errorf("%d of %d answers 429", r.throttled, r.sent)
						}
					})
				}
			}
		}
	}
}

// TestShareIsKept: of every window of the server the run uses its share at
// most, and nearly all of that.
func TestShareIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		m.others, m.lazy = 0, false
		share := rapid.Float64Range(0.2, 0.9).Draw(t, "share")
		workers := rapid.SampledFrom([]int{1, 8, 64}).Draw(t, "workers")
		r := simulate(NewGate(Config{QuotaShare: share, Concurrency: workers}), m, 6*m.limit, workers, ms, 1)
		if r.stuck || r.tooLong || r.throttled > 0 {
			t.Fatalf("%+v", r)
		}
		for i, u := range m.windows {
			// Some may come by the jitter of their way, and some to find the turn.
			if most := int64(share*float64(m.limit)) + 5 + m.limit/50; u.own > most {
				t.Fatalf("window %d of %d: %d used of %d with a share of %.2f", i, len(m.windows), u.own, m.limit, share)
			}
		}
	})
}

// drawModel draws a server whose quota is some 20 times what is in flight.
func drawModel(t *rapid.T) *model {
	window := time.Duration(rapid.SampledFrom([]int{1, 2, 5, 10, 60}).Draw(t, "window")) * time.Second
	up := time.Duration(rapid.IntRange(0, 20).Draw(t, "up")) * ms
	down := time.Duration(rapid.IntRange(0, 100).Draw(t, "down")) * ms
	jitter := int64(rapid.IntRange(1, 1000).Draw(t, "jitter µs"))
	limit := int64(rapid.IntRange(50, 800).Draw(t, "limit"))
	others := rapid.SampledFrom([]float64{0, 0, 0.1, 0.5}).Draw(t, "others")
	return &model{
		limit:      limit,
		others:     others * float64(limit) / window.Seconds(),
		window:     window,
		phase:      time.Duration(rapid.IntRange(0, 999).Draw(t, "phase")) * ms,
		lazy:       rapid.Bool().Draw(t, "lazy"),
		skew:       rapid.SampledFrom([]time.Duration{0, 300 * ms, -4 * time.Second, 40 * time.Second, time.Hour, -time.Hour}).Draw(t, "skew"),
		date:       rapid.Bool().Draw(t, "date"),
		retryAfter: rapid.Bool().Draw(t, "retryAfter"),
		floor:      rapid.Bool().Draw(t, "floor"),
		latency: func(r *rand.Rand) (time.Duration, time.Duration) {
			return up + time.Duration(r.Int64N(1000*jitter)), down
		},
	}
}

// TestAnyServer: every run against a fixed-window server comes to its end in
// about the time that the quota and the workers need, with few 429s.
func TestAnyServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		workers := rapid.IntRange(1, 100).Draw(t, "workers")
		rows := rapid.Int64Range(1, 10*m.limit).Draw(t, "rows")
		r := simulate(NewGate(Config{QuotaShare: 1, Concurrency: workers}), m, rows, workers, ms, 1)
		if r.stuck || r.tooLong {
			t.Fatalf("%+v", r)
		}
		if most := 5 + len(m.windows)/2 + r.sent/50; r.throttled > most {
			t.Errorf("%d of %d answers 429 in %d windows", r.throttled, r.sent, len(m.windows))
		}
		quota := (float64(m.limit)/m.window.Seconds() - m.others) * 0.9
		slowest := 125*ms + 2*ms
		need := time.Duration(float64(rows)/quota*1e9) + 3*m.window + 2*time.Second +
			time.Duration(rows)*slowest/time.Duration(workers)
		if !m.date && m.skew > 0 && m.skew < localTrust {
			need += 2 * m.skew // the local clock is all there is until turns are seen
		}
		if r.took > need {
			t.Errorf("took %v for %d rows, expected at most %v", r.took, rows, need)
		}
	})
}

// TestHostileHeaders: whatever the headers say, no wait exceeds MaxWait without
// saying so, asking is free of effects, and the run goes on.
func TestHostileHeaders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxWait := time.Duration(rapid.IntRange(1, 4000).Draw(t, "maxWait")) * time.Second
		g := NewGate(Config{Concurrency: rapid.IntRange(1, 20).Draw(t, "concurrency"), MaxWait: maxWait,
			Rate: rapid.SampledFrom([]float64{0, 0.5, 1000}).Draw(t, "rate")})
		now, inFlight := start, []time.Time{}
		idle := 0
		for range 200 {
			d := g.Next(now, len(inFlight), 1e6)
			if d != g.Next(now, len(inFlight), 1e6) {
				t.Fatal("asking twice gives two answers")
			}
			if limit := g.concurrency.inFlight(); limit < 1 {
				t.Fatalf("limit %d", limit)
			}
			switch {
			case d.TooLong:
				if d.Go || d.At.Sub(now) <= maxWait {
					t.Fatalf("too long: %+v at %v", d, now)
				}
				return
			case d.Go:
				g.Sent(now, false)
				inFlight, idle = append(inFlight, now), 0
				continue
			case d.At.IsZero() && len(inFlight) == 0:
				t.Fatalf("waits for an answer with nothing in flight: %+v", d)
			case !d.At.IsZero() && (!d.At.After(now) || d.At.Sub(now) > max(maxWait, maxBackoff)):
				t.Fatalf("at %v: %+v", now, d)
			}
			if d.Announced && !d.At.After(now) {
				t.Fatalf("announced at %v: %+v", now, d)
			}
			if len(inFlight) > 0 && (d.At.IsZero() || rapid.Bool().Draw(t, "answer")) {
				i := rapid.IntRange(0, len(inFlight)-1).Draw(t, "which")
				now = now.Add(time.Duration(rapid.Int64Range(0, 3e9).Draw(t, "later")))
				r := drawReply(t, inFlight[i], now)
				g.Answered(&r, "")
				inFlight = append(inFlight[:i], inFlight[i+1:]...)
				continue
			}
			if now = d.At; len(inFlight) == 0 {
				if idle++; idle > 50 {
					t.Fatalf("no request goes any more: %+v", d)
				}
			}
		}
	})
}

// drawReply draws an answer that may say anything.
func drawReply(t *rapid.T, sent, received time.Time) client.Reply {
	r := client.Reply{
		Sent: sent, Received: received,
		Verdict: rapid.SampledFrom([]client.Verdict{client.Applied, client.Applied, client.Refused, client.Throttled,
			client.Erring, client.Unanswered, client.Unconnected}).Draw(t, "verdict"),
		Health: client.Health(rapid.IntRange(0, 3).Draw(t, "health")),
		Status: rapid.SampledFrom([]int{0, 200, 404, 429, 500, 503}).Draw(t, "status"),
	}
	times := rapid.OneOf(
		rapid.Int64Range(-20, 20),
		rapid.Int64Range(-4000, 4000),
		rapid.Int64Range(-1<<40, 1<<40),
		rapid.Int64(),
	)
	switch rapid.IntRange(0, 3).Draw(t, "retryAfter") {
	case 0:
		r.RetryAfter = time.Duration(rapid.Int64Range(0, 100).Draw(t, "seconds")) * time.Second
	case 1:
		r.RetryAfter = time.Duration(rapid.Int64Range(-1<<62, 1<<62).Draw(t, "nanoseconds"))
	}
	if rapid.Bool().Draw(t, "dated") {
		r.Quota.Date = time.Unix(received.Unix()+times.Draw(t, "date"), 0)
	}
	if rapid.IntRange(0, 4).Draw(t, "known") > 0 {
		drawQuota(t, &r.Quota, received, times)
	}
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		r.More = append(r.More, client.Quota{})
		drawQuota(t, &r.More[len(r.More)-1], received, times)
	}
	return r
}

// drawQuota draws what headers may say of one limit.
func drawQuota(t *rapid.T, q *client.Quota, received time.Time, times *rapid.Generator[int64]) {
	q.Known = true
	q.Name = rapid.SampledFrom([]string{"", "", "short", "long", "a", "b", "c"}).Draw(t, "name")
	q.OwnTask = rapid.IntRange(0, 9).Draw(t, "own") == 0
	q.Limit = rapid.OneOf(rapid.Int64Range(1, 50), rapid.Int64()).Draw(t, "limit")
	q.Remaining = rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64()).Draw(t, "remaining")
	if q.Relative = rapid.Bool().Draw(t, "relative"); q.Relative {
		q.Left = time.Duration(times.Draw(t, "left"))
		if rapid.IntRange(0, 3).Draw(t, "seconds") > 0 {
			q.Left = q.Left % 5000 * time.Second
		}
		return
	}
	q.Reset = time.Unix(received.Unix()+times.Draw(t, "reset"), 0)
}
