package batch

import (
	"hash/maphash"
	"strings"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

const firstRequests = 3

// surveyor fills in a Survey, row by row, and finds the rows that must be held
// back because a later row of their task is updated already.
type surveyor struct {
	plan *Plan
	cfg  SurveyConfig
	out  *Survey

	seed     maphash.Seed
	waiting  map[uint64]int64 // hashes of tasks with earlier rows to be sent: how many
	tasks    duplicates       // hashes of all tasks
	problems map[string]int   // kind -> index in out.Problems
	warnings map[string]int
}

func newSurveyor(p *Plan) *surveyor {
	return &surveyor{plan: p, cfg: p.cfg.Survey, out: &p.survey, seed: maphash.MakeSeed(),
		waiting:  map[uint64]int64{},
		problems: map[string]int{}, warnings: map[string]int{}}
}

// add takes a selected row.
func (s *surveyor) add(row *csvmap.Row, v view) {
	o := s.out
	o.Rows++
	if v.fate == recorded {
		s.plan.tally.outcomes[v.past.outcome].Add(1)
	}
	if s.cfg.Duplicates && row.TaskID != "" {
		s.tasks.add(maphash.String(s.seed, row.TaskID))
	}
	if row.Prior != nil && row.Prior.Edited {
		switch {
		case !v.past.outcome.Finished():
			o.Edited++
		case !v.past.inFile: // else this batch has sent the row as it is now
			o.EditedFinished++
		}
	}
	if v.past.outcome.Finished() {
		o.Finished++
		if v.past.outcome == record.Skipped {
			o.Skipped++
		}
		s.finished(row, v)
		return
	}
	switch v.fate {
	case invalid:
		o.Invalid++
		s.sample(&o.Problems, s.problems, row, row.Err)
		return
	case noChange:
		o.NoChange++
	case send:
		o.ToSend++
		s.await(row)
		s.toSend(row)
	}
	if row.Warning != "" && v.fate != recorded && v.fate != carried {
		s.sample(&o.Warnings, s.warnings, row, &csvmap.RowError{Line: row.Line, Column: "taskId", Value: row.TaskID, Kind: row.Warning, Reason: row.Warning})
	}
}

// finished notes an updated row: earlier rows of its task are held back.
func (s *surveyor) finished(row *csvmap.Row, v view) {
	if v.fate == carried {
		s.out.finishedAt(row.Prior.Head[record.ColAt])
	}
	if v.past.outcome != record.Updated || row.TaskID == "" {
		return
	}
	h := maphash.String(s.seed, row.TaskID)
	if n, ok := s.waiting[h]; ok {
		s.plan.newest[strings.Clone(row.TaskID)] = row.Number
		s.out.Held += n
		s.out.ToSend -= n
		s.waiting[h] = 0
	}
}

// await notes a task with a row to be sent, if an updated row can still
// follow it.
func (s *surveyor) await(row *csvmap.Row) {
	if s.plan.rerun || row.Number < s.plan.lastUpdated {
		s.waiting[maphash.String(s.seed, row.TaskID)]++
	}
}

func (s *surveyor) toSend(row *csvmap.Row) {
	for f := range client.Field(client.NumFields) {
		if row.Set.Has(f) {
			s.out.Set[f]++
		}
		if row.Cleared.Has(f) {
			s.out.Cleared[f]++
		}
	}
	if len(s.out.First) < firstRequests {
		s.out.First = append(s.out.First, Request{row.Number, strings.Clone(row.TaskID), append([]byte(nil), row.Body...)})
	}
}

func (s *surveyor) sample(list *[]Problem, index map[string]int, row *csvmap.Row, e *csvmap.RowError) {
	i, ok := index[e.Kind]
	if !ok {
		i = len(*list)
		index[e.Kind] = i
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
	switch {
	case s.Rows > 0 && s.Invalid == s.Rows:
		return errorOf(Input, "every row is invalid; nothing was sent", "taskbatch check shows what is wrong with them")
	case strict && s.Invalid > 0:
		return errorOf(Input, "--strict: the input has invalid rows; nothing was sent", "taskbatch check shows what is wrong with them")
	}
	return nil
}

// Done tells whether nothing is left to be sent or recorded.
func (s *Survey) Done() bool { return s.Finished == s.Rows }
