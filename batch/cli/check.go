package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// checkObject is what a check adds to the JSON object.
type checkObject struct {
	Compression string           `json:"compression"`
	Encoding    string           `json:"encoding"`
	Delimiter   string           `json:"delimiter"`
	Newline     string           `json:"newline"`
	IsResults   bool             `json:"is_results"`
	Columns     []columnObject   `json:"columns"`
	Continues   string           `json:"continues"`
	Rows        rowCounts        `json:"rows"`
	Set         map[string]int64 `json:"fields_set"`     // rows to send that change the field
	Cleared     map[string]int64 `json:"fields_cleared"` // rows to send that clear it
	Problems    []problemObject  `json:"problems"`
	Warnings    []problemObject  `json:"warnings"`
	Notes       []string         `json:"notes"`
	First       []requestObject  `json:"first_requests"`
	SecondsAt   *float64         `json:"seconds_at_rate"` // null without --rate
}

type columnObject struct {
	Name   string `json:"name"`
	Target string `json:"target"`
	Note   string `json:"note"`
}

type rowCounts struct {
	Selected       int64 `json:"selected"`
	ToSend         int64 `json:"to_send"`
	NoChange       int64 `json:"no_change"`
	Invalid        int64 `json:"invalid"`
	Finished       int64 `json:"finished"`
	Held           int64 `json:"held"`
	Edited         int64 `json:"edited"`
	EditedFinished int64 `json:"edited_finished"`
	DuplicateTasks int64 `json:"duplicate_tasks"`
}

type problemObject struct {
	Kind    string         `json:"kind"`
	Count   int64          `json:"count"`
	Samples []sampleObject `json:"samples"`
}

type sampleObject struct {
	Row    int64  `json:"row"`
	Line   int64  `json:"line"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

type requestObject struct {
	Row    int64           `json:"row"`
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
}

// checkObject describes what a check found.
func (j *job) checkObject() *checkObject {
	facts, s := j.in.Facts(), j.plan.Survey()
	c := &checkObject{
		Compression: facts.Compression, Encoding: facts.Encoding, Delimiter: facts.Delimiter, Newline: facts.Newline,
		IsResults: facts.IsResults, Columns: []columnObject{}, Continues: s.Continues,
		Rows: rowCounts{
			s.Rows, s.ToSend, s.NoChange, s.Invalid, s.Finished, s.Held,
			s.Edited, s.EditedFinished, s.DuplicateTasks,
		},
		Set: countByName(s.Set), Cleared: countByName(s.Cleared),
		Problems: problemObjects(s.Problems), Warnings: problemObjects(s.Warnings),
		Notes: append([]string{}, facts.Hints...), First: []requestObject{},
	}
	for _, col := range facts.Columns {
		c.Columns = append(c.Columns, columnObject{col.Name, col.Target, col.Note})
	}
	if warning := replaceWarning(s); warning != "" {
		c.Notes = append(c.Notes, warning)
	}
	for _, r := range s.First {
		c.First = append(c.First, requestObject{r.Row, "PUT", j.path(r), r.Body})
	}
	if r := j.set.batch.Pace.Rate; r > 0 {
		at := float64(s.ToSend) / r
		c.SecondsAt = &at
	}
	return c
}

func countByName(counts [client.NumFields]int64) map[string]int64 {
	byName := map[string]int64{}
	for f, n := range counts {
		if n > 0 {
			byName[client.Field(f).String()] = n
		}
	}
	return byName
}

func problemObjects(problems []batch.Problem) []problemObject {
	objects := []problemObject{}
	for _, p := range problems {
		o := problemObject{p.Kind, p.Count, []sampleObject{}}
		for _, s := range p.Samples {
			o.Samples = append(o.Samples, sampleObject(s))
		}
		objects = append(objects, o)
	}
	return objects
}

// path is where the request would go, without the host.
func (j *job) path(r batch.Request) string {
	prefix := ""
	if u, err := url.Parse(j.target.baseURL); err == nil {
		prefix = u.EscapedPath()
	}
	return prefix + client.TasksPath + r.TaskID
}

// checkPage is what a check found, for people.
func (j *job) checkPage(p *page) {
	j.checkInput(p)
	j.checkRows(p)
	s := j.plan.Survey()
	p.problems("invalid rows", s.Problems)
	p.problems("odd rows, which are sent as they stand", s.Warnings)
	j.checkRequests(p)
	if warning := replaceWarning(s); warning != "" {
		p.linef("")
		p.linef("%s %s", paint(p.color, "33", "warning:"), warning)
	}
	p.linef("")
	p.linef("nothing was sent and no file was written")
	if s.Invalid == 0 && s.ToSend+s.NoChange > 0 {
		p.linef("next: %s", paint(p.color, "1", j.real()))
	}
}

// checkInput says what was detected.
func (j *job) checkInput(p *page) {
	facts := j.in.Facts()
	what := facts.Format
	for _, part := range []string{facts.Compression, facts.Encoding, named("delimiter", facts.Delimiter), named("line ends", facts.Newline)} {
		if part != "" {
			what += ", " + part
		}
	}
	if facts.IsResults {
		what += ", a results file"
	}
	p.linef("%s: %s", j.inputLabel(), what)
	if len(facts.Columns) == 0 {
		return
	}
	p.heading("columns")
	var rows [][]string
	for _, col := range facts.Columns {
		note := ""
		if col.Note != "" {
			note = "(" + col.Note + ")"
		}
		name := shown(col.Name)
		if col.Name == "" && col.Target != "ignored" {
			name = "(constant)"
		}
		rows = append(rows, []string{name, "-> " + col.Target, note})
	}
	p.table("  ", rows)
}

// named puts a fact's name before it; "" for no fact.
func named(name, fact string) string {
	if fact == "" {
		return ""
	}
	return name + " " + fact
}

// checkRows counts the rows by what update would do with them.
func (j *job) checkRows(p *page) {
	s := j.plan.Survey()
	p.heading(words.Plural(s.Rows, "row"))
	for _, n := range tallies(s) {
		p.linef("  %9s  %s", words.Grouped(n.count), n.text)
	}
	if s.DuplicateTasks > 0 {
		p.linef("  %s with more than one row: these are sent in row order", words.Plural(s.DuplicateTasks, "task"))
	}
	if s.Continues != "" {
		p.linef("  continues %s", s.Continues)
	}
	for _, line := range fieldLines(s) {
		p.linef("  %s", line)
	}
	if r := j.set.batch.Pace.Rate; r > 0 && s.ToSend > 0 {
		p.linef("  takes at least %s at --rate %s", took(time.Duration(float64(s.ToSend)/r*float64(time.Second))), findFlag(j.inv.command, "rate").String())
	}
}

// checkRequests shows the first requests as they would be sent.
func (j *job) checkRequests(p *page) {
	const most = 2000 // bytes of a body
	first := j.plan.Survey().First
	if len(first) == 0 {
		return
	}
	p.heading(fmt.Sprintf("first requests, to %s", j.target.baseURL))
	for _, r := range first {
		body := string(r.Body)
		if len(body) > most {
			body = body[:most] + fmt.Sprintf("... (%s bytes)", words.Grouped(int64(len(body))))
		}
		p.linef("  row %d: PUT %s", r.Row, j.path(r))
		p.linef("    %s", oneLine(body))
	}
}
