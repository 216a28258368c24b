package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/csvmap"
	"taskbatch/csvmap/words"
)

// job is one update or check on its way from the flags to its ending.
type job struct {
	*session
	set     settings
	started time.Time

	in      *csvmap.Input
	results string // path of the results file; "" = none
	lock    *results.Lock
	plan    *batch.Plan
	target  target
	view    *display       // nil: no run is going on
	summary *batch.Summary // nil: nothing was sent
	nothing string         // what to say when there is nothing to do
	runID   string
	watcher watcher
}

// batch is the command update, and check: an update that ends before the
// socket.
func (s *session) batch(set *settings) error {
	set.path = s.inv.operands[0]
	if err := set.complete(s.inv.command); err != nil {
		return err
	}
	s.console.configure(set.out)
	j := &job{session: s, set: *set, started: time.Now(), runID: newRunID()}
	defer j.close()
	j.set.fillOutputs(j.started)
	err := j.setUp()
	if err == nil {
		err = j.work()
	}
	if isUsage(err) {
		return err // says nothing on stdout, also with --json
	}
	return j.tell(err)
}

// where is what the user set: the flag, or the variable.
func (s *session) where(name string) string { return s.inv.command.Flag(name).Where() }

// setUp does all up to an open input. What is wrong with the file is told
// before anybody asks for a key.
func (j *job) setUp() error {
	if nameless(j.set.path) && j.set.results == "" && !j.set.out.dryRun {
		return usagef("%s has no name to derive the results file from; add -o FILE", j.inputLabel())
	}
	if err := j.findInput(); err != nil {
		return err
	}
	if err := j.refusePartial(); err != nil {
		return err
	}
	if err := j.findTarget(); err != nil {
		return err
	}
	if err := j.open(); err != nil {
		return err
	}
	return j.aim()
}

// findInput tells that the input is missing.
func (j *job) findInput() error {
	if j.set.path == "-" {
		return nil
	}
	_, err := os.Stat(j.set.path)
	return j.unreadable(err)
}

// unreadable says in the words of the user which file cannot be opened.
func (j *job) unreadable(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && pathErr.Path == j.set.path {
		return setupf("cannot read %s: %v", j.inputLabel(), pathErr.Err)
	}
	return err
}

// work does the job up to its ending; nil: rows were sent, or a check was
// made.
func (j *job) work() error {
	j.results = j.set.resultsName(j.in.Facts().IsResults, j.started)
	if err := j.files().Check(); err != nil {
		return setupf("%s", err)
	}
	if err := j.takeLock(); err != nil {
		return err
	}
	if err := j.startLog(); err != nil {
		return err
	}
	if err := j.prepare(); err != nil {
		return err
	}
	if j.plan.Survey().Done() && !j.unfinished() {
		return j.done()
	}
	if j.set.out.dryRun {
		return nil
	}
	if err := j.mayBegin(); err != nil {
		return err
	}
	return j.send()
}

// open opens the input.
func (j *job) open() error {
	var in *csvmap.Input
	var err error
	spooling := func(time.Time) frame { return readingFrame(j.inputLabel(), 0, 0) }
	stop := j.watched(barFirst, spooling, func() error {
		return j.waitFor(func() { in, err = csvmap.Open(j.set.path, j.stdin, j.set.input) })
	})
	if stop != nil {
		return stop
	}
	j.in = in
	if input := (*csvmap.InputError)(nil); errors.As(err, &input) && len(input.Flags) > 0 {
		input.Hints = append(input.Hints, input.FlagsDo+": "+j.reading(input.Flags))
	}
	return j.unreadable(err)
}

// waitFor does what may block for ever, as the opening of a pipe without a
// writer, unless a signal comes: then it is left alone, since the process is
// about to end.
func (j *job) waitFor(f func()) error {
	b := inBackground(f)
	select {
	case <-b.ended:
		b.wait()
		return nil
	case <-j.ctx.Done():
		return j.interrupted(j.ctx.Err())
	}
}

