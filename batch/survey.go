package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// SurveyConfig says how much Prepare tells of the input.
type SurveyConfig struct {
	Samples int  // samples kept for each kind of problem; 0 = all
	Full    bool // also count the values, and the tasks that occur more than once (8 bytes a row)
}

// Survey is what Prepare found in the input and in earlier results. As JSON it
// is the greater part of a check's object.
type Survey struct {
	RowCounts  `json:"rows"`
	Set        FieldCounts   `json:"fields_set"`     // rows to send that set the field
	Cleared    FieldCounts   `json:"fields_cleared"` // rows to send that clear it
	Values     ValuesByField `json:"values"`         // of the rows that are not finished; only if Full
	Problems   []Problem     `json:"problems"`       // of invalid rows
	Warnings   []Problem     `json:"warnings"`       // of odd rows that are sent
	First      []Request     `json:"first_requests"` // three at most
	EditedRows []int64       `json:"edited_rows"`    // the first of the edited rows that are not finished
	Plan       string        `json:"plan"`           // the fingerprint
	Continues  string        `json:"continues"`      // the file that is continued; "" = none

	LastFinished time.Time `json:"-"` // newest _at of a row finished earlier

	wanted   string   // Config.Plan
	earlier  Outcomes // of the rows that keep their record
	recorded Outcomes // of these, those whose record stands in the .partial
}

// RowCounts counts the rows by what is to be done with them.
type RowCounts struct {
	Rows           int64 `json:"selected"`
	Left           int64 `json:"left_out"` // rows of the input that --limit leaves out
	ToSend         int64 `json:"to_send"`
	NoChange       int64 `json:"no_change"` // rows that set no field: will be skipped
	Unchanged      int64 `json:"unchanged"` // rows that Config.SkipUnchanged lets skip: ToSend are those that differ
	Invalid        int64 `json:"invalid"`
	Finished       int64 `json:"finished"` // updated or skipped earlier: not sent again
	Skipped        int64 `json:"-"`        // of these, skipped
	Held           int64 `json:"held"`     // not sent because a later row of the task is updated
	Behind         int64 `json:"behind"`   // not sent because an earlier row of the task is invalid
	Edited         int64 `json:"edited"`   // rows of a results file that were edited and are not finished
	EditedFinished int64 `json:"edited_finished"`
	DuplicateTasks int64 `json:"duplicate_tasks"` // tasks that occur more than once; only if Full
}

// FieldCounts counts rows by field.
type FieldCounts [client.NumFields]int64

// MarshalJSON writes the fields that have rows, by name.
func (c FieldCounts) MarshalJSON() ([]byte, error) {
	byName := map[string]int64{}
	for f, n := range c {
		if n > 0 {
			byName[client.Field(f).String()] = n
		}
	}
	return json.Marshal(byName)
}

func (c *FieldCounts) add(fields client.FieldSet) {
	for f := range client.Field(client.NumFields) {
		if fields.Has(f) {
			c[f]++
		}
	}
}

// Problem is one kind of invalid (or odd) rows.
type Problem struct {
	Kind    string          `json:"kind"`
	Count   int64           `json:"count"`
	Samples []ProblemSample `json:"samples"`
}

