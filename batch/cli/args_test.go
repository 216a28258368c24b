package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"taskbatch/batch/manual"
)

// program is the command line of a session.
func program() *manual.Program { return new(session).commandLine() }

// parseLine reads a command line of words without blanks.
func parseLine(line string) (*invocation, error) {
	return normalize(strings.Fields(line), program())
}

// TestFlagsStandInBothPlaces holds the promise that made args.go necessary.
func TestFlagsStandInBothPlaces(t *testing.T) {
	for _, cmd := range program().Commands {
		for _, f := range cmd.Flags {
			t.Run(cmd.Name+"/"+f.Name, func(t *testing.T) {
				for _, form := range forms(f) {
					before := append(append([]string{cmd.Name}, form...), operands(cmd)...)
					after := append(append([]string{cmd.Name}, operands(cmd)...), form...)
					for _, args := range [][]string{before, after} {
						inv, err := normalize(args, program())
						if err != nil {
							t.Fatalf("%q: %v", args, err)
						}
						if len(inv.given) != 1 || inv.given[0].flag.Name != f.Name || inv.given[0].text != valueFor(f) {
							t.Errorf("%q gives %v", args, inv.given)
						}
					}
				}
			})
		}
	}
}

// forms are the ways to write a flag.
func forms(f *manual.Flag) [][]string {
	long, short := "--"+f.Name, "-"+f.Short
	if f.IsSwitch() {
		all := [][]string{{long}, {long + "=true"}}
		if f.Short != "" {
			all = append(all, []string{short})
		}
		return all
	}
	all := [][]string{{long, valueFor(f)}, {long + "=" + valueFor(f)}}
	if f.Short != "" {
		all = append(all, []string{short, valueFor(f)}, []string{short + "=" + valueFor(f)})
	}
	return all
}

func valueFor(f *manual.Flag) string {
	if f.IsSwitch() {
		return "true"
	}
	return "-v,a=l"
}

func operands(cmd *manual.Command) []string {
	if cmd.Operand == "" {
		return nil
	}
	return []string{"tasks.csv"}
}

func TestScalarFlagsTwice(t *testing.T) {
	for _, cmd := range program().Commands {
		for _, f := range cmd.Flags {
			args := append([]string{cmd.Name}, operands(cmd)...)
			args = append(args, forms(f)[0]...)
			args = append(args, forms(f)[len(forms(f))-1]...)
			_, err := normalize(args, program())
			if twice := err != nil; twice == f.Repeat {
				t.Errorf("%q: error %v, but repeatable is %v", args, err, f.Repeat)
			}
		}
	}
}

