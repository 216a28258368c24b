package batch

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"taskbatch/batch/pace"
	"taskbatch/batch/results"
)

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
	d := p.send(ctx, file, stop, started)
	s := p.newSummary(d, started)
	p.completeUntilStopped(ctx, d, s, stop)
	s.Finished = time.Now()
	return s, nil
}

// completeUntilStopped completes the files. After a signal, earlier or now, it
// has only so much time; a second one ends it at once.
func (p *Plan) completeUntilStopped(ctx context.Context, d *dispatcher, s *Summary, stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	var watch errgroup.Group
	watch.Go(func() error {
		defer cancel()
		end := time.NewTimer(time.Until(d.signalled.Add(filesGrace)))
		defer end.Stop()
		if d.signalled.IsZero() {
			select {
			case <-stop:
				end.Reset(filesGrace)
			case <-ctx.Done():
				return nil
			}
		}
		select {
		case <-end.C:
		case <-stop:
		case <-ctx.Done():
		}
		return nil
	})
	p.complete(ctx, d, s)
	cancel()
	watch.Wait()
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
		feedErr = p.feedSafely(reading, rows)
		return nil
	})
	d := &dispatcher{
		cfg: &p.cfg, gate: pace.NewGate(p.cfg.Pace),
		rules: ruleBook{rules: p.cfg.Rules, fresh: p.history == nil && !p.rerun, started: started},
		tally: p.tally, file: file,
		rows: rows, jobs: jobs, replies: replies, signals: stop, feedErr: func() error { return feedErr },
		lanes: newLanes(), left: p.survey.ToSend, abandon: cancel,
		random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	}
	d.run()
	close(jobs)
	enough()
	cancel()
	group.Wait()
	if err := file.Close(); err != nil && !d.unwritable {
		d.diskFailed()
	}
	return d
}
