package manual

import (
	"embed"
	"slices"
	"strings"
)

//go:embed shells
var scripts embed.FS

// Shells are those that have completions.
var Shells = []string{"bash", "zsh", "fish", "powershell"}

// Completion is what may stand at the cursor.
type Completion struct {
	Words []string // whole words, what they mean behind a tab; one that ends with = or : wants more
	Files []string // endings of files that may stand there, "*" for any; nil: none
	Start string   // of the word, before the file's name
}

// inputs are the endings of files that update reads.
var inputs = []string{"csv", "tsv", "jsonl", "ndjson", "gz", "zst"}

// Complete completes the last of the words that follow the program's name.
func (p *Program) Complete(words []string) Completion {
	if len(words) == 0 {
		words = []string{""}
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	if len(before) == 0 {
		return Completion{Words: starting(last, p.names())}
	}
	command := p.Command(before[0])
	if command == nil {
		return Completion{}
	}
	if slices.Contains(before, "--") {
		return p.operand(command, last)
	}
	if f := command.flag(before[len(before)-1]); f != nil && f.Placeholder() != "" {
		return p.value(f, "", last)
	}
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(name, "-") {
		if f := command.flag(name); f != nil && f.Placeholder() != "" {
			return p.value(f, name+"=", value)
		}
		return Completion{}
	}
	if strings.HasPrefix(last, "-") {
		return Completion{Words: starting(last, command.unused(before))}
	}
	return p.operand(command, last)
}

// names are the commands.
func (p *Program) names() (names []string) {
	for _, c := range p.Commands {
		names = append(names, c.Name+"\t"+c.Summary)
	}
	return names
}

// flag finds the flag that a word such as -o or --results is.
func (c *Command) flag(word string) *Flag {
	return find(c.Flags, func(f *Flag) bool { return word == "--"+f.Name || f.Short != "" && word == "-"+f.Short })
}

// unused are the flags that may still be given.
func (c *Command) unused(before []string) (flags []string) {
	for _, f := range c.Flags {
		given := func(word string) bool { name, _, _ := strings.Cut(word, "="); return c.flag(name) == f }
		if f.Repeat || !slices.ContainsFunc(before, given) {
			flags = append(flags, "--"+f.Name+"\t"+f.Usage)
		}
	}
	return append(flags, "--help\twhat the command does")
}

// operand completes what is no flag.
func (p *Program) operand(c *Command, last string) Completion {
	switch c.Name {
	case "update", "check":
		return Completion{Files: inputs}
	case "report":
		return Completion{Files: []string{"csv", "partial"}}
	case "completion":
		return Completion{Words: starting(last, Shells)}
	case "help":
		names := p.names()
		for _, t := range Topics {
			names = append(names, t.Name+"\t"+t.Summary)
		}
		return Completion{Words: starting(last, names)}
	}
	return Completion{}
}

// value completes the value of a flag; start is what stands before it in its
// word.
func (p *Program) value(f *Flag, start, value string) Completion {
	choose := func(more string, words []string) Completion {
		done := value[:len(value)-len(more)]
		words = starting(more, words)
		for i := range words {
			words[i] = start + done + words[i]
		}
		return Completion{Words: words}
	}
	fields, after, inField := strings.Cut(value, "=")
	switch f.Name {
	case "map":
		if inField {
			return choose(value[strings.LastIndex(value, "=")+1:], p.Fields)
		}
		return Completion{}
	case "set":
		if inField {
			return choose(after, p.Values[fields])
		}
		return choose(value, ending(p.Fields[1:], "="))
	case "lookup":
		if inField {
			return Completion{Files: []string{"csv"}, Start: start + fields + "="}
		}
		return choose(value, ending(p.Fields, "="))
	case "replace":
		if inField {
			field, _, _ := strings.Cut(fields, ":")
			return choose(after, p.Values[field])
		}
		if strings.Contains(value, ":") {
			return Completion{}
		}
		return choose(value, ending(p.Fields, ":"))
	case "columns":
		return choose(value[strings.LastIndex(value, ",")+1:], p.Fields)
	case "delimiter":
		return choose(value, []string{"comma", "semicolon", "tab", "pipe"})
	case "encoding":
		return choose(value, []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1250", "iso-8859-1", "macintosh", "shift_jis", "gbk"})
	}
	if len(f.Choices) > 0 {
		return choose(value, f.Choices)
	}
	return Completion{Files: filesOf(f), Start: start}
}

// filesOf are the endings of the files that a flag names; nil for a flag that
// names none.
func filesOf(f *Flag) []string {
	if !strings.Contains(f.Value, "FILE") && !strings.Contains(f.Value, "RESULTS") {
		return nil
	}
	switch f.Name {
	case "results", "failures", "skip-unchanged":
		return []string{"csv"}
	case "html", "report":
		return []string{"html"}
	case "summary":
		return []string{"json"}
	case "metrics":
		return []string{"prom"}
	}
	return []string{"*"}
}

func ending(texts []string, end string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = text + end
	}
	return out
}

func starting(start string, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !strings.HasPrefix(word, start) })
}

// Lines are the completion for the scripts of the shells: a line for each word, its
// note behind a tab; or one line that begins with a colon: the start, and
// behind a tab the endings of the files.
func (c Completion) Lines() string {
	if c.Files != nil {
		return ":" + c.Start + "\t" + strings.Join(c.Files, " ") + "\n"
	}
	if len(c.Words) == 0 {
		return ""
	}
	return strings.Join(c.Words, "\n") + "\n"
}

// Script is the script that gives a shell the completions; "" for an unknown
// shell.
func Script(shell string) string {
	if !slices.Contains(Shells, shell) {
		return ""
	}
	text, err := scripts.ReadFile("shells/" + shell)
	if err != nil {
		return ""
	}
	return string(text)
}
