package client

import (
	"math/rand/v2"
	"time"
)

// The bounds of the wait before a retry.
const (
	backoffFirst = 500 * time.Millisecond
	backoffMax   = 30 * time.Second
)

// Backoff is how long to wait before the n-th retry (n counts from 1): evenly
// distributed between 0 and a bound that doubles from 500 ms up to 30 s. This
// is "full jitter": many clients that failed together come back spread out.
func Backoff(n int, r *rand.Rand) time.Duration {
	bound := backoffMax
	if shift := max(n, 1) - 1; shift < 6 {
		bound = min(backoffMax, backoffFirst<<shift)
	}
	return time.Duration(r.Int64N(int64(bound) + 1))
}
