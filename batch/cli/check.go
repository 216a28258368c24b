package cli

import (
	"fmt"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/batch/report"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// checkPage is what a check found, for people.
func (j *job) checkPage(p *page) {
	j.checkInput(p)
	j.checkRows(p)
	s := j.plan.Survey()
	p.problems("invalid rows", s.Problems)
	p.problems("odd rows, which are sent as they stand", s.Warnings)
	j.checkValues(p)
	j.checkRequests(p)
	if warning := replaceWarning(s); warning != "" {
		p.linef("")
		p.linef("%s %s", paint(p.color, "33", "warning:"), warning)
	}
	p.linef("")
	p.linef("nothing was sent and no file was written")
	j.checkNext(p)
}

// checkNext says what to do after a check.
func (j *job) checkNext(p *page) {
	s := j.plan.Survey()
	switch {
	case s.Invalid > 0 && s.ToSend > 0:
		p.linef("next: correct the invalid rows and check again; the other %s would be sent by: %s", words.Plural(s.ToSend, "row"), paint(p.color, "1", j.real()))
	case s.Invalid > 0:
		p.linef("next: correct the invalid rows and check again")
	case s.ToSend+s.NoChange > 0:
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
		name := words.Shown(col.Name)
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
	p.linef("  plan: %s (update --plan sends this and nothing else)", s.Plan)
	for _, line := range fieldLines(s) {
		p.linef("  %s", line)
	}
	if r := j.set.batch.Pace.Rate; r > 0 && s.ToSend > 0 {
		p.linef("  takes at least %s at --rate %s", report.Took(time.Duration(float64(s.ToSend)/r*float64(time.Second))), j.inv.command.Flag("rate").String())
	}
}

// checkValues shows the values of fields that have few, and those that are
// probably mistyped, with a command that translates all of them.
func (j *job) checkValues(p *page) {
	var rows, odd [][]string
	var flags []string
	for f, values := range j.plan.Survey().Values {
		name := client.Field(f).String()
		if values.Different == 0 {
			continue
		}
		rows = append(rows, []string{name, valueList(values)})
		for _, v := range values.Values {
			if !v.Foreign {
				continue
			}
			row := []string{words.Shown(v.Value), name, words.Plural(v.Rows, "row")}
			if v.Nearest != "" && !strings.ContainsAny(v.Value, ":=") {
				flag := "--replace " + words.Shell(name+":"+v.Value+"="+v.Nearest)
				flags = append(flags, flag)
				row = append(row, "did you mean "+v.Nearest+"? "+flag)
			}
			odd = append(odd, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	p.heading("values")
	p.table("  ", rows)
	if len(odd) > 0 {
		p.heading("values that the platform does not have; your organisation may have its own")
		p.table("  ", odd)
	}
	if len(flags) > 0 {
		p.linef("  all of these: %s", j.command("check", j.set.path, flags, func(f *manual.Flag) bool { return f.Name != "dry-run" }))
	}
}

// valueList is the values of a field with their rows, or how many there are.
func valueList(f batch.FieldValues) string {
	const most = 40 // bytes of one
	if len(f.Values) == 0 && f.More {
		return "more than " + words.Grouped(f.Different) + " different values"
	}
	if len(f.Values) == 0 {
		return words.Grouped(f.Different) + " different values"
	}
	var list []string
	for _, v := range f.Values {
		text := words.Visible(words.Shorten(v.Value, most))
		if strings.TrimSpace(text) != text {
			text = words.Shown(text)
		}
		list = append(list, fmt.Sprintf("%s (%s)", text, words.Grouped(v.Rows)))
	}
	return strings.Join(list, ", ")
}

// checkRequests shows the first requests as they would be sent.
func (j *job) checkRequests(p *page) {
	const most = 2000 // bytes of a body
	first := j.plan.Survey().First
	if len(first) == 0 {
		return
	}
	p.heading(fmt.Sprintf("first requests, to %s", j.label()))
	for _, r := range first {
		body := string(r.Body)
		if len(body) > most {
			body = body[:most] + fmt.Sprintf("... (%s bytes)", words.Grouped(int64(len(body))))
		}
		p.linef("  row %d: PUT %s", r.Row, j.path(r))
		p.linef("    %s", oneLine(body))
	}
}
