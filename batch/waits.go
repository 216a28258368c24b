package batch

import "time"

// waitKind is the cause of a wait, as the summary counts it.
type waitKind uint8

const (
	waitNone waitKind = iota
	waitRate
	waitQuota
	waitRetry
	waitOutage
)

// account adds a wait of this kind to the tally.
func (k waitKind) account(t *tally, d time.Duration) {
	switch k {
	case waitRate:
		t.waited.Rate += d
	case waitQuota:
		t.waited.Quota += d
	case waitRetry:
		t.waited.Retry += d
	case waitOutage:
		t.waited.Outage += d
	}
}