// takeLock makes this the only run of the batch, and then opens the input
// anew: it may be a results file that the run before has just replaced.
func (j *job) takeLock() error {
	if j.set.out.dryRun {
		return nil
	}
	lock, err := results.TakeLock(j.ctx, j.lockName(), j.set.waitLock)
	if err != nil {
		return j.interrupted(err)
	}
	j.lock = lock
	if info, err := os.Stat(j.set.path); j.set.path == "-" || err != nil || !info.Mode().IsRegular() {
		return nil // a pipe gives its content only once
	}
	j.in.Close()
	j.in, err = csvmap.Open(j.set.path, j.stdin, j.set.input)
	return err
}

// prepare reads the whole input and what earlier runs recorded.
func (j *job) prepare() error {
	if j.results != "" && !j.set.batch.Fresh {
		if err := j.refuseOlder(); err != nil {
			return err
		}
	}
	if j.results != "" {
		j.warnOfDates()
	}
	cfg := j.set.batch
	var err error
	if cfg.SkipUnchanged, err = j.unchangedSince(); err != nil {
		return err
	}
	cfg.Input, cfg.Results, cfg.Failures, cfg.Target = j.in, j.results, j.set.failures, j.target.name
	if j.set.log != "" || j.set.report != "" {
		cfg.Observer = &j.watcher
	}
	cfg.Survey = batch.SurveyConfig{Samples: j.set.maxErrors, Full: j.set.out.dryRun}
	cfg.Sender = j.sender
	cfg.Notify = j.notify
	reading := func(time.Time) frame {
		read, size := j.in.Reading()
		return readingFrame(j.inputLabel(), read, size)
	}
	err = j.watched(barFirst, reading, func() (err error) {
		j.plan, err = batch.Prepare(j.ctx, cfg)
		return j.interrupted(err)
	})
	if err != nil {
		return err
	}
	for _, hint := range j.in.Facts().Hints {
		j.console.advise(hint)
	}
	if n := j.plan.Survey().EditedFinished; n > 0 {
		j.console.warn(words.Were(n, "finished row") + " edited; finished rows are not sent again: put the changes into a file of their own")
	}
	return nil
}

// mayBegin tells whether the rows may be sent, and whether the user wants it.
func (j *job) mayBegin() error {
	if refusal := j.plan.Survey().Refusal(j.set.strict); refusal != nil {
		return refusal
	}
	return j.ask()
}

// unfinished tells whether the records of an earlier run still have to be put
// in order.
func (j *job) unfinished() bool {
	continues := j.plan.Survey().Continues
	return continues != "" && continues != j.results
}

// done is the ending of a batch that has nothing left to be sent.
func (j *job) done() error {
	if !j.set.out.dryRun {
		if err := j.plan.WriteFailures(); err != nil {
			return stopped(batch.Local, err.Error(), "")
		}
	}
	j.nothing = j.nothingToDo()
	return nil
}

// nothingToDo is the line about a batch that is done.
func (j *job) nothingToDo() string {
	survey := j.plan.Survey()
	if survey.Rows == 0 {
		return fmt.Sprintf("nothing to do: %s holds no rows", j.inputLabel())
	}
	text := "nothing to do: the only row finished"
	if survey.Rows > 1 {
		text = fmt.Sprintf("nothing to do: all %s finished", words.Plural(survey.Rows, "row"))
	}
	if !survey.LastFinished.IsZero() {
		text += " " + survey.LastFinished.Local().Format(time.DateOnly)
	}
	if survey.Continues != "" {
		text += "; --fresh starts over"
	}
	if survey.Left > 0 {
		text += "; --limit leaves out " + words.Plural(survey.Left, "row")
	}
	return text
}

// inputLabel is the input as messages name it.
func (j *job) inputLabel() string {
	if j.set.path == "-" {
		return "standard input"
	}
	return words.Shown(j.set.path)
}

// interrupted turns what a signal brought about before the first request into the
// ending for the signal.
func (j *job) interrupted(err error) error {
	sig := j.signals.caught()
	if sig == nil || err == nil {
		return err
	}
	return stopped(batch.Signal, fmt.Sprintf("stopped by %s; nothing was sent", signalName(sig)), "")
}

func (j *job) close() {
	if j.plan != nil {
		j.plan.Close()
	}
	if j.in != nil {
		j.in.Close()
	}
	j.target.close()
	if j.lock != nil {
		j.lock.Release()
	}
}
