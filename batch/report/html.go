package report

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"time"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// maxListed is how many rows that did not get through the page lists.
const maxListed = 10_000

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template sees.
type page struct {
	Title    string
	Policy   string // the content security policy
	Style    template.CSS
	Sections []sectionView
	Written  string
}

// sectionView is a section as the template sees it.
type sectionView struct {
	*Section
	ID        int
	Good      bool
	Facts     []fact
	Parts     []part
	Stretches []stretchView
	Reasons   []reason
	Changes   []change
	Columns   []string
	Filters   []part
	Rows      iter.Seq[Row]
	Listed    string
}

type fact struct{ Name, Value string }

// part is the rows of one outcome in the bar.
type part struct {
	Outcome  string
	Count    string
	Share    string
	Meaning  string
	X, Width float64 // percent
}

type stretchView struct {
	Title  string
	Charts []chart
	Gaps   []string
}

type reason struct {
	Count, Outcome, Status, Message, Rows, Advice string
	Person                                        bool
}

type change struct {
	Name, Set, Cleared string
	Width              float64 // percent of the updated rows
}

// WriteHTML writes the page: one file that loads nothing and runs nothing.
func WriteHTML(ctx context.Context, w io.Writer, sections []*Section) error {
	sum := sha256.Sum256([]byte(pageStyle))
	p := page{
		Title:   "taskbatch report",
		Policy:  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Style:   template.CSS(pageStyle),
		Written: stamp(time.Now()),
	}
	for i, s := range sections {
		p.Sections = append(p.Sections, s.view(ctx, i+1))
	}
	if len(sections) == 1 {
		p.Title = sections[0].Name() + ": taskbatch report"
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return err
	}
	return broken(sections)
}

// broken is the error that cut the rows of a section short.
func broken(sections []*Section) error {
	for _, s := range sections {
		if s.broken != nil {
			return s.broken
		}
	}
	return nil
}

func (s *Section) view(ctx context.Context, id int) sectionView {
	v := sectionView{
		Section: s, ID: id, Good: s.Unfinished() == 0 && !s.Partial && s.records != nil,
		Facts: s.facts(), Parts: s.parts(), Reasons: s.reasons(), Changes: s.changes(),
		Columns: s.shownColumns(), Rows: s.unfinished(ctx, maxListed),
	}
	for _, st := range s.times.stretches {
		v.Stretches = append(v.Stretches, s.stretchView(st))
	}
	for _, p := range v.Parts {
		if p.Outcome != record.Updated.String() && p.Outcome != record.Skipped.String() {
			v.Filters = append(v.Filters, p)
		}
	}
	if n := s.Unfinished(); n > maxListed {
		v.Listed = fmt.Sprintf("The first %s of %s; all of them stand in the results file.", words.Grouped(int64(maxListed)), words.Grouped(n))
	}
	return v
}

// facts are the figures at the head of the page.
func (s *Section) facts() []fact {
	facts := []fact{{"rows", words.Grouped(s.Rows)}}
	if s.First.IsZero() {
		return facts
	}
	facts = append(facts, fact{"requests", words.Grouped(s.Requests)})
	if s.Retried > 0 {
		facts = append(facts, fact{"rows tried again", words.Grouped(s.Retried)})
	}
	if s.Warnings > 0 {
		facts = append(facts, fact{"warnings", words.Grouped(s.Warnings)})
	}
	facts = append(facts,
		fact{"median", Took(s.Latency(0.5))}, fact{"99% within", Took(s.Latency(0.99))}, fact{"slowest", Took(s.Slowest)})
	if d := s.active(); d > 0 {
		facts = append(facts, fact{"from first to last answer", Took(d)})
		if tried := s.tried(); d.Seconds() >= 1 && tried > 1 {
			facts = append(facts, fact{"rows per second", rateLabel(float64(tried) / d.Seconds())})
		}
	}
	return facts
}

// parts are the outcomes that rows have, with their places in the bar.
func (s *Section) parts() (parts []part) {
	const narrowest = 0.6 // percent: what is there can be seen
	room, x := 100.0, 0.0
	for _, n := range s.Outcomes {
		if p := 100 * float64(n) / float64(max(1, s.Rows)); n > 0 && p < narrowest {
			room -= narrowest - p
		}
	}
	for o, n := range s.Outcomes {
		if n == 0 {
			continue
		}
		width := round(max(narrowest, room*float64(n)/float64(s.Rows)))
		outcome := record.Outcome(o)
		parts = append(parts, part{outcome.String(), words.Grouped(n), share(n, s.Rows), meanings[outcome], x, width})
		x = round(x + width)
	}
	return parts
}

// meanings explain the outcomes.
var meanings = [record.NumOutcomes]string{
	record.Updated: "the server took the update",
	record.Skipped: "changes nothing, or was given already",
	record.Failed:  "refused, or errors to the end",
	record.Unknown: "sent and not answered: may have been applied",
	record.Invalid: "cannot be turned into a request",
	record.Blocked: "an earlier row of its task did not get through",
	record.Unsent:  "not tried",
}

func (s *Section) stretchView(st *stretch) stretchView {
	gaps := st.gaps()
	name(gaps, s.Waits)
	v := stretchView{Charts: st.charts(gaps)}
	if len(s.times.stretches) > 1 {
		v.Title = stamp(time.UnixMilli(st.first)) + " to " + stamp(time.UnixMilli(st.last))
	}
	for _, g := range gaps {
		v.Gaps = append(v.Gaps, g.text())
	}
	return v
}

func (s *Section) reasons() (reasons []reason) {
	for i := range s.Causes {
		c := &s.Causes[i]
		advice, person := Advice(c)
		reasons = append(reasons, reason{
			Count: words.Plural(c.Count, "row"), Outcome: c.Outcome.String(), Status: statusText(c.Status),
			Message: visible(c.Message, 1000), Rows: words.RowList(c.Rows, c.Count, len(c.Rows)), Advice: advice, Person: person,
		})
	}
	return reasons
}

func (s *Section) changes() (changes []change) {
	for _, f := range s.Fields {
		if f.Set+f.Cleared == 0 {
			continue
		}
		c := change{Name: visible(f.Name, maxCell), Set: words.Grouped(f.Set), Cleared: words.Grouped(f.Cleared)}
		c.Width = round(100 * float64(f.Set+f.Cleared) / float64(max(1, s.Outcomes[record.Updated])))
		changes = append(changes, c)
	}
	return changes
}
