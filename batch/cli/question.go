package cli

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// askFrom is how many rows are sent without a question.
const askFrom = 100

// ask asks on the controlling terminal whether to send, wherever the standard
// streams go. Without such a terminal it never asks.
func (j *job) ask() error {
	if !j.mustAsk() {
		return nil
	}
	tty := controllingTerminal()
	if tty == nil {
		return nil
	}
	defer tty.Close()
	fmt.Fprintf(tty, "About to update %s\n", j.label())
	for _, line := range questionLines(j.plan.Survey()) {
		fmt.Fprintf(tty, "  %s\n", line)
	}
	fmt.Fprint(tty, "Go on? [y/N] ")
	var answer string
	var err error
	if stop := j.waitFor(func() { answer, err = readAnswer(tty) }); stop != nil {
		fmt.Fprintln(tty)
		return stop
	}
	if err == io.EOF {
		fmt.Fprintln(tty)
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		j.started = time.Now()
		return nil
	}
	return stopped(batch.Declined, "not confirmed; nothing was sent", "--limit 20 tries some rows first; -y answers the question")
}

func (j *job) mustAsk() bool {
	survey := j.plan.Survey()
	many := survey.ToSend > askFrom || survey.Edited+survey.EditedFinished > 0
	return many && survey.ToSend > 0 && !j.set.out.yes && !j.target.local()
}

// questionLines are the facts to decide on.
func questionLines(s *batch.Survey) []string {
	var lines []string
	for _, n := range tallies(s) {
		lines = append(lines, words.Plural(n.count, "row")+" "+n.text)
	}
	lines = append(lines, fieldLines(s)...)
	for _, odd := range s.Warnings {
		lines = append(lines, fmt.Sprintf("odd: %s: %s", odd.Kind, words.Plural(odd.Count, "row")))
	}
	if warning := replaceWarning(s); warning != "" {
		lines = append(lines, "warning: "+warning)
	}
	return lines
}

// tally is a number of rows and what will become of them.
type tally struct {
	count int64
	text  string
}

// tallies count the rows by what update does with them: those to send, and
// the others if there are any.
func tallies(s *batch.Survey) []tally {
	all := []tally{
		{s.NoChange, "change nothing: will be skipped"},
		{s.Unchanged, "unchanged since the earlier results: will be skipped"},
		{s.Invalid, "invalid: will not be sent"},
		{s.Finished, "finished earlier: will not be sent again"},
		{s.Behind, "behind an invalid row of their task: will not be sent"},
		{s.Held, "held back: a later row of the task is updated already"},
		{s.Edited, "edited since the results were written: " + words.RowList(s.EditedRows, s.Edited, shownRows)},
		{s.EditedFinished, "edited although finished: will not be sent"},
	}
	some := slices.DeleteFunc(all, func(t tally) bool { return t.count == 0 })
	return append([]tally{{s.ToSend, "to send"}}, some...)
}

// fieldLines say which fields the rows to send change and clear.
func fieldLines(s *batch.Survey) []string {
	var lines []string
	if text := fieldCounts(s.Set); text != "" {
		lines = append(lines, "fields to change: "+text)
	}
	if text := fieldCounts(s.Cleared); text != "" {
		lines = append(lines, "fields to clear: "+text)
	}
	return lines
}

// fieldCounts lists the fields with the number of rows for each.
func fieldCounts(counts batch.FieldCounts) string {
	var parts []string
	for f, n := range counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s)", client.Field(f), words.Grouped(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// replaceWarning says what the API does not publish; "" when no row to send
// has such a field.
func replaceWarning(s *batch.Survey) string {
	var fields []string
	for _, f := range []client.Field{client.Metadata, client.AttachmentURLs} {
		if s.Set[f]+s.Cleared[f] > 0 {
			fields = append(fields, f.String())
		}
	}
	if len(fields) == 0 {
		return ""
	}
	text := fmt.Sprintf("the server may replace the whole %s of a task by what is sent, or add to it; it is not published which", strings.Join(fields, " and "))
	if s.Set[client.AttachmentURLs] > 0 {
		text += "; if it adds, an update repeated after no answer may attach a URL twice"
	}
	return text
}

// readAnswer reads one line.
func readAnswer(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	return strings.TrimSpace(line), err
}
