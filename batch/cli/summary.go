package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/report"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

const shownRows = 5 // numbers in a list of rows

// summaryPage is the summary of a run, for people.
func (j *job) summaryPage(p *page, exit int) {
	s := j.summary
	p.linef("%s", j.verdict())
	pace := ""
	if perSecond := rowsPerSecond(s); perSecond > 0 {
		pace = ", " + rate(perSecond) + " rows/s"
	}
	p.linef("%s to %s%s", j.inputLabel(), j.label(), pace)
	for o := record.Updated; o < record.NumOutcomes; o++ {
		if n := s.Outcomes[o]; n > 0 || o == record.Updated {
			p.linef("  %-8s %9s%s", o, words.Grouped(n), note(o, s))
		}
	}
	p.linef("  requests %9s%s", words.Grouped(s.Requests), requestNote(s))
	if survey := j.plan.Survey(); survey.Edited > 0 {
		p.linef("  %s edited since the results were written: %s", words.Were(survey.Edited, "row"), words.RowList(survey.EditedRows, survey.Edited, shownRows))
	}
	if text := waits(s.Waited); text != "" {
		p.linef("  %-14s %s", "waited", text)
	}
	if j.target.client != nil && j.target.client.Proxy() != "" {
		p.linef("  %-14s %s", "proxy", j.target.client.Proxy())
	}
	j.failures(p)
	p.linef("")
	p.linef("results: %s", words.Shown(s.Results))
	if j.set.failures != "" && s.Complete {
		p.linef("failures: %s", words.Shown(j.set.failures))
	}
	if j.in.Facts().IsResults && j.plan.Survey().Finished == 0 {
		p.linef("these are the results of the rows in %s; a larger batch that they were taken from (--failures) keeps its own", j.inputLabel())
	}
	next := j.next(exit)
	if next == "" {
		p.linef("next: nothing; every row is finished")
	} else {
		p.linef("next: %s", paint(p.color, "1", next))
	}
}

// verdict tells a finished run from a stopped one, and this run from the
// batch.
func (j *job) verdict() string {
	s, survey := j.summary, j.plan.Survey()
	how := "finished"
	if s.Stop != nil {
		how = "stopped"
	}
	if sig := j.signals.caught(); s.Stop != nil && s.Stop.Cause == batch.Signal && sig != nil {
		how += " by " + signalName(sig)
	}
	text := fmt.Sprintf("%s after %s: %s of %s updated", how, report.Took(s.Finished.Sub(s.Started)),
		words.Grouped(s.Outcomes[record.Updated]), words.Plural(s.Rows, "row"))
	if earlier := survey.Finished - survey.Skipped; earlier > 0 {
		text += fmt.Sprintf(" (%s of them earlier)", words.Grouped(earlier))
	}
	if n := s.Outcomes[record.Unsent]; n > 0 {
		text += ", " + words.Grouped(n) + " not sent"
	}
	return text
}

// note explains an outcome whose name does not say it all.
func note(o record.Outcome, s *batch.Summary) string {
	switch o {
	case record.Updated:
		if s.Warnings > 0 {
			return fmt.Sprintf("  (%s: the server shows another value, see _error)", words.Plural(s.Warnings, "warning"))
		}
	case record.Skipped, record.Unknown, record.Blocked, record.Unsent:
		return "  (" + report.Meaning(o) + ")"
	}
	return ""
}

// requestNote tells how the requests went.
func requestNote(s *batch.Summary) string {
	var parts []string
	if s.Retries > 0 {
		parts = append(parts, words.Grouped(s.Retries)+" of them retries")
	}
	if s.Throttled > 0 {
		parts = append(parts, words.Grouped(s.Throttled)+" throttled")
	}
	if s.LatencyMS.Max > 0 {
		parts = append(parts, fmt.Sprintf("median %s, 99%% within %s", millis(s.LatencyMS.P50), millis(s.LatencyMS.P99)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, ", ") + ")"
}

// millis writes milliseconds with as many digits as mean something.
func millis(ms float64) string {
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// waits says how long nothing could be sent, and why.
func waits(w batch.Waited) string {
	var parts []string
	for _, cause := range []struct {
		d    time.Duration
		text string
	}{{w.Rate, "for --rate"}, {w.Quota, "for the quota"}, {w.Retry, "before retries"}, {w.Outage, "for the server to come back"}} {
		if cause.d >= 100*time.Millisecond {
			parts = append(parts, report.Took(cause.d)+" "+cause.text)
		}
	}
	return strings.Join(parts, ", ")
}

// failures lists the causes for which rows did not get through, each with what
// to do about it.
func (j *job) failures(p *page) {
	causes := j.summary.Errors
	if len(causes) == 0 {
		return
	}
	p.heading("what did not get through")
	rows := [][]string{}
	for _, c := range causes {
		rows = append(rows, []string{words.Grouped(c.Count), c.Outcome.String(), words.RowList(c.Rows, c.Count, shownRows), causeText(c.Status, c.Message)})
	}
	for i, line := range p.aligned(rows) {
		p.linef("  %s", line)
		advice, person := report.Advice(&causes[i])
		if i+1 < len(causes) {
			if next, _ := report.Advice(&causes[i+1]); next == advice {
				continue // it follows below, for both
			}
		}
		if person {
			advice = "repair first: " + advice
		}
		p.linef("     %s", advice)
	}
}

// causeText is the status and the message, which may begin with it, cut to
// what one looks at; the results file holds all.
func causeText(status int, message string) string {
	const most = 200 // characters
	text := oneLine(message)
	if code := strconv.Itoa(status); status != 0 && text != code && !strings.HasPrefix(text, code+" ") {
		text = code + " " + text
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return text
}
