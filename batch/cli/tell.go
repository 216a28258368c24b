package cli

import (
	"bytes"

	"taskbatch/batch"
)

// tell is the ending of a job: the summary, the summary file, the error, and
// the exit code.
func (j *job) tell(err error) error {
	stop := stopOf(err)
	if s := j.summary; stop == nil && s != nil && s.Stop != nil && s.Stop.Cause != batch.Signal {
		stop = s.Stop // a signal has been told already
	}
	stop, o := j.writeOutputs(stop, j.object(stop))
	j.signals.written()
	j.print(stop, &o)
	return reported(o.ExitCode)
}

// exitCode is that of the process: it speaks of the whole results file.
func (j *job) exitCode(stop *batch.Stop) int {
	sig := j.signals.caught()
	switch {
	case stop != nil && stop.Cause != batch.Signal:
		return stop.Cause.Exit()
	case sig != nil:
		return signalExit(sig)
	case j.nothing != "":
		return exitOK
	case j.set.out.dryRun && j.plan.Survey().Invalid > 0:
		return batch.Input.Exit()
	case j.set.out.dryRun || allFinished(j.summary):
		return exitOK
	}
	return exitRows
}

// print writes the ending for people or programs.
func (j *job) print(stop *batch.Stop, o *object) {
	con, text := j.console, j.text(stop, o.ExitCode)
	if j.set.out.json {
		writeJSON(con.out, o)
	}
	switch {
	case con.quiet && o.ExitCode != exitOK:
		con.err.Write(text)
	case !con.quiet && !j.set.out.json:
		con.out.Write(text)
	}
	if j.summary != nil {
		con.err.Write(j.summary.Unrecorded)
	}
	switch {
	case stop != nil:
		con.explain(stop)
	case j.nothing != "":
		con.plain(j.nothing)
	}
}

// text is the summary for people; empty when there is nothing to sum up.
func (j *job) text(stop *batch.Stop, exit int) []byte {
	var b bytes.Buffer
	p := page{w: &b, color: j.console.colorOut && !j.console.quiet}
	switch {
	case j.set.out.dryRun && j.plan != nil:
		j.checkPage(&p)
	case j.summary != nil:
		j.summaryPage(&p, exit)
	case stop != nil && stop.Cause == batch.Input && j.plan != nil:
		p.problems("invalid rows", j.plan.Survey().Problems)
	}
	return b.Bytes()
}
