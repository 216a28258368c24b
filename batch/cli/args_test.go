package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func noEnv(string) string { return "" }

// parseLine parses a command line of words without blanks.
func parseLine(line string, getenv func(string) string) (*invocation, error) {
	return parse(strings.Fields(line), allCommands(), getenv)
}

// TestFlagsStandInBothPlaces holds the promise that made args.go necessary.
func TestFlagsStandInBothPlaces(t *testing.T) {
	for _, cmd := range allCommands() {
		for _, opt := range cmd.options {
			t.Run(cmd.name+"/"+opt.name, func(t *testing.T) {
				for _, form := range forms(opt) {
					before := append(append([]string{cmd.name}, form...), operands(cmd)...)
					after := append(append([]string{cmd.name}, operands(cmd)...), form...)
					for _, args := range [][]string{before, after} {
						inv, err := parse(args, allCommands(), noEnv)
						if err != nil {
							t.Fatalf("%q: %v", args, err)
						}
						want := []given{{opt.name, valueFor(opt)}}
						if diff := cmp.Diff(want, inv.given, cmp.AllowUnexported(given{})); diff != "" {
							t.Errorf("%q (-want +got):\n%s", args, diff)
						}
					}
				}
			})
		}
	}
}

// forms are the ways to write a flag.
func forms(opt option) [][]string {
	if opt.value == "" {
		all := [][]string{{"--" + opt.name}, {"--" + opt.name + "=true"}}
		if opt.short != "" {
			all = append(all, []string{"-" + opt.short})
		}
		return all
	}
	all := [][]string{{"--" + opt.name, valueFor(opt)}, {"--" + opt.name + "=" + valueFor(opt)}}
	if opt.short != "" {
		all = append(all, []string{"-" + opt.short, valueFor(opt)}, []string{"-" + opt.short + "=" + valueFor(opt)})
	}
	return all
}

func valueFor(opt option) string {
	if opt.value == "" {
		return "true"
	}
	return "-v,a=l"
}

func operands(cmd *command) []string {
	if cmd.operand == "" {
		return nil
	}
	return []string{"tasks.csv"}
}

func TestScalarFlagsTwice(t *testing.T) {
	for _, cmd := range allCommands() {
		for _, opt := range cmd.options {
			args := append([]string{cmd.name}, operands(cmd)...)
			args = append(args, forms(opt)[0]...)
			args = append(args, forms(opt)[len(forms(opt))-1]...)
			_, err := parse(args, allCommands(), noEnv)
			if twice := err != nil; twice == opt.repeat {
				t.Errorf("%q: error %v, but repeatable is %v", args, err, opt.repeat)
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
		"help wins over what follows": {[]string{"update", "--help", "--bad"}, []string{"taskbatch", "update", "--help"}},
		"help of a command":           {[]string{"help", "check"}, []string{"taskbatch", "check", "--help"}},
		"nothing":                     {nil, []string{"taskbatch"}},
		"version as a flag":           {[]string{"--version"}, []string{"taskbatch", "version", "--"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inv, err := parse(c.args, allCommands(), noEnv)
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
		"later issue":           {"update f --log-file x", "unknown flag --log-file; see taskbatch help update"},
		"mistyped command":      {"chekc f", "unknown command chekc; did you mean check?"},
		"forgotten command":     {"tasks.csv", "unknown command tasks.csv; did you mean: taskbatch update tasks.csv?"},
		"later command":         {"completion bash", "unknown command completion; the commands are update, check, sandbox, fields, version"},
		"flag before command":   {"--json check f", "flag --json stands before the command; write: taskbatch update --json"},
		"no file":               {"update --json", "update needs a FILE: taskbatch update tasks.csv, or - for standard input"},
		"two files":             {"update a b", "update takes one FILE, but was given 2: a and b"},
		"file for none":         {"version a", "version takes no file, but was given a"},
		"value missing":         {"update f --rate", "--rate needs a value: --rate RATE"},
		"value is a flag":       {"update f --results --json", "--results needs a value; for one that looks like a flag write --results=--json"},
		"switch with a value":   {"update f --json=maybe", "--json: maybe is neither true nor false"},
		"scalar twice":          {"update f -c 3 --concurrency 3", "--concurrency is given twice"},
		"switch twice":          {"update f -q --quiet", "--quiet is given twice"},
		"flag of another":       {"check f --addr x", "unknown flag --addr; see taskbatch help check"},
		"help for the unknown":  {"help chekc", "unknown command chekc; did you mean check?"},
		"triple dash":           {"update f ---json", "unknown flag ---json; did you mean --json?"},
		"help flag of the rest": {"--hlep", "unknown flag --hlep; see taskbatch help"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseLine(c.line, noEnv)
			var usage *usageError
			if !errors.As(err, &usage) || usage.msg != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	env := map[string]string{
		"TASKBATCH_RATE": "20/s", "TASKBATCH_CONCURRENCY": "", "TASKBATCH_TIMEOUT": "5s", "THENA_BASE_URL": "https://b",
		"TASKBATCH_NO_COLOR": "", "NO_COLOR": "whatever", "TASKBATCH_JSON": "true",
	}
	inv, err := parseLine("update f --timeout 9s", func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := []given{{"base-url", "https://b"}, {"rate", "20/s"}, {"no-color", "true"}}
	if diff := cmp.Diff(want, inv.environ, cmp.AllowUnexported(given{})); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"base-url": "THENA_BASE_URL", "rate": "TASKBATCH_RATE", "no-color": "NO_COLOR"}, inv.origin); diff != "" {
		t.Errorf("origin (-want +got):\n%s", diff)
	}
	if _, err := parseLine("update f", func(name string) string { return map[string]string{"TASKBATCH_NO_COLOR": "maybe"}[name] }); err == nil {
		t.Error("TASKBATCH_NO_COLOR=maybe was accepted")
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
		inv, err := parse(args, allCommands(), noEnv)
		var usage *usageError
		switch {
		case err == nil && inv == nil:
			t.Fatal("neither invocation nor error")
		case err != nil && (!errors.As(err, &usage) || strings.ContainsAny(usage.msg, "\r\n\x1b")):
			t.Fatalf("error is %q", err)
		}
	})
}
