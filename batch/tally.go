package batch

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"taskbatch/csvmap/record"
)

// tally counts a run. The dispatcher writes it; Progress reads it from any
// goroutine.
type tally struct {
	outcomes [record.NumOutcomes]atomic.Int64
	inFlight atomic.Int64

	mu      sync.Mutex
	waiting string
	until   time.Time
	recent  [rateSamples]sample // the last readings of Progress, a ring
	reads   int

	// Only for the dispatcher, and for others after it has ended.
	requests, retries, throttled, warnings, settled int64
	latency                                         *hdrhistogram.Histogram
	waited                                          Waited
}

const rateSamples = 50

type sample struct {
	at      time.Time
	settled int64
}

func newTally() *tally {
	return &tally{latency: hdrhistogram.New(1, int64(2*time.Hour/time.Microsecond), 2)}
}

// answered counts one attempt that took d.
func (t *tally) answered(d time.Duration) {
	t.latency.RecordValue(max(1, min(int64(d/time.Microsecond), int64(2*time.Hour/time.Microsecond))))
}

// wait notes why nothing is sent at the moment; "" = it is sending.
func (t *tally) wait(why string, until time.Time) {
	t.mu.Lock()
	t.waiting, t.until = why, until
	t.mu.Unlock()
}

// progress reads the tally. The rate is that since the oldest of the last
// readings.
func (t *tally) progress(now time.Time) Progress {
	p := Progress{InFlight: int(t.inFlight.Load())}
	for i := range t.outcomes {
		p.Outcomes[i] = t.outcomes[i].Load()
		p.Settled += p.Outcomes[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p.Waiting, p.Until = t.waiting, t.until
	slot := t.reads % rateSamples
	oldest := t.recent[0]
	if t.reads >= rateSamples {
		oldest = t.recent[slot]
	}
	t.recent[slot] = sample{now, p.Settled}
	t.reads++
	if d := now.Sub(oldest.at); t.reads > 1 && d > 0 {
		p.Rate = float64(p.Settled-oldest.settled) / d.Seconds()
	}
	return p
}

func (t *tally) latencyMS() Latency {
	ms := func(us int64) float64 { return math.Round(float64(us)/10) / 100 }
	h := t.latency
	return Latency{ms(h.ValueAtQuantile(50)), ms(h.ValueAtQuantile(90)), ms(h.ValueAtQuantile(99)), ms(h.Max())}
}
