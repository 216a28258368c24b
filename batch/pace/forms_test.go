package pace

import (
	"fmt"
	"testing"
	"time"

	"taskbatch/client"
)

// TestQuotaForms: limits of every kind, told in every form. No row is lost,
// nearly all of the share is used, next to nothing is refused, and the time is
// near the ideal.
func TestQuotaForms(t *testing.T) {
	for _, kind := range []string{fixed, begun, sliding, nest, bucket} {
		for _, form := range []string{"seconds", "milliseconds", "left", "left, rounded down", "left, no Date"} {
			if kind == nest && form == "left, rounded down" {
				continue // the throttler rounds up
			}
			for _, q := range []quotaServer{{limit: 100, window: 10 * time.Second}, {limit: 600, window: time.Minute}, {limit: 500, window: time.Second}} {
				for _, share := range []float64{1, 0.8} {
					s := q
					s.kind, s.form, s.skew = kind, form, 40*time.Minute+300*ms
					usesForm(t, &s, share)
				}
			}
		}
	}
}

func usesForm(t *testing.T, s *quotaServer, share float64) {
	rows := 6 * s.limit
	o := run(NewGate(Config{QuotaShare: share, Concurrency: 32}), s, int(rows), 32, middle(20*ms), 1)
	used, worst := s.used(share)
	slow := ratio(o.took, time.Duration((float64(rows)/float64(ours(share, s.limit))-1)*float64(s.window)))
	name := fmt.Sprintf("%-9s %-18s %3d per %4v, share %.1f", s.kind, s.form, s.limit, s.window, share)
	t.Logf("%s: %.1f%% used, %d refused, %.2fx of the ideal", name, 100*used, o.refused, slow)
	least, slowest := 0.95, 1.3
	switch short := s.window == time.Second; {
	case short && s.kind == begun && s.form[0] == 'l':
		least, slowest = 0.5, 2 // its turns wander, and seconds tell nothing of them
	case short && s.kind != fixed:
		least, slowest = 0.9, 1.36
	case !short && (s.kind == fixed || s.kind == begun):
		least = 0.975
	}
	if o.stuck || o.tooLong || o.failed > 0 || used < least || slow > slowest || worst > 1 {
		t.Errorf("%s: worst window %d refused, %+v", name, worst, o)
	}
}

// TestWindowsOfTasks: a window of each task's own slows down nobody, whether
// the server says whose it is or not.
func TestWindowsOfTasks(t *testing.T) {
	for _, form := range []string{"seconds", "milliseconds", "left"} {
		for _, named := range []bool{true, false} {
			s := &quotaServer{kind: begun, form: form, limit: 100, window: time.Minute, perTask: true, named: named}
			o := run(NewGate(Config{Concurrency: 8}), s, 1000, 8, constant(20*ms), 1)
			slow := ratio(o.took, 1000/8*20*ms)
			t.Logf("%-12s named %-5v: %.2fx of the ideal", form, named, slow)
			if most := map[bool]float64{true: 1.02, false: 1.4}[named]; o.failed > 0 || o.refused > 0 || slow > most {
				t.Errorf("%s, named %v: %+v", form, named, o)
			}
		}
	}
	s := &quotaServer{kind: begun, form: "left", limit: 3, window: time.Minute, perTask: true, named: true}
	if o := run(NewGate(Config{Concurrency: 8}), s, 600, 8, constant(20*ms), 1); o.refused > 0 || o.took > 2*time.Second {
		t.Errorf("three a minute for each task: %+v", o)
	}
}

// TestOwnWindowClosesNothing: a refusal by its task's own window holds up
// nobody else.
func TestOwnWindowClosesNothing(t *testing.T) {
	own := client.Quota{Known: true, Limit: 3, OwnTask: true, Relative: true, Left: 7 * time.Second}
	all := client.Quota{Name: "all", Known: true, Limit: 9, Relative: true, Left: 20 * time.Second}
	some := all
	some.Remaining = 5
	for name, c := range map[string]struct {
		r    client.Reply
		want time.Duration // announced to all
	}{
		"alone":                        {client.Reply{Quota: own}, 0},
		"with Retry-After":             {client.Reply{Quota: own, RetryAfter: 7 * time.Second}, 0},
		"beside one that is not":       {client.Reply{Quota: own, More: []client.Quota{some}}, 0},
		"behind one that is not":       {client.Reply{Quota: some, More: []client.Quota{own}}, 0},
		"beside one that is, too":      {client.Reply{Quota: own, More: []client.Quota{all}}, 20 * time.Second},
		"behind one that is, too":      {client.Reply{Quota: all, More: []client.Quota{own}}, 20 * time.Second},
		"not used up, but Retry-After": {client.Reply{Quota: client.Quota{Known: true, Limit: 3, Remaining: 2, OwnTask: true}, RetryAfter: 20 * time.Second}, 20 * time.Second},
	} {
		g := NewGate(Config{Concurrency: 8})
		g.Sent(start, false)
		c.r.Status, c.r.Verdict, c.r.Sent, c.r.Received = 429, client.Throttled, start, after(ms)
		g.Answered(&c.r, "task")
		d, announced := g.Next(after(ms), 0, 9), time.Duration(0)
		if d.Announced {
			announced = d.At.Sub(after(ms))
		}
		if d.Go != (c.want == 0) || announced < c.want-50*ms || announced > c.want+50*ms {
			t.Errorf("%s: %+v, announced %v, want %v", name, d, announced, c.want)
		}
	}
}

// TestSeveralLimits: of two at once the tighter one paces.
func TestSeveralLimits(t *testing.T) {
	for _, form := range []string{"seconds", "left"} {
		for _, kind := range []string{fixed, nest} {
			s := &twoLimits{
				&quotaServer{kind: kind, form: form, limit: 20, window: time.Second, name: "short"},
				&quotaServer{kind: kind, form: form, limit: 100, window: 10 * time.Second, name: "long"},
			}
			o := run(NewGate(Config{Concurrency: 8}), s, 600, 8, constant(20*ms), 1)
			used, worst := s.long.used(0.8)
			slow := ratio(o.took, 65*time.Second) // eighty at once, then eight a second
			t.Logf("%-9s %-7s: %.1f%% used of the tighter one, %d refused, %.2fx of the ideal", kind, form, 100*used, o.refused, slow)
			if o.failed > 0 || used < 0.95 || worst > 1 || o.refused > 2 || slow > 1.3 {
				t.Errorf("%s, %s: %+v", kind, form, o)
			}
		}
	}
}

// TestNoLimitAtAll: the largest number there is does not overflow.
func TestNoLimitAtAll(t *testing.T) {
	const most = 1<<63 - 1
	for _, share := range []float64{1, 0.8, 0.01} {
		g := NewGate(Config{QuotaShare: share, Concurrency: 64})
		g.Sent(start, false)
		r := client.Reply{Status: 200, Sent: start, Received: after(ms),
			Quota: client.Quota{Known: true, Limit: most, Remaining: most - 1, Relative: true, Left: time.Minute}}
		g.Answered(&r, "task")
		for range 64 {
			if d := g.Next(after(2*ms), 0, 1e6); !d.Go {
				t.Fatalf("share %v: %+v", share, d)
			}
			g.Sent(after(2*ms), false)
		}
	}
}