func TestParse(t *testing.T) {
	cases := map[string]struct {
		args []string
		want []string
	}{
		"flags end at --":             {[]string{"update", "--json", "--", "-q"}, []string{"taskbatch", "update", "--json=true", "--", "-q"}},
		"- is a file":                 {[]string{"update", "-", "-o", "x"}, []string{"taskbatch", "update", "--results=x", "--", "-"}},
		"a value with =":              {[]string{"check", "f", "--set=title=a=b"}, []string{"taskbatch", "check", "--set=title=a=b", "--", "f"}},
		"a value that looks negative": {[]string{"check", "f", "--limit", "-5"}, []string{"taskbatch", "check", "--limit=-5", "--", "f"}},
		"an empty value":              {[]string{"check", "f", "--map", ""}, []string{"taskbatch", "check", "--map=", "--", "f"}},
		"a switch turned off":         {[]string{"check", "f", "--json=false"}, []string{"taskbatch", "check", "--json=false", "--", "f"}},
		"help wins over what follows": {[]string{"update", "--help", "--bad"}, []string{"taskbatch", "help", "--", "update"}},
		"help of a command":           {[]string{"help", "check"}, []string{"taskbatch", "help", "--", "check"}},
		"nothing":                     {nil, []string{"taskbatch", "help", "--"}},
		"version as a flag":           {[]string{"--version"}, []string{"taskbatch", "version", "--"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inv, err := normalize(c.args, program())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, inv.argv("taskbatch")); diff != "" {
				t.Errorf("argv (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]struct{ line, want string }{
		"mistyped flag":         {"update f --conccurency 3", "unknown flag --conccurency; did you mean --concurrency?"},
		"mistyped flag, value":  {"update f --conccurency=3", "unknown flag --conccurency; did you mean --concurrency?"},
		"one dash":              {"update f -rate 3", "unknown flag -rate; did you mean --rate?"},
		"two dashes":            {"update f --r 3", "unknown flag --r; did you mean -r?"},
		"far from all":          {"update f --frobnicate", "unknown flag --frobnicate; see taskbatch help update"},
		"a file too few":        {"report", "report needs RESULTS...; see taskbatch help report"},
		"mistyped command":      {"chekc f", "unknown command chekc; did you mean check?"},
		"forgotten command":     {"tasks.csv", "unknown command tasks.csv; did you mean: taskbatch update tasks.csv?"},
		"words behind a shell":  {"completion bash update", "completion takes one SHELL, but was given 2: bash and update"},
		"flag before command":   {"--json check f", "flag --json stands before the command; write: taskbatch update --json"},
		"no file":               {"update --json", "update needs a FILE: taskbatch update tasks.csv, or - for standard input"},
		"two files":             {"update a b", "update takes one FILE, but was given 2: a and b"},
		"file for none":         {"version a", "version takes no file, but was given a"},
		"value missing":         {"update f --rate", "--rate needs a value: --rate RATE"},
		"value is a flag":       {"update f --results --json", "--results needs a value; for one that looks like a flag write --results=--json"},
		"scalar twice":          {"update f -c 3 --concurrency 3", "--concurrency is given twice"},
		"switch twice":          {"update f -q --quiet", "--quiet is given twice"},
		"flag of another":       {"check f --addr x", "unknown flag --addr; see taskbatch help check"},
		"triple dash":           {"update f ---json", "unknown flag ---json; did you mean --json?"},
		"help flag of the rest": {"--hlep", "unknown flag --hlep; see taskbatch help"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseLine(c.line)
			var usage *usageError
			if !errors.As(err, &usage) || usage.msg != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	env := map[string]string{
		"TASKBATCH_RATE": "20/s", "TASKBATCH_CONCURRENCY": "", "TASKBATCH_TIMEOUT": "5s", "TASKBATCH_BASE_URL": "", "THENA_BASE_URL": "https://b",
	}
	s, cmd, err := readFlags(t, env, "--timeout", "9s")
	if err != nil {
		t.Fatal(err)
	}
	if s.client.BaseURL != "https://b" || s.batch.Pace.Rate != 20 || s.client.Timeout != 9*time.Second || s.batch.Pace.Concurrency != 8 {
		t.Errorf("got %+v, rate %v", s.client, s.batch.Pace.Rate)
	}
	for name, want := range map[string]string{"base-url": "THENA_BASE_URL", "rate": "TASKBATCH_RATE", "timeout": "--timeout", "concurrency": "--concurrency"} {
		if got := cmd.Flag(name).Where(); got != want {
			t.Errorf("%s was set by %s, want %s", name, got, want)
		}
	}
	if _, _, err := readFlags(t, map[string]string{"TASKBATCH_NO_COLOR": "maybe"}); err == nil || err.Error() != "TASKBATCH_NO_COLOR: maybe is neither true nor false" {
		t.Errorf("TASKBATCH_NO_COLOR=maybe: %v", err)
	}
}

// TestParseNeverPanics: any words give an invocation or a usage error of one
// line.
func TestParseNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(
			rapid.SampledFrom([]string{"update", "check", "help", "--json", "-c", "--rate=1", "-", "--", "f", "--set", "-o=x", "--help"}),
			rapid.StringN(0, 8, -1),
		)
		args := rapid.SliceOfN(word, 0, 6).Draw(t, "args")
		inv, err := normalize(args, program())
		var usage *usageError
		switch {
		case err == nil && inv == nil:
			t.Fatal("neither invocation nor error")
		case err != nil && (!errors.As(err, &usage) || strings.ContainsAny(usage.msg, "\r\n\x1b")):
			t.Fatalf("error is %q", err)
		}
	})
}

// TestGuesses: what people try first is no flag, and the answer is one.
func TestGuesses(t *testing.T) {
	update := program().Command("update")
	for name, meant := range flagGuesses {
		if update.Flag(name) != nil || update.Flag(meant) == nil {
			t.Errorf("--%s is answered with --%s", name, meant)
		}
		if err := unknownFlag(update, "--"+name, name); !strings.HasSuffix(err.Error(), "did you mean --"+meant+"?") {
			t.Error(err)
		}
	}
	names := map[string]bool{}
	for _, cmd := range program().Commands {
		names[cmd.Name] = true
	}
	for name, meant := range commandGuesses {
		if first, _, _ := strings.Cut(meant, " "); names[name] || !names[first] {
			t.Errorf("%s is answered with %s", name, meant)
		}
	}
}
