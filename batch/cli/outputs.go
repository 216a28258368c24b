package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/report"
	"taskbatch/batch/results"
)

// newRunID is a name for a run that no other has: 16 hex digits.
func newRunID() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// outputs are the files, beside the results, that are written at an ending.
// {date} and {name} are filled in.
func (s *settings) outputs() []*string {
	return []*string{&s.failures, &s.summary, &s.report, &s.metrics, &s.log}
}

// fillOutputs fills in the outputs' names.
func (s *settings) fillOutputs(now time.Time) {
	for _, name := range s.outputs() {
		*name = s.expand(*name, now)
	}
}

// startLog opens the log and writes that the run begins.
func (j *job) startLog() error {
	if j.set.log == "" || j.set.out.dryRun {
		return nil
	}
	flags := map[string][]string{}
	for _, g := range j.inv.given {
		flags[g.flag.Name] = append(flags[g.flag.Name], g.text)
	}
	log, err := openLog(j.set.log, j.runID)
	if err == nil {
		j.watcher.log = log
		err = log.write(time.Now(), slog.LevelInfo, "start", slog.String("version", version()), slog.Any("flags", flags),
			slog.String("input", j.set.path), slog.String("results", j.results), slog.String("target", j.target.name))
	}
	if err != nil {
		return stopped(batch.Local, err.Error(), "")
	}
	return nil
}

// endLog writes how the run ended.
func (j *job) endLog(o *object) error {
	if j.watcher.log == nil {
		return nil
	}
	level := slog.LevelInfo
	if o.ExitCode != exitOK {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.Int("exit_code", o.ExitCode), slog.Int64("rows", o.Input.Rows), slog.Any("outcomes", o.Outcomes),
		slog.Int64("requests", o.Requests), slog.Int64("retries", o.Retries), slog.Int64("throttled", o.Throttled), slog.Float64("duration_s", o.DurationS),
	}
	if o.Error != "" {
		attrs = append(attrs, slog.String("error", oneLine(o.Error)))
	}
	j.watcher.log.write(time.Now(), level, "end", attrs...)
	err := j.watcher.log.close()
	j.watcher.log = nil
	return err
}

// writeOutputs writes the files of --report, --summary and --metrics, and the
// log's end. What comes after a file that cannot be written knows of it.
func (j *job) writeOutputs(stop *batch.Stop, o object) (*batch.Stop, object) {
	fail := func(err error) {
		if first := stop == nil || stop.Cause < batch.Local; err != nil && first { // what failed first counts
			stop = &batch.Stop{Cause: batch.Local, Why: err.Error()}
			o = j.object(stop)
		}
	}
	for _, file := range []struct {
		what, path string
		mode       os.FileMode
		write      func(io.Writer) error
	}{
		{"report", j.set.report, 0o600, func(w io.Writer) error { return j.writeReport(w, &o) }},
		{"summary", j.set.summary, 0o644, func(w io.Writer) error { return writeJSON(w, &o) }},
		{"metrics", j.set.metrics, 0o644, func(w io.Writer) error { _, err := w.Write(j.metricsText(&o)); return err }},
	} {
		if file.path != "" && j.mayWrite() {
			fail(writeOutput(file.what, file.path, file.mode, file.write))
		}
	}
	fail(j.endLog(&o))
	return stop, o
}

// writeOutput writes a whole file, or none.
func writeOutput(what, path string, mode os.FileMode, write func(io.Writer) error) error {
	if err := results.WriteAtomic(path, mode, write); err != nil {
		return fmt.Errorf("cannot write the %s: %w", what, err)
	}
	return nil
}

// mayWrite tells whether the outputs are this run's to write: not those of a
// check, and not where a name is no output's.
func (j *job) mayWrite() bool {
	return !j.set.out.dryRun && (j.lock != nil || j.files().Check() == nil)
}

// writeReport writes the report page of this ending.
func (j *job) writeReport(w io.Writer, o *object) error {
	ctx := context.WithoutCancel(j.ctx) // a signal is no reason to leave it out
	section := report.Nothing(j.set.path, o.Error)
	if _, err := os.Stat(o.Results); err == nil {
		if section, err = report.Read(ctx, o.Results, ""); err != nil {
			return err
		}
		section.Stopped, section.Waits = o.Error, j.watcher.waits
	}
	defer section.Close()
	if j.summary != nil {
		section.Next = j.next(o.ExitCode)
	}
	return report.WriteHTML(ctx, w, []*report.Section{section})
}
