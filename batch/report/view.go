package report

import (
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// view is a section as the templates see it.
type view struct {
	*Section
	ID   int
	Lost iter.Seq[Row] // the first rows that did not get through
	most int64         // of these
}

type fact struct{ Name, Value string }

// part is the rows of one outcome in the bar.
type part struct {
	Outcome  string
	Count    string
	Share    string
	Meaning  string
	Bar      string  // of characters
	X, Width float64 // percent
}

type reason struct {
	Count, Outcome, Status, Message, Rows, Advice string
	Person                                        bool
}

type change struct {
	Name, Set, Cleared string
	Width              float64 // percent of the updated rows
}

// runView is one run, or several without a longer break.
type runView struct {
	Title  string
	Charts []chart
	Gaps   []string
}

// Verdict is the batch in one sentence.
func (s *Section) Verdict() string {
	updated, skipped, lost := s.Outcomes[record.Updated], s.Outcomes[record.Skipped], s.Unfinished()
	switch {
	case s.Partial:
		return fmt.Sprintf("Not finished: %s settled so far; %s updated, %s did not get through.", words.Plural(s.Rows, "row"), words.Grouped(updated), words.Grouped(lost))
	case s.records == nil:
		return "Nothing was sent."
	case s.Rows == 0:
		return "Nothing to do: the batch has no rows."
	case updated == s.Rows && s.Rows == 1:
		return "The only row was updated."
	case updated == s.Rows:
		return fmt.Sprintf("All %s were updated.", words.Plural(s.Rows, "row"))
	case skipped == s.Rows:
		return fmt.Sprintf("Nothing had to be changed: %s skipped.", words.Plural(s.Rows, "row"))
	case lost == 0:
		return fmt.Sprintf("All %s are done: %s updated, %s skipped.", words.Plural(s.Rows, "row"), words.Grouped(updated), words.Grouped(skipped))
	case updated+skipped == 0:
		return fmt.Sprintf("None of %s got through.", words.Plural(s.Rows, "row"))
	}
	text := fmt.Sprintf("%s of %s updated", words.Grouped(updated), words.Plural(s.Rows, "row"))
	if skipped > 0 {
		text += fmt.Sprintf(", %s skipped", words.Grouped(skipped))
	}
	return text + fmt.Sprintf("; %s did not get through.", words.Grouped(lost))
}

// Good tells whether nothing is left to be done.
func (v view) Good() bool { return v.Unfinished() == 0 && !v.Partial && v.records != nil }

// Name is the file's name, without its folder, as it is shown.
func (v view) Name() string { return visible(filepath.Base(v.Path), maxCell) }

// Target is where the rows went; "" if no row says so.
func (v view) Target() string { return visible(strings.Join(v.Targets, ", "), maxCell) }

// When is from when to when rows were answered; "" without any.
func (v view) When() string {
	if v.First.IsZero() {
		return ""
	}
	if stamp(v.First) == stamp(v.Last) {
		return stamp(v.First)
	}
	return stamp(v.First) + " to " + stamp(v.Last)
}

// Facts are the figures at the head of the page.
func (v view) Facts() []fact {
	facts := []fact{{"rows", words.Grouped(v.Rows)}}
	if v.First.IsZero() {
		return facts
	}
	facts = append(facts, fact{"requests", words.Grouped(v.Requests)})
	if v.Retried > 0 {
		facts = append(facts, fact{"rows tried again", words.Grouped(v.Retried)})
	}
	if v.Warnings > 0 {
		facts = append(facts, fact{"warnings", words.Grouped(v.Warnings)})
	}
	facts = append(facts,
		fact{"median", Took(v.Latency(0.5))}, fact{"99% within", Took(v.Latency(0.99))}, fact{"slowest", Took(v.Slowest)})
	if d := v.active(); d > 0 {
		facts = append(facts, fact{"from first to last answer", Took(d)})
		if tried := v.tried(); d.Seconds() >= 1 && tried > 1 {
			facts = append(facts, fact{"rows per second", rateLabel(float64(tried) / d.Seconds())})
		}
	}
	return facts
}

// Parts are the outcomes that rows have, with their places in the bar.
func (v view) Parts() (parts []part) {
	const (
		narrowest = 0.6 // percent: what is there can be seen
		longest   = 40  // characters
	)
	room, x := 100.0, 0.0
	for _, n := range v.Outcomes {
		if p := 100 * float64(n) / float64(max(1, v.Rows)); n > 0 && p < narrowest {
			room -= narrowest - p
		}
	}
	for o, n := range v.Outcomes {
		if n == 0 {
			continue
		}
		width := round(max(narrowest, room*float64(n)/float64(v.Rows)))
		outcome := record.Outcome(o)
		bar := strings.Repeat("#", int(max(1, n*longest/v.Rows)))
		parts = append(parts, part{outcome.String(), words.Grouped(n), share(n, v.Rows), Meaning(outcome), bar, x, width})
		x = round(x + width)
	}
	return parts
}

// Filters are the outcomes of the rows that did not get through.
func (v view) Filters() []part {
	return slices.DeleteFunc(v.Parts(), func(p part) bool {
		return p.Outcome == record.Updated.String() || p.Outcome == record.Skipped.String()
	})
}

// Runs are the stretches of time in which rows were answered.
func (v view) Runs() (runs []runView) {
	for _, s := range v.times.stretches {
		gaps := s.gaps(v.Waits)
		run := runView{Charts: s.charts(gaps), Gaps: gapTexts(gaps)}
		if len(v.times.stretches) > 1 {
			run.Title = stamp(time.UnixMilli(s.first)) + " to " + stamp(time.UnixMilli(s.last))
		}
		runs = append(runs, run)
	}
	return runs
}

// Gaps are the times of all runs in which nothing was answered.
func (v view) Gaps() []string { return gapTexts(v.gaps()) }

func gapTexts(gaps []gap) (texts []string) {
	for _, g := range gaps {
		texts = append(texts, g.text())
	}
	return texts
}

// Listed says that not all rows are listed; "" if they are.
func (v view) Listed() string {
	if n := v.Unfinished(); n > v.most {
		return fmt.Sprintf("the first %s of %s", words.Grouped(v.most), words.Grouped(n))
	}
	return ""
}

// Reasons are the causes for which rows did not get through.
func (v view) Reasons() (reasons []reason) {
	for i := range v.Causes {
		c := &v.Causes[i]
		r := reason{
			Count: words.Plural(c.Count, "row"), Outcome: c.Outcome.String(),
			Message: visible(c.Message, 1000), Rows: words.RowList(c.Rows, c.Count, len(c.Rows)),
		}
		if c.Status != 0 {
			r.Status = strconv.Itoa(c.Status)
		}
		r.Advice, r.Person = Advice(c)
		reasons = append(reasons, r)
	}
	return reasons
}

// Changes are the fields that updated rows gave a value or cleared.
func (v view) Changes() (changes []change) {
	for _, f := range v.Fields {
		if f.Set+f.Cleared == 0 {
			continue
		}
		c := change{Name: visible(f.Name, maxCell), Set: words.Grouped(f.Set), Cleared: words.Grouped(f.Cleared)}
		c.Width = round(100 * float64(f.Set+f.Cleared) / float64(max(1, v.Outcomes[record.Updated])))
		changes = append(changes, c)
	}
	return changes
}

// line is a row in one line; mark makes a text of the file harmless.
func (v view) line(row Row, mark func(string) string) string {
	var b strings.Builder
	columns := v.Columns()
	if i := slices.Index(columns, "taskId"); i >= 0 && row.Cells[i] != "" {
		b.WriteString(mark(row.Cells[i]) + " ")
	}
	b.WriteString(row.Outcome.String())
	if row.Status != "" && !strings.HasPrefix(row.Message, row.Status) {
		b.WriteString(" " + mark(row.Status))
	}
	if row.Message != "" {
		b.WriteString(", " + mark(row.Message))
	}
	for i, column := range columns {
		if cell := row.Cells[i]; cell != "" && column != "taskId" {
			b.WriteString("; " + mark(column) + " " + mark(words.Shorten(cell, 60)))
		}
	}
	return b.String()
}