// ProblemSample is one row with a problem.
type ProblemSample struct {
	Row    int64  `json:"row"`
	Line   int64  `json:"line"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// Request is one request as it would be sent.
type Request struct {
	Row    int64           `json:"row"`
	Method string          `json:"method"`
	Path   string          `json:"path"` // left to whoever knows the server
	TaskID string          `json:"-"`
	Body   json.RawMessage `json:"body"`
}

// takeSurvey reads the whole input. Where it turns out only then that earlier
// rows were counted wrongly, because a later one of their task is updated or
// differs from an earlier batch, it counts again.
func (p *Plan) takeSurvey(ctx context.Context) error {
	rows := p.cfg.Input.Check(ctx)
	content := &content{fingerprint: newFingerprint(p.cfg.Target), values: values{seed: p.order.seed}}
	for pass, again := content, true; again; pass = nil {
		known := len(p.order.newest)
		if err := p.surveyRows(rows, pass); err != nil {
			return err
		}
		rows, again = p.cfg.Input.Each(ctx), len(p.order.newest) > known
		if u := p.unchanged; u != nil && !u.settled {
			u.settled, again = true, again || u.again
		}
	}
	p.survey.Plan, p.survey.wanted = content.fingerprint.sum(), p.cfg.Plan
	p.survey.Values = content.values.summary()
	return nil
}

// content is what only the first pass sees.
type content struct {
	fingerprint *fingerprint
	values      values
}

func (c *content) add(it *item, full bool) {
	c.fingerprint.add(it.row)
	switch it.fate {
	case send, same, held, behind:
		if full {
			c.values.add(it.row)
		}
	}
}

// surveyRows makes one pass. c is nil in all but the first.
func (p *Plan) surveyRows(rows iter.Seq2[*csvmap.Row, error], c *content) error {
	w, err := p.newWalk()
	if err != nil {
		return err
	}
	s := &surveyor{order: &p.order, cfg: p.cfg.Survey, waiting: map[uint64]struct{}{}}
	s.Problems, s.Warnings, s.First, s.EditedRows = []Problem{}, []Problem{}, []Request{}, []int64{}
	if h := p.history; h != nil {
		s.Continues, s.LastFinished, s.lastUpdated = h.path, h.lastFinished, h.lastUpdated
	}
	if p.rerun {
		s.lastUpdated = 1 << 62 // any row may be updated
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		it := item{row: row}
		if err := w.visit(&it); err != nil {
			return err
		}
		if c != nil {
			c.add(&it, p.cfg.Survey.Full)
		}
		s.add(&it)
	}
	if err := w.end(); err != nil {
		return err
	}
	s.DuplicateTasks = s.tasks.doubled()
	p.survey = s.Survey
	return nil
}

// surveyor fills in a Survey, row by row, and finds the rows that must be held
// back because a later row of their task is updated already.
type surveyor struct {
	Survey
	cfg         SurveyConfig
	order       *order
	lastUpdated int64               // no row behind it is updated
	waiting     map[uint64]struct{} // tasks with a row to be sent that an updated one may still follow
	tasks       taskCounter         // of all rows
}

// add takes a row.
func (s *surveyor) add(it *item) {
	row := it.row
	if it.fate == left {
		s.Left++
		return
	}
	s.Rows++
	if it.task != 0 && s.cfg.Full {
		s.tasks.add(it.task)
	}
	s.countEdited(it)
	switch it.fate {
	case recorded:
		s.recorded[it.past.outcome]++
		s.finished(it)
	case carried:
		s.finishedAt(row.Prior.Head[record.ColAt])
		s.finished(it)
	case invalid:
		s.Invalid++
		s.sample(&s.Problems, row, row.Err)
	case behind:
		s.Behind++
	case held:
		s.Held++
	case noChange:
		s.NoChange++
	case same:
		s.Unchanged++
	case send:
		s.toSend(it)
	}
}

func (s *surveyor) countEdited(it *item) {
	switch {
	case it.row.Prior == nil || !it.row.Prior.Edited:
	case !it.past.outcome.Finished():
		if s.Edited++; s.Edited <= 5 {
			s.EditedRows = append(s.EditedRows, it.row.Number)
		}
	case !it.past.inFile: // else this batch has sent the row as it is now
		s.EditedFinished++
	}
}

// finished counts a row with a record. Where it is updated, earlier rows of
// its task must not be sent any more.
func (s *surveyor) finished(it *item) {
	s.earlier[it.past.outcome]++
	if !it.past.outcome.Finished() {
		return
	}
	s.Finished++
	if it.past.outcome == record.Skipped {
		s.Skipped++
	} else if _, ok := s.waiting[it.task]; ok {
		s.order.newest[it.task] = it.row.Number
	}
}

func (s *surveyor) toSend(it *item) {
	const firstRequests = 3
	row := it.row
	s.ToSend++
	if row.Number < s.lastUpdated {
		s.waiting[it.task] = struct{}{}
	}
	s.Set.add(row.Set)
	s.Cleared.add(row.Cleared)
	if len(s.First) < firstRequests {
		s.First = append(s.First, Request{Row: row.Number, Method: "PUT", TaskID: strings.Clone(row.TaskID), Body: bytes.Clone(row.Body)})
	}
	if row.Warning != nil {
		s.sample(&s.Warnings, row, row.Warning)
	}
}

// sample counts a row with a problem, and keeps the first of each kind.
func (s *surveyor) sample(list *[]Problem, row *csvmap.Row, e *csvmap.RowError) {
	i := slices.IndexFunc(*list, func(p Problem) bool { return p.Kind == e.Kind })
	if i < 0 {
		i = len(*list)
		*list = append(*list, Problem{Kind: e.Kind})
	}
	p := &(*list)[i]
	p.Count++
	if s.cfg.Samples == 0 || len(p.Samples) < s.cfg.Samples {
		p.Samples = append(p.Samples, ProblemSample{row.Number, e.Line, e.Column, e.Value, e.Reason})
	}
}

// finishedAt notes the _at of a finished row.
func (s *Survey) finishedAt(cell string) {
	if at, err := time.Parse(time.RFC3339, cell); err == nil && at.After(s.LastFinished) {
		s.LastFinished = at
	}
}

// Refusal is why a batch with these rows must not be sent; nil: it may. strict
// is --strict.
func (s *Survey) Refusal(strict bool) *Error {
	const hint = "taskbatch check shows what is wrong with them"
	switch {
	case s.wanted != "" && !strings.EqualFold(s.wanted, s.Plan):
		return errorOf(Input, fmt.Sprintf("--plan: the input, as the flags map it, and the target have the fingerprint %s, not %s; nothing was sent", s.Plan, s.wanted),
			"taskbatch check shows what would be sent, and its fingerprint")
	case s.Rows > 0 && s.Invalid == s.Rows:
		return errorOf(Input, "every row is invalid; nothing was sent", hint)
	case strict && s.Invalid > 0:
		return errorOf(Input, "--strict: the input has invalid rows; nothing was sent", hint)
	}
	return nil
}

// Done tells whether nothing is left to be sent or recorded.
func (s *Survey) Done() bool { return s.Finished == s.Rows }
