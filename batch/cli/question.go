package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// askFrom is how many rows are sent without a question.
const askFrom = 100

// ask asks on a terminal whether to send. Without a terminal it
// never asks.
func (j *job) ask() error {
	if !j.mustAsk() {
		return nil
	}
	w := j.console.err
	fmt.Fprintf(w, "About to update %s\n", j.target.baseURL)
	for _, line := range questionLines(j.plan.Survey()) {
		fmt.Fprintf(w, "  %s\n", line)
	}
	fmt.Fprint(w, "Go on? [y/N] ")
	answer, err := readAnswer(j.stdin)
	if j.signals.caught() != nil {
		fmt.Fprintln(w)
		return j.interrupted(j.ctx.Err())
	}
	if err == io.EOF {
		fmt.Fprintln(w)
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		j.started = time.Now()
		return nil
	}
	return stopped(batch.Declined, "not confirmed; nothing was sent", "")
}

func (j *job) mustAsk() bool {
	survey := j.plan.Survey()
	switch {
	case j.set.out.yes || survey.ToSend == 0 || j.target.local() || j.set.path == "-":
		return false
	case survey.ToSend <= askFrom && survey.Edited+survey.EditedFinished == 0:
		return false
	}
	return j.console.interactive
}

// questionLines are the facts to decide on.
func questionLines(s *batch.Survey) []string {
	lines := []string{words.Plural(s.ToSend, "row") + " to send"}
	if text := fieldCounts(s.Set); text != "" {
		lines = append(lines, "fields to change: "+text)
	}
	if text := fieldCounts(s.Cleared); text != "" {
		lines = append(lines, "fields to clear: "+text)
	}
	for _, count := range []struct {
		n    int64
		text string
	}{
		{s.Invalid, "invalid, not sent"},
		{s.Finished, "finished earlier, not sent again"},
		{s.NoChange, "without a change, not sent"},
		{s.Held, "held back: a later row of the task is updated already"},
		{s.Edited, "edited since the results were written"},
		{s.EditedFinished, "edited although finished: not sent"},
	} {
		if count.n > 0 {
			lines = append(lines, words.Plural(count.n, "row")+" "+count.text)
		}
	}
	if warning := replaceWarning(s); warning != "" {
		lines = append(lines, "warning: "+warning)
	}
	return lines
}

// fieldCounts lists the fields with the number of rows for each.
func fieldCounts(counts [client.NumFields]int64) string {
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
	return fmt.Sprintf("the server may replace the whole %s of a task by what is sent, and not add to it", strings.Join(fields, " and "))
}

// readAnswer reads one line.
func readAnswer(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	return strings.TrimSpace(line), err
}
