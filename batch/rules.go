package batch

import (
	"fmt"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

const (
	nothingWorksRows = 50  // so many first rows that all fail for good stop a run
	shareFrom        = 100 // rows settled before MaxFailuresShare counts
)

// ruleBook decides when a run stops early (contract: Stop rules). It is told
// of every answer and every settled row.
type ruleBook struct {
	rules   Rules
	fresh   bool // the run starts from nothing: the nothing-works rule holds
	started time.Time

	answers   int64 // HTTP answers
	applied   bool  // a 2xx came
	forbidden string
	sent      int64 // rows that were sent and settled
	refused   int64 // of these, failed for good
	settled   int64
	bad       int64 // failed, unknown or invalid

	trouble time.Time     // first answer that settled nothing since the last that did; zero: none
	allowed time.Duration // announced wait counted out of the outage; one for each trouble
}

// answered looks at the answer to an attempt for a task.
func (b *ruleBook) answered(task string, r *client.Reply) *Stop {
	first := false
	if r.Status != 0 {
		b.answers++
		first = b.answers == 1
	}
	switch r.Verdict {
	case client.Applied:
		b.applied = true
		b.trouble, b.allowed = time.Time{}, 0
	case client.Refused:
		b.trouble, b.allowed = time.Time{}, 0
	case client.Redirected:
		b.trouble, b.allowed = time.Time{}, 0
		if first {
			return &Stop{Cause: Setup, Why: "the server redirects: " + r.Message,
				Hint: "check --base-url; a redirect is never followed, because the API key would go with it"}
		}
	case client.Forbidden:
		b.trouble, b.allowed = time.Time{}, 0
		if b.applied || b.forbidden == task {
			break
		}
		if b.forbidden != "" {
			return &Stop{Cause: Key, Why: "the API key may not update tasks: " + r.Message,
				Hint: "check the key's permissions, then run the same command again"}
		}
		b.forbidden = task
	default:
		if b.trouble.IsZero() {
			b.trouble = r.Received
		}
	}
	return nil
}

// settledRow looks at the outcome of a row. forGood: the server refused it,
// so that no retry could help.
func (b *ruleBook) settledRow(o record.Outcome, wasSent, forGood bool) *Stop {
	b.settled++
	if o == record.Failed || o == record.Unknown || o == record.Invalid {
		b.bad++
	}
	if wasSent {
		b.sent++
		if forGood {
			b.refused++
		}
		if b.fresh && !b.rules.KeepGoing && b.sent == nothingWorksRows && b.refused == nothingWorksRows {
			return &Stop{Cause: Rule, Why: fmt.Sprintf("nothing works: the first %d rows sent all failed", nothingWorksRows),
				Hint: "look at the causes: the file or the target may be wrong; --keep-going switches this rule off"}
		}
	}
	if n := b.rules.MaxFailures; n > 0 && b.bad >= n {
		return &Stop{Cause: Rule, Why: fmt.Sprintf("--max-failures: %d of the rows so far did not get through", b.bad),
			Hint: "the same command continues"}
	}
	if share := b.rules.MaxFailuresShare; share > 0 && b.settled >= shareFrom && float64(b.bad) >= share*float64(b.settled) {
		return &Stop{Cause: Rule, Why: fmt.Sprintf("--max-failures: %d of %d rows did not get through", b.bad, b.settled),
			Hint: "the same command continues"}
	}
	return nil
}

// announced tells of an announced wait now in force. Only the first one since
// rows stopped getting through is counted out of the outage.
func (b *ruleBook) announced(wait time.Duration) {
	if b.allowed == 0 && !b.trouble.IsZero() {
		b.allowed = wait
	}
}

// outageEnds is when a run without a settled row stops; zero: no trouble.
func (b *ruleBook) outageEnds() time.Time {
	if b.trouble.IsZero() || b.rules.MaxOutage <= 0 {
		return time.Time{}
	}
	return b.trouble.Add(b.rules.MaxOutage + b.allowed)
}

// durationEnds is when no new attempt may start; zero: never.
func (b *ruleBook) durationEnds() time.Time {
	if b.rules.MaxDuration <= 0 {
		return time.Time{}
	}
	return b.started.Add(b.rules.MaxDuration)
}

// expired looks at the two rules that only the clock decides.
func (b *ruleBook) expired(now time.Time, paced bool) *Stop {
	if end := b.durationEnds(); !end.IsZero() && !now.Before(end) {
		return &Stop{Cause: Rule, Why: fmt.Sprintf("--max-duration: %s are over", b.rules.MaxDuration), Hint: "the same command continues"}
	}
	if end := b.outageEnds(); !paced && !end.IsZero() && !now.Before(end) {
		return &Stop{Cause: Rule, Why: fmt.Sprintf("--max-outage: no row got through since %s", b.trouble.Format(time.TimeOnly)),
			Hint: "the same command continues when the server is back"}
	}
	return nil
}
