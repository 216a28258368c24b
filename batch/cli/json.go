package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/url"
	"slices"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// object is the summary as JSON, of schema_version 1. A check adds what it
// found.
type object struct {
	SchemaVersion int         `json:"schema_version"`
	RunID         string      `json:"run_id"`
	Target        string      `json:"target"`
	Plan          string      `json:"plan"` // the fingerprint
	Version       string      `json:"version"`
	StartedAt     string      `json:"started_at"`
	FinishedAt    string      `json:"finished_at"`
	DurationS     float64     `json:"duration_s"`
	Input         inputObject `json:"input"`
	BaseURL       string      `json:"base_url"`
	Proxy         string      `json:"proxy,omitempty"`
	batch.Summary
	RowsPerS float64      `json:"rows_per_s"`
	Error    string       `json:"error,omitempty"` // why it ended early or did not begin
	Hints    []string     `json:"hints,omitempty"`
	Check    *checkObject `json:"check,omitempty"`
	ExitCode int          `json:"exit_code"`
}

type inputObject struct {
	Path   string `json:"path"`
	Format string `json:"format"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// checkObject is what a check adds to the JSON object.
type checkObject struct {
	csvmap.Facts
	*batch.Survey
	Notes     []string `json:"notes"`
	SecondsAt *float64 `json:"seconds_at_rate"` // null without --rate
}

// object describes the job at its ending.
func (j *job) object(stop *batch.Stop) object {
	o := object{
		SchemaVersion: 1, RunID: j.runID, Target: j.target.name, Version: version(),
		Input:    inputObject{Path: j.set.path},
		BaseURL:  j.target.baseURL,
		Error:    j.nothing,
		ExitCode: j.exitCode(stop),
	}
	if j.target.client != nil {
		o.Proxy = j.target.client.Proxy()
	}
	if j.in != nil {
		o.Input.Format = j.in.Facts().Format
	}
	if j.plan != nil {
		o.Input.SHA256, o.Input.Rows, o.Plan = j.in.SHA256(), j.plan.Survey().Rows, j.plan.Survey().Plan
	}
	o.Summary = j.unsent()
	if j.summary != nil {
		o.Summary, o.RowsPerS = *j.summary, rowsPerSecond(j.summary)
		if j.summary.Stop != nil {
			o.Error = j.summary.Stop.Why
		}
	}
	o.StartedAt, o.FinishedAt = stamp(o.Started), stamp(o.Finished)
	o.DurationS = seconds(o.Finished.Sub(o.Started))
	if stop != nil {
		o.Error, o.Hints = stop.Why, hints(stop)
	}
	if j.set.out.dryRun && j.plan != nil {
		o.Check = j.checkObject()
	}
	return o
}

// unsent sums up a job that has sent nothing.
func (j *job) unsent() batch.Summary {
	s := batch.Summary{Started: j.started, Finished: time.Now(), Results: j.results, Errors: []results.Cause{}}
	if j.plan == nil {
		return s
	}
	survey := j.plan.Survey()
	s.Outcomes[record.Updated] = survey.Finished - survey.Skipped
	s.Outcomes[record.Skipped] = survey.Skipped // of earlier runs
	s.Outcomes[record.Invalid] = survey.Invalid
	s.Outcomes[record.Blocked] = survey.Held + survey.Behind
	s.Outcomes[record.Unsent] = survey.Rows - survey.Finished - survey.Invalid - survey.Held - survey.Behind
	for _, p := range survey.Problems {
		g := results.Cause{Message: p.Kind, Count: p.Count, Rows: []int64{}}
		for _, sample := range p.Samples {
			g.Rows = append(g.Rows, sample.Row)
		}
		s.Errors = append(s.Errors, g)
	}
	return s
}

// checkObject describes what a check found.
func (j *job) checkObject() *checkObject {
	survey := *j.plan.Survey()
	c := &checkObject{Facts: j.in.Facts(), Survey: &survey}
	c.Notes = append([]string{}, c.Facts.Hints...)
	if warning := replaceWarning(c.Survey); warning != "" {
		c.Notes = append(c.Notes, warning)
	}
	survey.First = slices.Clone(survey.First)
	for i, r := range survey.First {
		survey.First[i].Path = j.path(r)
	}
	if r := j.set.batch.Pace.Rate; r > 0 {
		at := float64(c.ToSend) / r
		c.SecondsAt = &at
	}
	return c
}

// path is where the request would go, without the host.
func (j *job) path(r batch.Request) string {
	prefix := ""
	if u, err := url.Parse(j.target.baseURL); err == nil {
		prefix = u.EscapedPath()
	}
	return prefix + client.TasksPath + r.TaskID
}

// writeJSON writes a value as one line of JSON.
func writeJSON(w io.Writer, value any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// seconds is a time in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// rowsPerSecond is the pace of this run, without what earlier runs did and
// what it left undone.
func rowsPerSecond(s *batch.Summary) float64 {
	d := s.Finished.Sub(s.Started).Seconds()
	if d <= 0 {
		return 0
	}
	done := max(0, s.Settled-s.Outcomes[record.Unsent])
	return math.Round(float64(done)/d*10) / 10
}
