package cli

import (
	"bytes"
	"io"
	"os"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// tell is the ending of a job: the summary, the summary file, the error, and
// the exit code.
func (j *job) tell(err error) error {
	var e *ending
	if err != nil {
		e = endingOf(err)
	}
	o := j.object(e, j.exitCode(e))
	if failed := j.writeSummary(&o); failed != nil && o.ExitCode != exitBug {
		e, o = failed, j.object(failed, failed.exit)
	}
	j.print(e, &o)
	return reported(o.ExitCode)
}

// exitCode is that of the process: it speaks of the whole results file.
func (j *job) exitCode(e *ending) int {
	sig := j.signals.caught()
	s := j.summary
	switch {
	case e != nil:
		return e.exit
	case s != nil && s.Stop != nil && s.Stop.Cause != batch.Signal:
		return s.Stop.Cause.Exit()
	case sig != nil:
		return signalExit(sig)
	case j.set.out.dryRun:
		return j.checkExit()
	case s != nil && s.Complete && s.Outcomes[record.Updated]+s.Outcomes[record.Skipped] == s.Rows:
		return exitOK
	}
	return exitRows
}

// checkExit is the exit code of a check that reached its end.
func (j *job) checkExit() int {
	if j.plan.Survey().Invalid > 0 {
		return exitInput
	}
	return exitOK
}

// signalExit is what a shell shows for a process that died of the signal.
func signalExit(sig os.Signal) int { return exitSignals + signalNumber(sig) }

// writeSummary writes the file of --summary, once the run was set up.
func (j *job) writeSummary(o *object) *ending {
	if j.set.summary == "" || j.lock == nil {
		return nil
	}
	err := results.WriteAtomic(j.set.summary, 0o644, func(w io.Writer) error {
		return writeJSON(w, o)
	})
	if err != nil {
		return &ending{exit: exitLocal, msg: "cannot write the summary: " + err.Error()}
	}
	return nil
}

// print writes the ending for people or programs.
func (j *job) print(e *ending, o *object) {
	con, exit := j.console, o.ExitCode
	if j.set.out.json {
		writeJSON(con.out, o)
	}
	switch {
	case con.quiet && exit != exitOK:
		con.err.Write(j.text(e, exit))
	case !con.quiet && !j.set.out.json:
		con.out.Write(j.text(e, exit))
	}
	j.printEnding(e, exit)
}

// printEnding writes the lines on stderr.
func (j *job) printEnding(e *ending, exit int) {
	con := j.console
	if j.summary != nil {
		con.err.Write(j.summary.Unrecorded)
	}
	switch {
	case e != nil && exit == exitOK:
		con.plain(e.msg)
	case e != nil:
		con.errorf("%s", e.msg)
		for _, h := range e.hints {
			con.hint(h)
		}
	case j.summary != nil && j.summary.Stop != nil:
		if stop := j.summary.Stop; stop.Cause != batch.Signal {
			con.errorf("%s", oneLine(stop.Why))
			if stop.Hint != "" {
				con.hint(stop.Hint)
			}
		}
	}
}

// text is the summary for people; empty when there is nothing to sum up.
func (j *job) text(e *ending, exit int) []byte {
	var b bytes.Buffer
	p := page{w: &b, color: j.console.colorOut && !j.console.quiet}
	switch {
	case j.set.out.dryRun && j.plan != nil:
		j.checkPage(&p)
	case j.summary != nil:
		j.summaryPage(&p, exit)
	case e != nil && exit == exitInput && j.plan != nil:
		p.problems("invalid rows", j.plan.Survey().Problems)
	}
	return b.Bytes()
}
