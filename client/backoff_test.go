package client_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"taskbatch/client"
)

// Full jitter: every wait from 0 to the bound is equally likely.
func TestBackoff(t *testing.T) {
	bounds := map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second,
		6: 16 * time.Second, 7: 30 * time.Second, 8: 30 * time.Second, 64: 30 * time.Second, math.MaxInt: 30 * time.Second,
		0: 500 * time.Millisecond, -1: 500 * time.Millisecond,
	}
	r := rand.New(rand.NewPCG(1, 2))
	const draws = 10_000
	for n, bound := range bounds {
		var sum, low, high time.Duration
		low = math.MaxInt64
		for range draws {
			d := client.Backoff(n, r)
			sum, low, high = sum+d, min(low, d), max(high, d)
		}
		if low < 0 || high > bound {
			t.Errorf("retry %d: from %v to %v, want 0 to %v", n, low, high, bound)
		}
		if mean := sum / draws; mean < bound*48/100 || mean > bound*52/100 || low > bound/100 || high < bound*99/100 {
			t.Errorf("retry %d: mean %v, from %v to %v: not evenly spread up to %v", n, mean, low, high, bound)
		}
	}
}
