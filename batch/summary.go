package batch

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// Progress is a snapshot of a run.
type Progress struct {
	Total    int64    // selected rows
	Settled  int64    // rows with an outcome, those of earlier runs included; not those only written down as unsent
	Earlier  Outcomes // of these, what earlier runs recorded
	Outcomes Outcomes
	InFlight int
	Phase    Phase
	Rate     float64   // rows settled a second, over the last seconds
	Waiting  string    // why nothing is sent at the moment; "" = it is sending
	Until    time.Time // when the wait ends, if known
	Pace     string    // what sets the pace, also between short waits: "--rate", or the quota in words; "" = nothing
}

// Phase is how far a run has come.
type Phase int32

const (
	Sending  Phase = iota
	Stopping       // no new requests; those in flight may end
	Writing        // the results are completed
)

// Outcomes counts rows by outcome.
type Outcomes [record.NumOutcomes]int64

// MarshalJSON writes the seven outcomes by name, in their order.
func (c Outcomes) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for o := record.Updated; o < record.NumOutcomes; o++ {
		if o > record.Updated {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(strconv.AppendQuote(b, o.String()), ':'), c[o], 10)
	}
	return append(b, '}'), nil
}

// Summary is what became of the batch. As JSON it is the part of the summary
// object that a run fills in.
type Summary struct {
	Started    time.Time       `json:"-"`
	Finished   time.Time       `json:"-"`
	Rows       int64           `json:"-"` // selected rows
	Outcomes   Outcomes        `json:"outcomes"`
	Earlier    Outcomes        `json:"-"` // of these, what earlier runs recorded
	Requests   int64           `json:"requests"`
	Retries    int64           `json:"retries"`
	Throttled  int64           `json:"throttled"` // answers 429
	Settled    int64           `json:"-"`         // rows settled by this run
	Warnings   int64           `json:"-"`         // updated rows whose answer showed another value
	LatencyMS  Latency         `json:"latency_ms"`
	Waited     Waited          `json:"waited_s"`
	Errors     []results.Cause `json:"errors"`
	Unrecorded []byte          `json:"-"`       // records that could not be written, as CSV with line feeds
	Results    string          `json:"results"` // the file that holds the records (RESULTS, or the .partial that stayed)
	Complete   bool            `json:"-"`       // false: the .partial stayed
	Stop       *Stop           `json:"-"`       // why it ended early; nil = ran to the end
}

// Latency is the time of the attempts, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`

	Attempts int64   `json:"-"`
	Sum      float64 `json:"-"` // of all attempts
}

// Waited is how long nothing could be sent, by cause. As JSON it is in
// seconds, to the millisecond.
type Waited struct{ Rate, Quota, Retry, Outage time.Duration }

// MarshalJSON writes seconds.
func (w Waited) MarshalJSON() ([]byte, error) {
	s := func(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
	return fmt.Appendf(nil, `{"rate":%v,"quota":%v,"retry":%v,"outage":%v}`, s(w.Rate), s(w.Quota), s(w.Retry), s(w.Outage)), nil
}

// tally counts a run. The dispatcher writes it; Progress reads it from any
// goroutine.
type tally struct {
	outcomes [record.NumOutcomes]atomic.Int64
	inFlight atomic.Int64
	phase    atomic.Int32 // a Phase
	earlier  Outcomes

	waits  waits
	mu     sync.Mutex
	recent [rateSamples]sample // the last readings of Progress, a ring
	reads  int

	// Only for the dispatcher, and for others after it has ended.
	sum     Summary // all but Outcomes
	latency *hdrhistogram.Histogram
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

// progress reads the tally. The rate is that since the oldest of the last
// readings.
func (t *tally) progress(now time.Time) Progress {
	p := Progress{InFlight: int(t.inFlight.Load()), Phase: Phase(t.phase.Load()), Earlier: t.earlier}
	if p.Phase == Stopping && p.InFlight == 0 {
		p.Phase = Writing
	}
	for i := range t.outcomes {
		p.Outcomes[i] = t.outcomes[i].Load()
		if record.Outcome(i) != record.Unsent {
			p.Settled += p.Outcomes[i]
		}
	}
	p.Waiting, p.Until, p.Pace = t.waits.look(now)
	t.mu.Lock()
	defer t.mu.Unlock()
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

// summary is what was counted.
func (t *tally) summary() *Summary {
	for o := range t.outcomes {
		t.sum.Outcomes[o] = t.outcomes[o].Load()
	}
	t.sum.Earlier = t.earlier
	ms := func(us int64) float64 { return math.Round(float64(us)/10) / 100 }
	h := t.latency
	t.sum.LatencyMS = Latency{
		P50: ms(h.ValueAtQuantile(50)), P90: ms(h.ValueAtQuantile(90)), P99: ms(h.ValueAtQuantile(99)), Max: ms(h.Max()),
		Attempts: h.TotalCount(), Sum: h.Mean() * float64(h.TotalCount()) / 1000,
	}
	return &t.sum
}
