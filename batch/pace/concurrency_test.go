package pace

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// loaded drives a concurrency by hand: each answer is of a request sent a
// millisecond after the one before.
type loaded struct {
	concurrency
	now tick
}

func newLoaded(most int) *loaded { return &loaded{concurrency: newConcurrency(most)} }

func (l *loaded) give(n int, a loadAnswer) {
	for range n {
		l.now += ms
		a.sent, a.received = l.now, l.now+ms/2
		l.answered(a)
	}
}

var (
	fine      = loadAnswer{}
	dead      = loadAnswer{refused: true}
	unwelcome = loadAnswer{refused: true, limiter: true}
)

func TestConcurrencyFallsAndRegrows(t *testing.T) {
	l := newLoaded(64)
	for _, want := range []float64{16, 4, 1, 1, 1} { // nothing gets through: down to one
		if l.give(4, dead); l.level != want {
			t.Fatalf("level %v, want %v", l.level, want)
		}
	}
	if l.give(300, fine); !l.full() {
		t.Fatalf("level %v after a long good time, want 64", l.level)
	}
	// A third is refused: two thirds get through.
	l = newLoaded(64)
	l.give(8, fine)
	if l.give(4, dead); l.level >= 46 || l.level <= 40 {
		t.Fatalf("level %v when a third is refused, want two thirds of 64", l.level)
	}
}

// TestLevelBelowOne: only a limiter takes the level below one in flight.
func TestLevelBelowOne(t *testing.T) {
	l := newLoaded(4)
	l.timed(100 * ms)
	if l.give(8, unwelcome); l.level != 0.25 || l.inFlight() != 1 || l.interval() != 320*ms {
		t.Fatalf("level %v, %d in flight, %v apart; want 0.25, 1, 320ms", l.level, l.inFlight(), l.interval())
	}
	if l.outageEnded(l.now); l.level != 1 {
		t.Fatalf("level %v after an outage, want 1", l.level)
	}
	if l.give(100, dead); l.level != 1 {
		t.Fatalf("level %v, want 1", l.level)
	}
}

// TestBurstCountsOnce: what was sent before the level fell, or with more in
// flight, says nothing of it.
func TestBurstCountsOnce(t *testing.T) {
	l := newLoaded(64)
	l.give(4, dead)
	for range 60 {
		l.answered(loadAnswer{sent: 0, received: l.now + time.Second, refused: true})
	}
	l.give(60, loadAnswer{refused: true, older: 16})
	if l.level != 16 {
		t.Errorf("level %v, want 16", l.level)
	}
}

// TestFailingTasksAreNotLoad: a task that fails every time says nothing, as
// long as there are others.
func TestFailingTasksAreNotLoad(t *testing.T) {
	l := newLoaded(32)
	for range 500 {
		l.give(3, fine)
		l.give(2, loadAnswer{refused: true, again: true})
	}
	if !l.full() {
		t.Errorf("level %v, want 32", l.level)
	}
	if l.give(500, loadAnswer{refused: true, again: true}); l.level != 1 {
		t.Errorf("level %v when none but they are left, want 1", l.level)
	}
}

// TestTrials: one that fails brings the old level back and makes the next one
// smaller and later; one that succeeds is followed by the next one.
func TestTrials(t *testing.T) {
	l := newLoaded(64)
	l.give(8, dead) // level 4
	l.give(10, fine)
	if l.level != 6 || l.base != 4 {
		t.Fatalf("level %v above %v, want a trial of 6 above 4", l.level, l.base)
	}
	l.give(4, dead)
	if l.level != 4*(1-smallestStep/2) || l.base != 0 || l.wait != 20 || l.step != 0.25 {
		t.Fatalf("level %v, next trial after %d with a step of %v; want 3.875, 20, 0.25", l.level, l.wait, l.step)
	}
	l.give(20, fine)
	if l.level != 3.875*1.25 {
		t.Fatalf("level %v, want 4.84", l.level)
	}
	for range 30_000 { // nothing goes wrong any more
		l.give(1, fine)
	}
	if !l.full() {
		t.Fatalf("level %v, want 64", l.level)
	}
}

// TestFivePercentIllHardlySlow: the work of a run of which 5% of the answers are
// ill by chance, at 8 and at 64 in flight.
func TestFivePercentIllHardlySlow(t *testing.T) {
	for _, most := range []int{8, 64} {
		rng := rand.New(rand.NewPCG(1, uint64(most)))
		l := newLoaded(most)
		var took float64 // in round trips
		const answers = 200_000
		for range answers {
			l.give(1, loadAnswer{refused: rng.Float64() < 0.05})
			took += 1 / l.level
		}
		ratio := took / (answers / float64(most))
		t.Logf("concurrency %d: %.3f of the faultless time", most, ratio)
		if ratio > 1.05 {
			t.Errorf("concurrency %d: %.3f of the faultless time", most, ratio)
		}
	}
}

// TestConcurrencyStaysInRange: whatever comes, above nothing and up to the
// maximum, at least one in flight, down by a quarter at most and never while
// all is well.
func TestConcurrencyStaysInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 100).Draw(t, "max")
		l := newLoaded(most)
		limited := false
		for range rapid.IntRange(1, 20).Draw(t, "phases") {
			share := rapid.Float64Range(0, 1).Draw(t, "share")
			limiter := rapid.Bool().Draw(t, "limiter")
			for range rapid.IntRange(1, 60).Draw(t, "answers") {
				a := loadAnswer{refused: rapid.Float64Range(0, 1).Draw(t, "x") < share, limiter: limiter, again: rapid.IntRange(0, 5).Draw(t, "again") == 0}
				before := l.level
				limited = limited || limiter
				l.give(1, a)
				switch {
				case l.level <= 0 || l.level > float64(most) || l.inFlight() < 1 || l.inFlight() > most:
					t.Fatalf("level %v of %d", l.level, most)
				case !limited && l.level < 1:
					t.Fatalf("from %v to %v without a limiter", before, l.level)
				case l.level < before/largestFall || l.level < before && !a.refused:
					t.Fatalf("from %v down to %v, refused %v", before, l.level, a.refused)
				case l.level > before && a.refused || l.level > 2*before:
					t.Fatalf("from %v up to %v, refused %v", before, l.level, a.refused)
				}
			}
		}
	})
}
