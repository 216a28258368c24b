package pace

import (
	"testing"
	"time"
)

// late asks for a moment that must be known.
func late(t *testing.T, c *clock, reset time.Duration, sent tick) tick {
	t.Helper()
	at, ok := c.late(reset, sent)
	if !ok {
		t.Fatal("nothing is known")
	}
	return at
}

func TestClockLearnsFromDates(t *testing.T) {
	c := newClock()
	const ahead = time.Hour
	for i := range tick(50) { // answers 130 ms apart, 20 ms on their way
		sent := i * 130 * ms
		c.dated(sent, sent+20*ms, (ahead + sent + 10*ms).Truncate(time.Second))
	}
	if at := late(t, &c, ahead+time.Minute, 0); at < time.Minute || at > time.Minute+150*ms {
		t.Errorf("reset expected at %v, want a little after 1m", at)
	}
	// The server's clock is set: the old bounds are of no use.
	c.dated(7*time.Second, 7*time.Second, 2*ahead+7*time.Second)
	if at := late(t, &c, 2*ahead+time.Minute, 0); at < time.Minute || at > time.Minute+time.Second {
		t.Errorf("reset expected at %v after the clock was set, want within a second after 1m", at)
	}
}

func TestClockLearnsFromTurns(t *testing.T) {
	c := newClock()
	window := func(reset time.Duration, first, last tick) { // sends of the window that ends with reset
		c.turned()
		c.after(reset-10*time.Second, first)
		c.before(reset, first)
		c.before(reset, last)
	}
	c.before(10*time.Second, 9900*ms)
	window(20*time.Second, 10_050*ms, 19_990*ms)
	if at := late(t, &c, 20*time.Second, 0); at != 20_050*ms {
		t.Errorf("expected at %v, want 20.05s as the last time", at)
	}
	window(30*time.Second, 20_030*ms, 29_990*ms)
	if at := late(t, &c, 30*time.Second, 0); at != 30_030*ms {
		t.Errorf("expected at %v, want 30.03s as an earlier request was counted", at)
	}
	window(40*time.Second, 30_060*ms, 39_990*ms) // it wanders
	if at := late(t, &c, 40*time.Second, 0); at != 40_060*ms {
		t.Errorf("expected at %v, want 40.06s", at)
	}
	c.before(40*time.Second, 40_100*ms) // hard evidence
	if at := late(t, &c, 40*time.Second, 0); at <= 40_100*ms || at > 40_300*ms {
		t.Errorf("expected at %v, want soon after 40.1s", at)
	}
}

func TestClockWidens(t *testing.T) {
	c := newClock()
	c.dated(0, 0, 0)
	before := late(t, &c, time.Minute, 0)
	c.widen(20 * time.Second)
	if moved := late(t, &c, time.Minute, 0) - before; moved != ms {
		t.Errorf("after 20 s the bound is %v wider, want 1ms", moved)
	}
}
