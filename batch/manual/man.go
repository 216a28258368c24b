package manual

import "strings"

// edition is the date of the man page: that of its text.
const edition = "2026-11-25"

// Man is the man page, for man and mandoc.
func (p *Program) Man() string {
	r := &roff{}
	r.macro(`TH TASKBATCH 1 "` + edition + `" "taskbatch ` + escape(p.Version) + `"`)
	r.macro("SH NAME")
	r.line(`taskbatch \- update many tasks from a CSV or JSONL file`)
	r.macro("SH SYNOPSIS")
	for i, c := range p.Commands {
		if i > 0 {
			r.macro("br")
		}
		r.synopsis(c)
	}
	r.macro("SH DESCRIPTION")
	r.text("taskbatch reads a CSV or JSONL file and sends one update for each row. It checks the whole file before it sends anything, keeps to the server's quota, " +
		"retries what can be retried, and records what became of every row. From the results file that it leaves, one command sends again exactly the rows that did not get through.")
	r.macro("SH COMMANDS")
	for _, c := range p.Commands {
		r.macro(`SS "taskbatch ` + escape(c.Name) + `"`)
		r.text(sentence(c.Summary))
		r.body(p.text(c.Name))
		if c.Name == "check" {
			r.text("The flags are those of taskbatch update.")
			continue
		}
		r.flags(c.Flags)
	}
	for _, t := range Topics {
		r.macro(`SH "` + strings.ToUpper(strings.ReplaceAll(t.Name, "-", " ")) + `"`)
		r.body(p.text(t.Name))
	}
	return r.b.String()
}

// sentence makes a sentence of a summary.
func sentence(text string) string {
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// roff builds a page in the man macros.
type roff struct {
	b         strings.Builder
	paragraph bool // the next text begins a paragraph
}

func (r *roff) macro(text string) {
	r.b.WriteString("." + text + "\n")
	r.paragraph = false
}

// line writes a line that is roff already.
func (r *roff) line(text string) { r.b.WriteString(text + "\n") }

func (r *roff) synopsis(c *Command) {
	text := `.B taskbatch ` + escape(c.Name)
	if len(c.Flags) > 0 {
		text += ` \fR[\fIflags\fR]`
	}
	if c.Operand != "" {
		text += ` \fI` + escape(c.Operand) + `\fR`
	}
	r.line(text)
}

// text writes a paragraph.
func (r *roff) text(text string) {
	if r.paragraph {
		r.b.WriteString(".PP\n")
	}
	r.prose(text)
	r.paragraph = true
}

// body writes paragraphs, headings behind "# ", and indented lines as they are.
func (r *roff) body(source string) {
	for block := range strings.SplitSeq(strings.Trim(source, "\n"), "\n\n") {
		r.block(block)
	}
}

func (r *roff) block(block string) {
	if heading, ok := strings.CutPrefix(block, "# "); ok {
		r.macro(`SS "` + escape(heading) + `"`)
		return
	}
	for lines := strings.Split(block, "\n"); len(lines) > 0; {
		n := 1 // lines of one kind
		for n < len(lines) && indented(lines[n]) == indented(lines[0]) {
			n++
		}
		if indented(lines[0]) {
			r.example(lines[:n])
		} else {
			r.text(strings.Join(lines[:n], " "))
		}
		lines = lines[n:]
	}
}

func indented(line string) bool { return strings.HasPrefix(line, "  ") }

// prose writes a text in short lines.
func (r *roff) prose(text string) {
	for _, line := range wrap(escape(text), 78) {
		if strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		r.line(line)
	}
}

// example writes lines as they stand.
func (r *roff) example(lines []string) {
	if r.paragraph {
		r.b.WriteString(".PP\n")
	}
	r.b.WriteString(".nf\n")
	for _, line := range lines {
		r.line(escape(line))
	}
	r.b.WriteString(".fi\n")
	r.paragraph = true
}

func (r *roff) flags(flags []*Flag) {
	group := ""
	for _, f := range flags {
		if f.Group != group && f.Group != "" {
			r.b.WriteString(".PP\n")
			r.line(escape(f.Group) + " flags:")
		}
		group = f.Group
		r.b.WriteString(".TP\n")
		r.line(f.roff())
		r.prose(f.text())
	}
	if len(flags) > 0 {
		r.paragraph = true
	}
}

func (f *Flag) roff() string {
	text := `\fB` + escape("--"+f.Name) + `\fR`
	if f.Short != "" {
		text = `\fB` + escape("-"+f.Short) + `\fR, ` + text
	}
	if value := f.Placeholder(); value != "" {
		text += ` \fI` + escape(value) + `\fR`
	}
	return text
}

// escape makes a text of one line harmless to roff.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, `"`, `\(dq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
