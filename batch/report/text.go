package report

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// textRows is how many rows that did not get through the text and the Markdown
// list.
const textRows = 20

// WriteText writes the report for a terminal or a mail.
func WriteText(ctx context.Context, w io.Writer, sections []*Section) error {
	for i, s := range sections {
		if i > 0 {
			fmt.Fprint(w, "\n\n")
		}
		s.writeText(ctx, w)
	}
	return broken(sections)
}

func (s *Section) writeText(ctx context.Context, w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", s.Name(), s.Verdict())
	if s.Stopped != "" {
		fmt.Fprintf(w, "%s\n", visible(s.Stopped, maxCell))
	}
	for _, line := range []string{s.Target(), s.When()} {
		if line != "" {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if s.Odd > 0 {
		fmt.Fprintf(w, "  %s no record: _outcome or _row cannot be read\n", are(s.Odd, "line"))
	}
	s.writeOutcomes(w)
	s.writeGaps(w)
	s.writeReasons(w)
	s.writeRows(ctx, w)
	s.writeChanges(w)
	if s.Next != "" {
		fmt.Fprintf(w, "\nnext: %s\n", s.Next)
	}
}

func (s *Section) writeOutcomes(w io.Writer) {
	const width = 40 // characters of the longest bar
	if s.Rows == 0 {
		return
	}
	fmt.Fprintln(w)
	for o, n := range s.Outcomes {
		if n > 0 {
			bar := strings.Repeat("#", int(max(1, n*width/s.Rows)))
			fmt.Fprintf(w, "  %-8s %11s  %-10s %s\n", record.Outcome(o), words.Grouped(n), share(n, s.Rows), bar)
		}
	}
	var facts []string
	for _, f := range s.facts()[1:] {
		facts = append(facts, f.Name+" "+f.Value)
	}
	if len(facts) > 0 {
		fmt.Fprintf(w, "\n  %s\n", wrap(strings.Join(facts, ", "), 76, "  "))
	}
}

func (s *Section) writeGaps(w io.Writer) {
	if gaps := s.gaps(); len(gaps) > 0 {
		fmt.Fprintf(w, "\nnothing was answered\n")
		for _, g := range gaps {
			fmt.Fprintf(w, "  %s\n", g.text())
		}
	}
}

// gaps are those of all stretches, with their causes.
func (s *Section) gaps() (gaps []Gap) {
	for _, st := range s.times.stretches {
		gaps = append(gaps, st.gaps()...)
	}
	name(gaps, s.Waits)
	return gaps
}

func (s *Section) writeReasons(w io.Writer) {
	reasons := s.reasons()
	if len(reasons) > 0 {
		fmt.Fprintf(w, "\nwhy rows did not get through\n")
	}
	for _, r := range reasons {
		fmt.Fprintf(w, "  %s %s: %s\n", r.Count, strings.TrimSpace(r.Outcome+" "+r.Status), orNone(r.Message))
		if r.Person {
			r.Advice = "repair first: " + r.Advice
		}
		fmt.Fprintf(w, "      %s\n      %s\n", r.Advice, r.Rows)
	}
}

func orNone(message string) string {
	if message == "" {
		return "no message"
	}
	return message
}

func (s *Section) writeRows(ctx context.Context, w io.Writer) {
	if s.Unfinished() == 0 {
		return
	}
	fmt.Fprintf(w, "\nrows that did not get through%s\n", s.firstOf())
	for row := range s.unfinished(ctx, textRows) {
		fmt.Fprintf(w, "  row %s: %s\n", row.Number, s.rowText(row, func(text string) string { return text }))
	}
}

// firstOf says that not all rows are listed.
func (s *Section) firstOf() string {
	if n := s.Unfinished(); n > textRows {
		return fmt.Sprintf(" (the first %d of %s)", textRows, words.Grouped(n))
	}
	return ""
}

// rowText is a row in one line; mark makes a text of the file harmless.
func (s *Section) rowText(row Row, mark func(string) string) string {
	var b strings.Builder
	if task := s.taskOf(row); task != "" {
		b.WriteString(mark(task) + " ")
	}
	b.WriteString(row.Outcome.String())
	if row.Status != "" && !strings.HasPrefix(row.Message, row.Status) {
		b.WriteString(" " + mark(row.Status))
	}
	if row.Message != "" {
		b.WriteString(", " + mark(row.Message))
	}
	for i, column := range s.shownColumns() {
		if cell := row.Cells[i]; cell != "" && column != "taskId" {
			b.WriteString("; " + mark(column) + " " + mark(words.Shorten(cell, 60)))
		}
	}
	return b.String()
}

func (s *Section) writeChanges(w io.Writer) {
	changes := s.changes()
	if len(changes) == 0 {
		return
	}
	fmt.Fprintf(w, "\nwhat was changed (updated rows by field)\n")
	longest := 0
	for _, c := range changes {
		longest = max(longest, utf8.RuneCountInString(c.Name))
	}
	for _, c := range changes {
		line := fmt.Sprintf("  %s%s %11s set", c.Name, strings.Repeat(" ", longest-utf8.RuneCountInString(c.Name)), c.Set)
		if c.Cleared != "0" {
			line += fmt.Sprintf(" %11s cleared", c.Cleared)
		}
		fmt.Fprintln(w, line)
	}
}

// are begins a sentence about a count: 1 line is, 2 lines are.
func are(n int64, word string) string {
	if n == 1 {
		return "1 " + word + " is"
	}
	return words.Plural(n, word) + " are"
}

// wrap breaks a list at its commas so that lines have at most so many bytes.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	used := 0
	for i, part := range strings.Split(text, ", ") {
		if i > 0 && used+len(part)+2 > width {
			b.WriteString(",\n" + indent)
			used = 0
		} else if i > 0 {
			b.WriteString(", ")
			used += 2
		}
		b.WriteString(part)
		used += len(part)
	}
	return b.String()
}
