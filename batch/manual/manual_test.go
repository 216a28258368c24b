package manual

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var program = &Program{
	Version: "v1.2.3",
	Commands: []*Command{
		{Name: "update", Operand: "FILE", Summary: "update one task per row", Flags: []*Flag{
			{Name: "map", Value: "COLUMN=FIELD", Repeat: true, Usage: "take a column"},
			{Name: "set", Value: "FIELD=VALUE", Repeat: true, Usage: "constant"},
			{Name: "lookup", Value: "FIELD=FILE", Repeat: true, Usage: "translate"},
			{Name: "replace", Value: "FIELD:FROM=TO", Repeat: true, Usage: "translate"},
			{Name: "columns", Value: "NAMES", Usage: "names"},
			{Name: "empty", Choices: []string{"keep", "clear"}, Default: "keep", Usage: "empty cells"},
			{Name: "results", Short: "o", Value: "FILE", Usage: "the results"},
			{Name: "limit", Value: "N", Usage: "some first"},
			{Name: "json", Usage: "one object", Env: []string{"X_JSON"}},
		}},
		{Name: "help", Operand: "[COMMAND]", Summary: "help"},
		{Name: "completion", Operand: "SHELL", Summary: "completions"},
	},
	Fields: []string{"taskId", "title", "status"},
	Values: map[string][]string{"status": {"PENDING", "COMPLETED"}},
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"":                              "update help completion",
		"up":                            "update",
		"nonsense ":                     "",
		"update ":                       ":csv tsv jsonl ndjson gz zst",
		"update -":                      "--map --set --lookup --replace --columns --empty --results --limit --json --help",
		"update --json --results=x --":  "--map --set --lookup --replace --columns --empty --limit --help",
		"update --map ":                 "",
		"update --map A=":               "A=taskId A=title A=status",
		"update --map=A=B=ti":           "--map=A=B=title",
		"update --set ":                 "title= status=",
		"update --set status=C":         "status=COMPLETED",
		"update --set=status=C":         "--set=status=COMPLETED",
		"update --set title=":           "",
		"update --lookup s":             "status=",
		"update --lookup status=m":      "status=:csv",
		"update --lookup=status=m":      "--lookup=status=:csv",
		"update --replace st":           "status:",
		"update --replace status:Open":  "",
		"update --replace status:Open=": "status:Open=PENDING status:Open=COMPLETED",
		"update --columns taskId,t":     "taskId,taskId taskId,title",
		"update --empty k":              "keep",
		"update --empty=":               "--empty=keep --empty=clear",
		"update -o ":                    ":csv",
		"update -o=":                    "-o=:csv",
		"update --limit ":               "",
		"update --nonsense=":            "",
		"update -- --":                  ":csv tsv jsonl ndjson gz zst",
		"completion z":                  "zsh",
		"help exit":                     "exit-codes",
	} {
		c := program.Complete(strings.Split(line, " "))
		var got []string
		for _, w := range c.Words {
			word, _, _ := strings.Cut(w, "\t")
			got = append(got, word)
		}
		if c.Files != nil {
			got = append(got, c.Start+":"+strings.Join(c.Files, " "))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: %q, want %q", line, text, want)
		}
	}
}

// TestTexts: everything that there is help for has its text; topics in lines
// that a terminal shows.
func TestTexts(t *testing.T) {
	for _, name := range []string{"", "update", "help", "completion"} {
		if text, ok := program.Help(name); !ok || strings.Contains(text, "{{") {
			t.Errorf("%q: %v\n%s", name, ok, text)
		}
	}
	for _, topic := range Topics {
		text, ok := program.Help(topic.Name)
		if !ok || strings.Contains(text, "{{") {
			t.Errorf("%s: %v\n%s", topic.Name, ok, text)
		}
		for line := range strings.Lines(text) {
			if utf8.RuneCountInString(line) > 81 {
				t.Errorf("%s: %d columns: %s", topic.Name, len(line), line)
			}
		}
	}
	if _, ok := program.Help("nonsense"); ok {
		t.Error("a topic that there is not")
	}
	for _, name := range append(slices.Clone(Shells), "") {
		if (Script(name) == "") != (name == "") {
			t.Errorf("the script for %q is %q", name, Script(name))
		}
	}
	if Schema("row") == "" || Schema("summary") == "" || Schema("x") != "" {
		t.Error("schemas")
	}
}

// TestMan: text is never taken for a request of roff.
func TestMan(t *testing.T) {
	var b strings.Builder
	b.WriteString(program.Man())
	example := &roff{paragraph: true}
	example.body("First.\n.second 'line' - and\n  an \"example\"\n")
	b.WriteString(example.b.String())
	for _, want := range []string{".SS \"taskbatch update\"\nUpdate one task per row.\n.PP\nReads all of", ".PP\nFirst. .second \\(aqline\\(aq \\- and\n.PP\n.nf\n  an \\(dqexample\\(dq\n.fi\n",
		".TP\n\\fB\\-o\\fR, \\fB\\-\\-results\\fR \\fIFILE\\fR\nthe results\n", "[$X_JSON]", "\n.SH \"EXIT CODES\"\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, b.String()[:2000])
		}
	}
	known := []string{".TH", ".SH", ".SS", ".PP", ".TP", ".br", ".nf", ".fi", ".B"}
	for line := range strings.Lines(b.String()) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(line, ".") && !slices.Contains(known, word) || strings.HasPrefix(line, "'") {
			t.Errorf("a stray request: %s", line)
		}
	}
}
