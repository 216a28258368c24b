// Package manual is the command line as one table, and what the program tells of
// it: help, the man page, and the completions of shells. The table is the one
// that the command line parses (Flag); all other text stands here, once: that of
// commands and topics in texts.
package manual

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"taskbatch/csvmap/record"
)

// Program is the command line.
type Program struct {
	Version  string
	Commands []*Command
	Fields   []string            // names of the fields, taskId first
	Values   map[string][]string // values of fields that have few, for completions
}

// Command is one command of the program.
type Command struct {
	Name    string
	Operand string // placeholder; "" = none
	Summary string // one line
	Flags   []*Flag
	Run     func() error
}

// Command finds a command by its name; nil: there is none.
func (p *Program) Command(name string) *Command {
	return find(p.Commands, func(c *Command) bool { return c.Name == name })
}

// Flag finds a flag of a command by its long or short name; nil if there is
// none.
func (c *Command) Flag(name string) *Flag {
	return find(c.Flags, func(f *Flag) bool { return name != "" && (f.Name == name || f.Short == name) })
}

func find[T any](all []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// Table is a table of the manual: one text in help, the man page and the
// README.
type Table struct {
	Head []string // titles of the columns
	Rows [][]string
}

// ExitCodes says when a run ends with which code.
var ExitCodes = Table{[]string{"code", "when"}, [][]string{
	{"0", "every row updated or skipped; nothing to do; check found no invalid row"},
	{"1", "ran to the end, some rows did not get through; the answer was no"},
	{"2", "usage or configuration; input or key not found; results that cannot be continued; a redirect at the start"},
	{"3", "input not usable; nothing valid; --strict; another --plan. check: invalid rows"},
	{"4", "the API key was refused"},
	{"5", "stopped early: --max-failures, --max-duration, --max-wait, --max-outage, nothing works"},
	{"6", "another run of the batch is going on"},
	{"7", "a local file cannot be written; answers that could not be recorded are on standard error"},
	{"70", "a bug: one line says where"},
}}

// Outcomes says what became of a row.
var Outcomes = Table{[]string{"outcome", "meaning", "sent by a rerun"}, [][]string{
	{record.Updated.String(), "the server answered 2xx", "no"},
	{record.Skipped.String(), "changes nothing, or was given already", "no"},
	{record.Failed.String(), "refused for good, or errors to the end", "yes"},
	{record.Unknown.String(), "sent and not answered: may be applied", "yes, does no harm"},
	{record.Invalid.String(), "cannot be turned into a request", "yes, once repaired"},
	{record.Blocked.String(), "an earlier row of its task is not done", "yes"},
	{record.Unsent.String(), "the run stopped before", "yes"},
}}

// Columns are the first columns of a results file.
var Columns = Table{[]string{"column", "holds"}, [][]string{
	{record.Names[record.ColOutcome], "what became of the row, see below"},
	{record.Names[record.ColRow], "its number; CSV: as a spreadsheet shows it, JSONL: the line"},
	{record.Names[record.ColStatus], "last HTTP status, if any"},
	{record.Names[record.ColAttempts], "requests made for the row"},
	{record.Names[record.ColMS], "milliseconds from the first send to the final answer"},
	{record.Names[record.ColAt], "when it was settled, UTC"},
	{record.Names[record.ColTarget], "the base URL, or sandbox"},
	{record.Names[record.ColError], "what the server said, or what is wrong"},
	{record.Names[record.ColSum], "a hash of what was sent"},
}}

//go:embed schemas
var schemas embed.FS

// Schema is the JSON Schema of the summary object ("summary") or of a JSONL row
// ("row"); "" for another name.
func Schema(name string) string {
	text, err := schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		return ""
	}
	return string(text)
}

// environment are the variables, with the flags that they set.
func (p *Program) environment() Table {
	t := Table{Head: []string{"variable", "sets"}}
	for _, f := range p.Command("update").Flags {
		for _, variable := range f.Env {
			t.Rows = append(t.Rows, []string{variable, "--" + f.Name})
		}
	}
	t.Rows = append(t.Rows,
		[]string{"NO_COLOR", "--no-color, whatever it says"},
		[]string{"THENA_API_KEY", "the API key, unless --api-key-file names a file"},
		[]string{"HTTPS_PROXY, NO_PROXY", "a proxy; the summary names it"})
	return t
}

// text is the table as aligned lines; the last column is wrapped.
func (t Table) text() string {
	const width = 80
	widths := make([]int, len(t.Head))
	for _, row := range t.Rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.Rows {
		line := "    "
		for i, cell := range row[:len(row)-1] {
			line += fmt.Sprintf("%-*s  ", widths[i], cell)
		}
		for i, part := range wrap(row[len(row)-1], width-len(line)) {
			if i > 0 {
				line = strings.Repeat(" ", len(line))
			}
			b.WriteString(line + part + "\n")
		}
	}
	return b.String()
}

// Markdown is the table as README has it; the first column is code.
func (t Table) Markdown() string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(t.Head, " | ") + " |\n|" + strings.Repeat("---|", len(t.Head)) + "\n")
	for _, row := range t.Rows {
		cells := slices.Clone(row)
		cells[0] = "`" + cells[0] + "`"
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// wrap breaks a text into lines of at most so many bytes, where words allow.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
