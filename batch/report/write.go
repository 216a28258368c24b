package report

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

var (
	//go:embed page.html
	htmlText string
	//go:embed page.css
	styleText string
	//go:embed page.txt
	plainText string
	//go:embed page.md
	markdownText string
)

// How many rows that did not get through are listed: on the page, and
// elsewhere.
const (
	htmlRows = 10_000
	textRows = 20
)

// The templates are parsed when first used: most commands write no report.
var (
	htmlTemplate = sync.OnceValue(func() *template.Template {
		return template.Must(template.New("page").Funcs(template.FuncMap{"upper": upper, "are": words.Are[int64]}).Parse(htmlText))
	})
	plainTemplate    = sync.OnceValue(func() *texttemplate.Template { return textTemplate(plainText, strings.Clone) })
	markdownTemplate = sync.OnceValue(func() *texttemplate.Template { return textTemplate(markdownText, code) })
)

// textTemplate parses a template; mark makes a text of the file harmless.
func textTemplate(text string, mark func(string) string) *texttemplate.Template {
	return texttemplate.Must(texttemplate.New("page").Funcs(texttemplate.FuncMap{
		"row": func(v view, row Row) string { return v.line(row, mark) }, "code": code, "codeBlock": codeBlock, "upper": upper, "are": words.Are[int64], "longest": longest, "inline": inline,
		"visible": func(text string) string { return visible(text, maxCell) },
		"rawName": func(advice string) string { return strings.ReplaceAll(advice, "_raw", "`_raw`") },
	}).Parse(text))
}

// WriteHTML writes the page: one file that loads nothing and runs nothing.
func WriteHTML(ctx context.Context, w io.Writer, sections []*Section) error {
	return write(ctx, w, htmlTemplate(), sections, htmlRows)
}

// WriteText writes the report for a terminal or a mail.
func WriteText(ctx context.Context, w io.Writer, sections []*Section) error {
	return write(ctx, w, plainTemplate(), sections, textRows)
}

// WriteMarkdown writes the report for a ticket or the summary of a CI job. What
// comes from the file stands in code spans, where it means nothing.
func WriteMarkdown(ctx context.Context, w io.Writer, sections []*Section) error {
	return write(ctx, w, markdownTemplate(), sections, textRows)
}

func write(ctx context.Context, w io.Writer, t interface{ Execute(io.Writer, any) error }, sections []*Section, most int64) error {
	var p page
	for i, s := range sections {
		p.Sections = append(p.Sections, view{Section: s, ID: i + 1, Lost: s.unfinished(ctx, most), most: most})
	}
	if err := t.Execute(w, p); err != nil {
		return err
	}
	for _, s := range sections {
		if s.broken != nil { // the error that cut the rows short
			return s.broken
		}
	}
	return nil
}

// page is what a template sees.
type page struct{ Sections []view }

// Style is the style sheet.
func (page) Style() template.CSS { return template.CSS(styleText) }

// Policy is the content security policy: the style sheet, and nothing else.
func (page) Policy() string {
	sum := sha256.Sum256([]byte(styleText))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// Written is the time of writing.
func (page) Written() string { return stamp(time.Now()) }

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

// longest is the length of the longest name.
func longest(changes []change) (n int) {
	for _, c := range changes {
		n = max(n, utf8.RuneCountInString(c.Name))
	}
	return n
}

// inline lists facts in lines of at most 76 bytes.
func inline(facts []fact) string {
	const width, indent = 76, "  "
	var b strings.Builder
	used := 0
	for i, f := range facts {
		part := f.Name + " " + f.Value
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
