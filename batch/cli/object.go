package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"time"

	"taskbatch/batch"
	"taskbatch/csvmap/record"
)

// object is the summary as JSON, of schema_version 1. A check
// adds what it found.
type object struct {
	SchemaVersion int          `json:"schema_version"`
	Version       string       `json:"version"`
	StartedAt     string       `json:"started_at"`
	FinishedAt    string       `json:"finished_at"`
	DurationS     float64      `json:"duration_s"`
	Input         inputObject  `json:"input"`
	Results       string       `json:"results"`
	BaseURL       string       `json:"base_url"`
	Proxy         string       `json:"proxy,omitempty"`
	Outcomes      outcomes     `json:"outcomes"`
	Requests      int64        `json:"requests"`
	Retries       int64        `json:"retries"`
	Throttled     int64        `json:"throttled"`
	RowsPerS      float64      `json:"rows_per_s"`
	LatencyMS     latency      `json:"latency_ms"`
	WaitedS       waited       `json:"waited_s"`
	Errors        []cause      `json:"errors"`
	Error         string       `json:"error,omitempty"` // why it ended early or did not begin
	Hints         []string     `json:"hints,omitempty"`
	Check         *checkObject `json:"check,omitempty"`
	ExitCode      int          `json:"exit_code"`
}

type inputObject struct {
	Path   string `json:"path"`
	Format string `json:"format"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

type outcomes struct {
	Updated int64 `json:"updated"`
	Skipped int64 `json:"skipped"`
	Failed  int64 `json:"failed"`
	Unknown int64 `json:"unknown"`
	Invalid int64 `json:"invalid"`
	Blocked int64 `json:"blocked"`
	Unsent  int64 `json:"unsent"`
}

type latency struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

type waited struct {
	Rate   float64 `json:"rate"`
	Quota  float64 `json:"quota"`
	Retry  float64 `json:"retry"`
	Outage float64 `json:"outage"`
}

type cause struct {
	Status  int     `json:"status"`
	Message string  `json:"message"`
	Count   int64   `json:"count"`
	Rows    []int64 `json:"rows"`
}

// object describes the job at its ending.
func (j *job) object(stop *batch.Stop) object {
	finished := time.Now()
	o := object{
		SchemaVersion: 1, Version: version(),
		StartedAt: stamp(j.started), FinishedAt: stamp(finished), DurationS: seconds(finished.Sub(j.started)),
		Input:    inputObject{Path: j.set.path},
		Results:  j.results,
		Error:    j.nothing,
		BaseURL:  j.target.baseURL,
		Errors:   []cause{},
		ExitCode: j.exitCode(stop),
	}
	if j.target.client != nil {
		o.Proxy = j.target.client.Proxy()
	}
	if j.in != nil {
		o.Input.Format = j.in.Facts().Format
	}
	if stop != nil {
		o.Error, o.Hints = stop.Why, hints(stop)
	}
	if j.plan != nil {
		o.Input.SHA256 = j.in.SHA256()
		o.Input.Rows = j.plan.Survey().Rows
		o.Outcomes = notSent(j.plan)
		o.Errors = problemCauses(j.plan.Survey().Problems)
	}
	if j.summary != nil {
		o.fillIn(j.summary)
	}
	if j.set.out.dryRun && j.plan != nil {
		o.Check = j.checkObject()
	}
	return o
}

// fillIn takes over what a run did.
func (o *object) fillIn(s *batch.Summary) {
	n := s.Outcomes
	o.StartedAt, o.FinishedAt = stamp(s.Started), stamp(s.Finished)
	o.DurationS = seconds(s.Finished.Sub(s.Started))
	o.Results = s.Results
	o.Outcomes = outcomes{
		n[record.Updated], n[record.Skipped], n[record.Failed], n[record.Unknown],
		n[record.Invalid], n[record.Blocked], n[record.Unsent],
	}
	o.Requests, o.Retries, o.Throttled = s.Requests, s.Retries, s.Throttled
	o.RowsPerS = rowsPerSecond(s)
	o.LatencyMS = latency(s.LatencyMS)
	o.WaitedS = waited{seconds(s.Waited.Rate), seconds(s.Waited.Quota), seconds(s.Waited.Retry), seconds(s.Waited.Outage)}
	o.Errors = []cause{}
	for _, g := range s.Errors {
		o.Errors = append(o.Errors, cause{g.Status, g.Message, g.Count, append([]int64{}, g.Rows...)})
	}
	if s.Stop != nil && o.Error == "" {
		o.Error = s.Stop.Why
	}
}

// notSent is what the rows are when nothing is sent.
func notSent(plan *batch.Plan) outcomes {
	survey := plan.Survey()
	o := outcomes{Updated: survey.Finished - survey.Skipped, Skipped: survey.Skipped, Invalid: survey.Invalid, Blocked: survey.Held}
	o.Unsent = survey.Rows - o.Updated - o.Skipped - o.Invalid - o.Blocked
	return o
}

// problemCauses are the kinds of invalid rows as causes.
func problemCauses(problems []batch.Problem) []cause {
	causes := []cause{}
	for _, p := range problems {
		c := cause{Message: p.Kind, Count: p.Count, Rows: []int64{}}
		for _, s := range p.Samples {
			c.Rows = append(c.Rows, s.Row)
		}
		causes = append(causes, c)
	}
	return causes
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
