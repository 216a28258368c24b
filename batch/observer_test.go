package batch

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// notes is an observer that keeps what it is told, and fails after a number
// of attempts.
type notes struct {
	attempts []string
	waited   map[string]time.Duration
	last     time.Time
	overlaps int
	failAt   int
}

func (n *notes) Attempted(row int64, taskID string, attempt int, r *client.Reply) error {
	n.attempts = append(n.attempts, fmt.Sprintf("%d %s %d %d", row, taskID, attempt, r.Status))
	if n.failAt > 0 && len(n.attempts) >= n.failAt {
		return errors.New("cannot write the log: disk full")
	}
	return nil
}

func (n *notes) Waited(cause string, from, to time.Time) error {
	if from.Before(n.last) || to.Before(from) {
		n.overlaps++
	}
	n.waited[cause] += to.Sub(from)
	n.last = to
	return nil
}

// TestObserver: it is told of every attempt, and of all the waiting that the
// summary counts.
func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "a"))
		b.cfg.Pace.Concurrency = 1
		seen := &notes{waited: map[string]time.Duration{}}
		b.cfg.Observer = seen
		s := perTask(map[string][]step{"a": {wait429.retryAfter(20 * time.Second), ok200}, "b": {gone503, ok200}})
		sum := b.run(s, nil)
		if int64(len(seen.attempts)) != sum.Requests || len(s.calls) != len(seen.attempts) {
			t.Errorf("told of %q, but sent %d", seen.attempts, sum.Requests)
		}
		if seen.attempts[0] != "2 a 1 429" || seen.attempts[1] != "2 a 2 200" {
			t.Errorf("told of %q", seen.attempts)
		}
		told, counted := time.Duration(0), sum.Waited.Rate+sum.Waited.Quota+sum.Waited.Retry+sum.Waited.Outage
		for _, d := range seen.waited {
			told += d
		}
		if seen.waited["the server asks to wait"] < 20*time.Second || told != counted || seen.overlaps > 0 {
			t.Errorf("told of %v, but %v were waited; %d overlaps", seen.waited, counted, seen.overlaps)
		}
	})
}

// TestObserverFails: a log that cannot be written stops the run.
func TestObserverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(50))
		b.cfg.Observer = &notes{waited: map[string]time.Duration{}, failAt: 10}
		sum := b.run(always(ok200.after(time.Millisecond)), nil)
		if sum.Stop == nil || sum.Stop.Cause != Local || count(sum, record.Unsent) < 20 || count(sum, record.Updated) < 10 {
			t.Errorf("%v, %+v", sum.Outcomes, sum.Stop)
		}
	})
}
