package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"taskbatch/batch"
	"taskbatch/csvmap/words"
)

// page writes text for people: headings, and lists whose columns are aligned.
type page struct {
	w     io.Writer
	color bool
}

func (p *page) linef(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

// heading begins a section.
func (p *page) heading(text string) {
	fmt.Fprintf(p.w, "\n%s\n", paint(p.color, "1", text))
}

// table writes rows with aligned columns.
func (p *page) table(indent string, rows [][]string) {
	for _, line := range p.aligned(rows) {
		p.linef("%s%s", indent, line)
	}
}

// aligned are the rows as lines with aligned columns; the last column is not
// padded.
func (p *page) aligned(rows [][]string) (lines []string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// problems lists kinds of odd rows with their samples.
func (p *page) problems(title string, problems []batch.Problem) {
	if len(problems) == 0 {
		return
	}
	p.heading(title)
	for _, problem := range problems {
		p.linef("  %s: %s", problem.Kind, words.Plural(problem.Count, "row"))
		for _, s := range problem.Samples {
			p.linef("    %s", sampleText(s))
		}
		if more := problem.Count - int64(len(problem.Samples)); more > 0 {
			p.linef("    and %s more (--max-errors 0 shows all)", words.Grouped(more))
		}
	}
}

// sampleText says where a problem is, and what it is.
func sampleText(s batch.ProblemSample) string {
	text := fmt.Sprintf("row %d, line %d", s.Row, s.Line)
	if s.Column != "" {
		text += ", " + words.Shown(s.Column)
	}
	return text + ": " + oneLine(s.Reason)
}
