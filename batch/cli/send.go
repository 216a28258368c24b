package cli

import (
	"fmt"
	"os"
	"time"

	"taskbatch/batch"
	"taskbatch/csvmap/words"
)

// send runs the plan, shows its progress and hands signals to it.
func (j *job) send() error {
	stop := make(chan struct{}, 2)
	rate := j.inv.command.Flag("rate").String()
	show := func(now time.Time) frame {
		p := j.plan.Progress()
		if p.Pace == "--rate" {
			p.Pace += " " + rate
		}
		return runFrame(p, now)
	}
	return j.watched(0, show, func() (err error) {
		if earlier := j.plan.Progress().Settled; earlier > 0 && j.view.mode != progressNone {
			j.view.post(fmt.Sprintf("taskbatch: resumed at %s of %s", words.Grouped(earlier), words.Plural(j.plan.Survey().Rows, "row")))
		}
		j.signals.during(func(nth int) { j.askToStop(nth, stop) }, j.view.postProgress)
		defer j.signals.afterwards()
		j.summary, err = j.plan.Run(j.ctx, stop)
		return err
	})
}

// watched does a part of the job while a display shows how far it is, from
// some time on.
func (j *job) watched(first time.Duration, show func(time.Time) frame, work func() error) error {
	mode := j.progressMode()
	if mode == progressPlain && first > 0 {
		first = plainInterval
	}
	view := newDisplay(j.console.err, mode, first, show)
	j.view = view
	finished := make(chan struct{})
	viewer := inBackground(func() { view.run(finished) }) // may outlast the job's own
	defer func() {                                        // also after a panic: stderr must be free for the last line
		close(finished)
		outlast(viewer, j.signals.over, lastProgress)
		j.view = nil
	}()
	return work()
}

// askToStop passes the first two signals on and says so at once.
func (j *job) askToStop(nth int, stop chan<- struct{}) {
	switch nth {
	case 1:
		text := "nothing is in flight"
		if n := j.plan.Progress().InFlight; n > 0 {
			text = fmt.Sprintf("waiting up to 10 s for %d in flight; again to stop at once", n)
		}
		j.view.post("taskbatch: stopping: " + text)
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
	case isTerminal(j.console.err) && os.Getenv("TERM") != "dumb":
		return progressBar
	}
	return progressNone
}
