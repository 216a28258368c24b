package batch

import "time"

// waitKind is the cause of a wait, as the summary counts it.
type waitKind uint8

const (
	waitNone waitKind = iota
	waitRate
	waitQuota
	waitThrottled // 429, or 503 with Retry-After
	waitAnswer    // the first answer is not in: not counted
	waitRetry
	waitOutage
)

// account adds a wait of this kind to the tally.
func (k waitKind) account(t *tally, d time.Duration) {
	switch k {
	case waitRate:
		t.waited.Rate += d
	case waitQuota, waitThrottled:
		t.waited.Quota += d
	case waitRetry:
		t.waited.Retry += d
	case waitOutage:
		t.waited.Outage += d
	}
}

// paced tells whether the run waits by its own choice, so that a row that is
// not settled tells nothing of the server.
func (k waitKind) paced() bool { return k == waitRate || k == waitQuota }
