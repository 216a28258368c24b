package cli

import (
	"fmt"

	"taskbatch/batch"
)

// send runs the plan, shows its progress and hands signals to it.
func (j *job) send() error {
	stop := make(chan struct{}, 2)
	view := newDisplay(j.console.err, j.progressMode(), j.plan.Progress)
	j.view = view
	finished := make(chan struct{})
	viewer := inBackground(func() { view.run(finished) })
	j.signals.during(func(nth int) { j.askToStop(nth, stop) }, view.postProgress)
	defer func() { // also when the run panics: stderr must be free for the last line
		j.signals.afterwards()
		close(finished)
		j.signals.outlast(viewer, lastProgress)
		j.view = nil
	}()
	summary, err := j.plan.Run(j.ctx, stop)
	j.summary = summary
	return err
}

// askToStop passes the first two signals on and says so at once.
func (j *job) askToStop(nth int, stop chan<- struct{}) {
	switch nth {
	case 1:
		j.view.post(fmt.Sprintf("taskbatch: stopping: no new requests, waiting up to 10 s for %d in flight; again to stop at once", j.plan.Progress().InFlight))
	case 2:
		j.view.post("taskbatch: stopping at once")
	default:
		return
	}
	stop <- struct{}{}
}

// notify shows a notice of the run. It is called from the run's goroutine and
// does not block.
func (j *job) notify(n batch.Notice) {
	if j.console.quiet {
		return
	}
	prefix := "taskbatch:"
	if n.Warning {
		prefix = j.console.prefix("warning:", "33")
	}
	line := prefix + " " + oneLine(n.Text)
	if j.view == nil { // before the first request
		fmt.Fprintln(j.console.err, line)
		return
	}
	j.view.post(line)
}

// progressMode is what auto stands for.
func (j *job) progressMode() string {
	mode := j.set.out.progress
	switch {
	case j.set.out.quiet:
		return progressNone
	case mode != progressAuto:
		return mode
	case isTerminal(j.console.err):
		return progressBar
	}
	return progressNone
}
