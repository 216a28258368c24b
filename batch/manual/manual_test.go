package manual

import (
	"errors"
	"flag"
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
			{Name: "json", Group: "Output", Usage: "one object", Env: []string{"X_JSON", "Y_JSON"}},
		}},
		{Name: "check", Operand: "FILE", Summary: "what update would do", Flags: []*Flag{{Name: "json"}}},
		{Name: "help", Operand: "[COMMAND]", Summary: "help"},
		{Name: "completion", Operand: "SHELL", Summary: "completions"},
	},
	Fields: []string{"taskId", "title", "status"},
	Values: map[string][]string{"status": {"PENDING", "COMPLETED"}},
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"":                              "update check help completion",
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

// TestHelp: the flags of a command stand in their groups, each with all there
// is to say of it.
func TestHelp(t *testing.T) {
	text, _ := program.Help("update")
	for _, want := range []string{
		"taskbatch update: update one task per row\n\nUsage:\n  taskbatch update [flags] FILE\n\nReads all of FILE",
		"\nflags:\n      --map COLUMN=FIELD          take a column (repeatable)\n",
		"\n      --replace FIELD:FROM=TO     translate (repeatable)\n",
		"\n      --empty keep|clear          empty cells (default: keep)\n  -o, --results FILE              the results\n",
		"some first\n\nOutput flags:\n      --json                      one object [$X_JSON, $Y_JSON]\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the help lacks %q:\n%s", want, text)
		}
	}
	if strings.Count(text, "flags:") != 2 {
		t.Errorf("groups:\n%s", text)
	}
	long := Flag{Name: "a-long-name-for-a-flag", Value: "SOMETHING", Usage: "what it does"}
	if got := long.help(); got != "      --a-long-name-for-a-flag SOMETHING\n"+strings.Repeat(" ", 34)+"what it does\n" {
		t.Errorf("got %q", got)
	}
	if text, _ := program.Help(""); !strings.Contains(text, "Commands:\n  update FILE            update one task per row\n") || !strings.Contains(text, "  exit-codes     what a run") {
		t.Errorf("the program's help:\n%s", text)
	}
	want := "| a | b |\n|---|---|\n| `x` | y |\n"
	if got := (Table{[]string{"a", "b"}, [][]string{{"x", "y"}}}).Markdown(); got != want {
		t.Errorf("got %s", got)
	}
}

// TestFlag: the command line wins over a variable, of which the first that is
// not empty counts.
func TestFlag(t *testing.T) {
	t.Setenv("X_RATE", "")
	t.Setenv("Y_RATE", "5")
	for _, c := range []struct {
		typed             []string
		text, where, read string
	}{
		{nil, "5", "Y_RATE", "5"}, {[]string{"7"}, "7", "--rate", "7"}, {[]string{"7", "8"}, "8", "--rate", "7 8"},
	} {
		var read []string
		f := &Flag{Name: "rate", Default: "1", Env: []string{"X_RATE", "Y_RATE"}, Read: func(text string) error { read = append(read, text); return nil }}
		if f.IsSet() || f.String() != "1" || f.Where() != "--rate" {
			t.Errorf("before: %v, %s, %s", f.IsSet(), f, f.Where())
		}
		if err := f.Apply(flag.NewFlagSet("", flag.ContinueOnError)); err != nil {
			t.Fatal(err)
		}
		for _, text := range c.typed {
			f.Set(text)
		}
		if err := f.RunAction(nil); err != nil || !f.IsSet() || f.String() != c.text || f.Where() != c.where || strings.Join(read, " ") != c.read {
			t.Errorf("%v: %s, set by %s, read %q, %v", c.typed, f, f.Where(), read, err)
		}
	}
	f := &Flag{Name: "rate", Choices: []string{"fast", "slow"}, Read: func(string) error { return errors.New("two\nlines") }}
	f.Set("fats")
	if err := f.RunAction(nil); err == nil || err.Error() != "--rate: fats is none of fast, slow; did you mean fast?" {
		t.Error(err)
	}
	if err := f.Take("fast"); err == nil {
		t.Error("the error of Read is lost")
	}
	if f.IsSwitch() || !(&Flag{Name: "json"}).IsSwitch() {
		t.Error("a switch is what takes no value")
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
		".SH SYNOPSIS\n.B taskbatch update \\fR[\\fIflags\\fR] \\fIFILE\\fR\n.br\n.B taskbatch check", "The flags are those of taskbatch update.\n",
		".PP\nOutput flags:\n.TP\n\\fB\\-\\-json\\fR\n", ".SH \"INPUT\"\nThe input is a file", ".TP\n\\fB\\-o\\fR, \\fB\\-\\-results\\fR \\fIFILE\\fR\nthe results\n", "[$X_JSON, $Y_JSON]", "\n.SH \"EXIT CODES\"\n"} {
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
