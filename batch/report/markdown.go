package report

import (
	"context"
	"fmt"
	"io"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// WriteMarkdown writes the report for a ticket or the summary of a CI job. What
// comes from the file stands in code spans, where it means nothing.
func WriteMarkdown(ctx context.Context, w io.Writer, sections []*Section) error {
	for i, s := range sections {
		if i > 0 {
			fmt.Fprintln(w)
		}
		s.writeMarkdown(ctx, w)
	}
	return broken(sections)
}

func (s *Section) writeMarkdown(ctx context.Context, w io.Writer) {
	fmt.Fprintf(w, "## %s\n\n%s\n", s.Verdict(), code(s.Name()))
	if s.Target() != "" {
		fmt.Fprintf(w, "to %s\n", code(s.Target()))
	}
	if s.When() != "" {
		fmt.Fprintf(w, "from %s\n", s.When())
	}
	if s.Stopped != "" {
		fmt.Fprintf(w, "\n%s\n", code(visible(s.Stopped, maxCell)))
	}
	if s.Odd > 0 {
		fmt.Fprintf(w, "\n%s no record: `_outcome` or `_row` cannot be read.\n", are(s.Odd, "line"))
	}
	if s.Rows > 0 {
		fmt.Fprint(w, "\n| outcome | rows | share |\n|---|--:|--:|\n")
	}
	for o, n := range s.Outcomes {
		if n > 0 {
			fmt.Fprintf(w, "| %s | %s | %s |\n", record.Outcome(o), words.Grouped(n), share(n, s.Rows))
		}
	}
	s.markGaps(w)
	s.markReasons(w)
	if s.Next != "" {
		fmt.Fprintf(w, "\n### Next\n\n%s\n", codeBlock(s.Next))
	}
	s.markRows(ctx, w)
	s.markChanges(w)
}

func (s *Section) markGaps(w io.Writer) {
	gaps := s.gaps()
	if len(gaps) > 0 {
		fmt.Fprint(w, "\n### Nothing was answered\n\n")
	}
	for _, g := range gaps {
		fmt.Fprintf(w, "- %s\n", g.text())
	}
}

func (s *Section) markReasons(w io.Writer) {
	reasons := s.reasons()
	if len(reasons) > 0 {
		fmt.Fprint(w, "\n### Why rows did not get through\n\n")
	}
	for _, r := range reasons {
		if r.Person {
			r.Advice = "**Repair first:** " + strings.ReplaceAll(r.Advice, "_raw", "`_raw`")
		} else {
			r.Advice = upper(r.Advice)
		}
		fmt.Fprintf(w, "- **%s** %s %s\n  %s. %s.\n", r.Count, strings.TrimSpace(r.Outcome+" "+r.Status), code(orNone(r.Message)), r.Advice, upper(r.Rows))
	}
}

func (s *Section) markRows(ctx context.Context, w io.Writer) {
	if s.Unfinished() == 0 {
		return
	}
	fmt.Fprintf(w, "\n### Rows that did not get through%s\n\n", s.firstOf())
	for row := range s.unfinished(ctx, textRows) {
		fmt.Fprintf(w, "- row %s: %s\n", code(row.Number), s.rowText(row, code))
	}
}

func (s *Section) markChanges(w io.Writer) {
	changes := s.changes()
	if len(changes) > 0 {
		fmt.Fprint(w, "\n### What was changed\n\n")
	}
	for _, c := range changes {
		fmt.Fprintf(w, "- %s: set in %s, cleared in %s\n", code(c.Name), c.Set, c.Cleared)
	}
}

// code is a text as a code span, whatever backticks it has.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(text, " ") || strings.TrimSpace(text) == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeBlock is a command as a block of its own.
func codeBlock(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence
}
