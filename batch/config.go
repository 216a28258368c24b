package batch

import (
	"context"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// Config is all that one batch needs. Prepare reads only the first group.
type Config struct {
	Input   *csvmap.Input
	Limit   int64  // only the first so many rows; 0 = all
	Results string // path of the results file; "" (check only): no earlier results are looked for
	Fresh   bool   // start over: earlier results are set aside, not continued
	Survey  SurveyConfig

	Target   string // what the run updates, for the records: a base URL or "sandbox"
	Failures string // path of the failures file; "" = none
	Pace     pace.Config
	Attempts int // attempts for a row; 429 and probes do not count
	Rules    Rules
	Sender   func() Sender // makes one sender for each worker
	Notify   func(Notice)  // called from Run's goroutine; must not block
}

// SurveyConfig says how much Prepare tells of the input.
type SurveyConfig struct {
	Samples    int  // samples kept for each kind of problem; 0 = all
	Duplicates bool // count the tasks that occur more than once (8 bytes a row)
}

// Sender makes one attempt of a row's update. client.Sender is the real one.
type Sender interface {
	Put(ctx context.Context, taskID string, body []byte) client.Reply
}

// Rules are the conditions that end a run early; zero = off but for MaxOutage.
type Rules struct {
	MaxFailures      int64         // rows that ended failed, unknown or invalid
	MaxFailuresShare float64       // 0..1 of the rows settled, after 100 of them
	MaxDuration      time.Duration // start no attempt after this long
	MaxOutage        time.Duration // while no row gets settled
	KeepGoing        bool          // switches off the nothing-works rule
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

// Survey is what Prepare found in the input and in earlier results.
type Survey struct {
	Rows     int64 // selected rows
	Left     int64 // rows of the input that --limit leaves out
	Finished int64 // updated or skipped earlier: not sent again
	Skipped  int64 // of these, skipped
	ToSend   int64
	NoChange int64 // rows that set no field: will be skipped
	Invalid  int64
	Held     int64 // not sent because a later row of the task is updated

	Edited         int64 // rows of a results file that were edited and will be sent
	EditedFinished int64 // edited rows that are updated or skipped already: not sent

	Set     [client.NumFields]int64 // rows to send that set the field
	Cleared [client.NumFields]int64 // rows to send that clear it

	DuplicateTasks int64 // tasks that occur more than once; only if asked for
	Problems       []Problem
	Warnings       []Problem
	First          []Request // the first three requests

	Continues    string    // the file that is continued; "" = none
	LastFinished time.Time // newest _at of a finished row in it
}

// Problem is one kind of invalid (or odd) rows.
type Problem struct {
	Kind    string
	Count   int64
	Samples []ProblemSample
}

// ProblemSample is one row with a problem.
type ProblemSample struct {
	Row    int64
	Line   int64
	Column string
	Value  string
	Reason string
}

// Request is one request as it would be sent.
type Request struct {
	Row    int64
	TaskID string
	Body   []byte
}

// Progress is a snapshot of a run.
type Progress struct {
	Total    int64 // selected rows
	Settled  int64 // rows with an outcome, those of earlier runs included
	Outcomes [record.NumOutcomes]int64
	InFlight int
	Rate     float64   // rows settled a second, over the last seconds
	Waiting  string    // why nothing is sent at the moment; "" = it is sending
	Until    time.Time // when the wait ends, if known
	Started  time.Time
}

// Summary is what became of the batch.
type Summary struct {
	Started, Finished time.Time
	Rows              int64 // selected rows
	Outcomes          [record.NumOutcomes]int64
	Requests          int64
	Retries           int64
	Throttled         int64 // answers 429
	Settled           int64 // rows settled by this run
	Warnings          int64 // updated rows whose answer showed another value
	LatencyMS         Latency
	Waited            Waited
	Errors            []ErrorGroup
	Unrecorded        []byte // records that could not be written, as CSV with line feeds
	Results           string // the file that holds the records (RESULTS, or the .partial that stayed)
	Complete          bool   // false: the .partial stayed
	Stop              *Stop  // why it ended early; nil = ran to the end
}

// Latency is the time of the attempts, in milliseconds.
type Latency struct{ P50, P90, P99, Max float64 }

// Waited is how long nothing could be sent, by cause.
type Waited struct{ Rate, Quota, Retry, Outage time.Duration }

// ErrorGroup counts the rows that did not get through for one cause.
type ErrorGroup struct {
	Outcome record.Outcome
	Status  int
	Message string // of the first row
	Count   int64
	Rows    []int64 // the first few
}
