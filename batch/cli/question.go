package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"taskbatch/batch"
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

// readAnswer reads one line.
func readAnswer(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	return strings.TrimSpace(line), err
}
