package pace

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestConcurrencyHalvesAndRegrows(t *testing.T) {
	c := concurrency{max: 64, limit: 64}
	give := func(n int, ill bool) {
		for range n {
			c.answered(ill)
		}
	}
	give(10, true)
	if c.limit != 64 {
		t.Fatalf("limit %d after 10 ill answers, want no change", c.limit)
	}
	give(1, true)
	if c.limit != 32 {
		t.Fatalf("limit %d after 11 ill answers, want 32", c.limit)
	}
	give(63, true)
	if c.limit != 32 {
		t.Fatalf("limit %d within the round after a halving, want 32", c.limit)
	}
	give(1, true)
	if c.limit != 16 {
		t.Fatalf("limit %d after that round, want 16", c.limit)
	}
	give(1000, true)
	if c.limit != 1 {
		t.Fatalf("limit %d in the end, want 1", c.limit)
	}
	give(90, false)
	if c.limit != 1 && c.limit != 2 {
		t.Fatalf("limit %d as soon as the ill ones are a tenth, want one step at most", c.limit)
	}
	give(growEvery*63, false)
	if c.limit != 64 {
		t.Fatalf("limit %d after a long good time, want 64", c.limit)
	}
}

func TestConcurrencyRegrowsWithATenthIll(t *testing.T) {
	c := concurrency{max: 8, limit: 8}
	for range 100 {
		c.answered(true)
	}
	for i := range 2000 {
		c.answered(i%10 == 0)
	}
	if c.limit != 8 {
		t.Errorf("limit %d with every tenth answer ill, want 8", c.limit)
	}
}

// TestFivePercentIllHardlySlow: the work of a run of which 5% of the answers are
// ill by chance, at 8 and at 64 in flight.
func TestFivePercentIllHardlySlow(t *testing.T) {
	for _, limit := range []int{8, 64} {
		rng := rand.New(rand.NewPCG(1, uint64(limit)))
		c := concurrency{max: limit, limit: limit}
		var took float64 // in round trips
		const answers = 200_000
		for range answers {
			c.answered(rng.Float64() < 0.05)
			took += 1 / float64(c.limit)
		}
		ratio := took / (answers / float64(limit))
		t.Logf("concurrency %d: %.3f of the faultless time", limit, ratio)
		if ratio > 1.05 {
			t.Errorf("concurrency %d: %.3f of the faultless time", limit, ratio)
		}
	}
}

// TestConcurrencyStaysInRange: whatever comes, from 1 to the maximum, down only
// in halves while more than a tenth of the last 100 was ill, up only else.
func TestConcurrencyStaysInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 100).Draw(t, "max")
		c := concurrency{max: limit, limit: limit}
		var all []bool
		for range rapid.IntRange(1, 20).Draw(t, "phases") {
			share := rapid.Float64Range(0, 1).Draw(t, "share")
			for range rapid.IntRange(1, 60).Draw(t, "answers") {
				ill := rapid.Float64Range(0, 1).Draw(t, "x") < share
				all = append(all, ill)
				bad := 0
				for _, b := range all[max(0, len(all)-100):] {
					if b {
						bad++
					}
				}
				before := c.limit
				c.answered(ill)
				switch {
				case c.limit < 1 || c.limit > limit:
					t.Fatalf("limit %d of %d", c.limit, limit)
				case c.limit < before && (bad <= 10 || c.limit != max(1, before/2)):
					t.Fatalf("from %d down to %d with %d ill", before, c.limit, bad)
				case c.limit > before && (bad > 10 || c.limit != before+1):
					t.Fatalf("from %d up to %d with %d ill", before, c.limit, bad)
				}
			}
		}
	})
}
