package manual

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed texts
var texts embed.FS

// Topics are the topics of help beside the commands, in their order.
var Topics = []Topic{
	{"input", "files, columns, cells, values"},
	{"results", "the results file, outcomes, rerun, continue, report"},
	{"pace", "quota, retries, outages, stop rules, signals"},
	{"cron", "unattended: cron, systemd, Kubernetes, monitoring"},
	{"spreadsheets", "from a spreadsheet and back"},
	{"environment", "variables and the key"},
	{"exit-codes", "what a run ends with, and where it writes"},
}

// Topic is a page of help that belongs to no single command.
type Topic struct{ Name, Summary string }

// Help is the help of a command or about a topic, and without a word that of
// the program; false: there is no such command or topic.
func (p *Program) Help(word string) (text string, ok bool) {
	if word == "" {
		return p.text("taskbatch"), true
	}
	if c := p.Command(word); c != nil {
		return p.commandHelp(c), true
	}
	i := slices.IndexFunc(Topics, func(t Topic) bool { return t.Name == word })
	if i < 0 {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", word, Topics[i].Summary)
	for line := range strings.Lines(p.text(word)) {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			line = strings.ToUpper(heading)
		}
		b.WriteString(line)
	}
	return b.String(), true
}

// text is that of a command, of a topic or of the program, with its tables:
// paragraphs, headings behind "# ", and lines that stand as they are behind
// blanks.
func (p *Program) text(name string) string {
	source, err := texts.ReadFile("texts/" + name + ".txt")
	if err != nil {
		panic(err) // TestTexts: each has one
	}
	return strings.NewReplacer(
		"{{columns}}\n", Columns.text(),
		"{{outcomes}}\n", Outcomes.text(),
		"{{exit-codes}}\n", ExitCodes.text(),
		"{{environment}}\n", p.environment().text(),
		"{{commands}}\n", p.commandList(),
		"{{topics}}\n", topicList(),
	).Replace(string(source))
}

func (p *Program) commandList() string {
	var b strings.Builder
	for _, c := range p.Commands {
		fmt.Fprintf(&b, "  %-22s %s\n", strings.TrimSpace(c.Name+" "+c.Operand), c.Summary)
	}
	return b.String()
}

func topicList() string {
	var b strings.Builder
	for _, t := range Topics {
		fmt.Fprintf(&b, "  %-14s %s\n", t.Name, t.Summary)
	}
	return b.String()
}

// commandHelp is the help of a command: flags stand in their groups.
func (p *Program) commandHelp(c *Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "taskbatch %s: %s\n\nUsage:\n  taskbatch %s", c.Name, c.Summary, c.Name)
	if len(c.Flags) > 0 {
		b.WriteString(" [flags]")
	}
	if c.Operand != "" {
		b.WriteString(" " + c.Operand)
	}
	b.WriteString("\n\n" + p.text(c.Name))
	for i, f := range c.Flags {
		if i == 0 || f.Group != c.Flags[i-1].Group {
			fmt.Fprintf(&b, "\n%s:\n", strings.TrimSpace(f.Group+" flags"))
		}
		b.WriteString(f.help())
	}
	return b.String()
}

// help is the flag's line in the help; long ones take two.
func (f *Flag) help() string {
	const column = 34
	short := "    "
	if f.Short != "" {
		short = "-" + f.Short + ", "
	}
	left := strings.TrimRight("  "+short+"--"+f.Name+" "+f.Placeholder(), " ")
	if len(left) >= column {
		left += "\n" + strings.Repeat(" ", column)
	}
	return fmt.Sprintf("%-*s%s\n", column, left, f.text())
}
