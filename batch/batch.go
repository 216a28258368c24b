// Package batch sends the rows of an input and keeps the record of each: it
// knows rows and outcomes, but no columns and no headers.
//
//	Prepare  reads the input once beside the records of earlier runs (history),
//	         finds the fate of every row and counts (survey); sends nothing
//	Run      reads it again and sends:
//
//	feed ──rows──▶ dispatcher ──jobs──▶ workers ──▶ one attempt each
//	                  │   ▲───replies─────┘
//	                  ▼
//	           RESULTS.partial ──finish──▶ RESULTS, in row order
//
// The dispatcher is one goroutine with one select; it owns every row that was
// read and is not settled. A row joins the lane of its task (lanes), so that
// the rows of one task go one after the other; the first of a lane is ready, in
// flight, or waits for its retry. The gate (package pace) says when a request
// may go (choose), an answer decides what becomes of its row (settle), the rule
// book when the run must stop (stop). Workers only make attempts. A row that
// fails is a value; a Go error means that the run cannot go on.
//
// What is on disk is all the state there is: each settled row is a record in
// the .partial (package results), and the same command again continues from
// it.
package batch

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"taskbatch/batch/pace"
	"taskbatch/batch/results"
	"taskbatch/client"
	"taskbatch/csvmap"
)

// Config is all that one batch needs. Prepare reads only the first group.
type Config struct {
	Input   *csvmap.Input
	Limit   int64  // only the first so many rows; 0 = all
	Results string // path of the results file; "" (check only): no earlier results are looked for
	Fresh   bool   // start over: earlier results are set aside, not continued
	Target  string // what the run updates: a base URL or "sandbox"; results belong to one
	Survey  SurveyConfig

	SkipUnchanged string // path of complete results; rows whose task was given exactly this there are skipped; "" = off
	Plan          string // the only fingerprint that may be sent; "" = any

	Failures string // path of the failures file; "" = none
	Excel    bool   // results and failures in the form that Excel opens by a double click
	Pace     pace.Config
	Attempts int // attempts for a row; 429 and probes do not count
	Rules    Rules
	Sender   func() Sender // makes one sender for each worker
	Notify   func(Notice)  // called from Run's goroutine; must not block
	Observer Observer      // nil: nobody looks on
}

// Sender makes one attempt of a row's update. It is one worker's, and closed by
// it. client.Sender is the real one.
type Sender interface {
	Put(ctx context.Context, taskID string, body []byte) client.Reply
	Close() // its connection; a later Put makes a new one
}

// Notice is a line for people about the run as a whole.
type Notice struct {
	Warning bool // else an ordinary notice
	Text    string
}

func (c *Config) notify(warning bool, text string) {
	if c.Notify != nil {
		c.Notify(Notice{Warning: warning, Text: text})
	}
}

// Plan is a batch that was read and checked, ready to run.
type Plan struct {
	cfg    Config
	survey Survey
	tally  *tally

	input   string   // its path
	rerun   bool     // it is a results file
	history *history // the records that this run continues; nil: none
	gone    bool     // some are of unfinished rows that are not in the input any more
	order   order

	unchanged *unchanged // nil: --skip-unchanged is off
}

// Prepare reads the whole input once, and what earlier runs recorded of it.
// Nothing is sent and no file is written. Errors: *Error, *csvmap.InputError,
// or the context's. The Plan must be closed.
func Prepare(ctx context.Context, cfg Config) (*Plan, error) {
	facts := cfg.Input.Facts()
	p := &Plan{cfg: cfg, tally: newTally(), order: newOrder(), input: facts.Path, rerun: facts.IsResults}
	err := p.openHistory()
	if err == nil {
		p.unchanged, err = p.readUnchanged()
	}
	if err == nil {
		err = p.takeSurvey(ctx)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	p.tally.earlier = p.survey.earlier
	for o, n := range p.survey.recorded {
		p.tally.outcomes[o].Store(n)
	}
	return p, nil
}

// Survey is what Prepare found.
func (p *Plan) Survey() *Survey { return &p.survey }

// Progress may be called from any goroutine while Run runs.
func (p *Plan) Progress() Progress {
	pr := p.tally.progress(time.Now())
	pr.Total = p.survey.Rows
	return pr
}

// Close removes what Prepare holds open.
func (p *Plan) Close() error {
	if p.history == nil {
		return nil
	}
	return p.history.Close()
}

// Run sends what is to be sent and completes the files. A receive from stop is
// a request to stop: the first lets the requests in flight end, the second
// does not. The Summary is valid whenever it is not nil, also beside an error.
// Run may be called once.
func (p *Plan) Run(ctx context.Context, stop <-chan struct{}) (*Summary, error) {
	started := time.Now()
	file, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer file.Discard()
	d := p.send(ctx, file, stop, started)
	s := p.newSummary(d, started)
	p.tally.phase.Store(int32(Writing))
	p.completeUntilStopped(ctx, d, s, stop)
	s.Finished = time.Now()
	return s, nil
}

// send runs the pool, the reader and the dispatcher until every row is
// settled or the run was given up, and closes the .partial.
func (p *Plan) send(ctx context.Context, file *results.Writer, stop <-chan struct{}, started time.Time) *dispatcher {
	var (
		group            errgroup.Group
		size             = p.cfg.Pace.Concurrency
		jobs             = make(chan *item, size)
		replies          = make(chan *item, size)
		rows             = make(chan []*item)
		attempts, cancel = context.WithCancel(context.WithoutCancel(ctx))
		reading, enough  = context.WithCancel(ctx)
		feedErr          error
	)
	for range size {
		group.Go(func() error {
			work(attempts, p.cfg.Sender(), jobs, replies)
			return nil
		})
	}
	group.Go(func() error {
		defer close(rows)
		feedErr = p.feed(reading, rows)
		return nil
	})
	d := &dispatcher{
		cfg: &p.cfg, gate: pace.NewGate(p.cfg.Pace),
		rules: ruleBook{rules: p.cfg.Rules, fresh: p.history == nil && !p.rerun, started: started, calm: started},
		tally: p.tally, waits: &p.tally.waits, sum: &p.tally.sum, file: file,
		rows: rows, jobs: jobs, replies: replies, signals: stop, feedErr: func() error { return feedErr },
		unchanged: p.unchanged.text(), lanes: newLanes(p.survey.ToSend), stopping: stopping{abandon: cancel},
		random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	}
	d.waits.over = d.waited
	d.run()
	d.waits.end()
	close(jobs)
	enough()
	cancel()
	group.Wait()
	if err := file.Close(); err != nil && !d.stopping.unwritable {
		d.diskFailed()
	}
	return d
}
