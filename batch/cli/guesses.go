package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"taskbatch/batch/manual"
	"taskbatch/csvmap/words"
)

// flagGuesses are names that people try first, with the flag that does it.
var flagGuesses = map[string]string{
	"workers": "concurrency", "parallel": "concurrency", "threads": "concurrency", "jobs": "concurrency",
	"retries": "attempts", "max-retries": "attempts", "retry": "attempts", "max-attempts": "attempts",
	"output": "results", "out": "results", "results-file": "results",
	"url": "base-url", "host": "base-url", "server": "base-url", "endpoint": "base-url", "api-url": "base-url",
	"sep": "delimiter", "separator": "delimiter", "charset": "encoding", "header": "columns", "no-header": "columns",
	"rps": "rate", "qps": "rate", "rate-limit": "rate", "throttle": "rate",
	"silent": "quiet", "verbose": "progress", "restart": "fresh", "force": "fresh", "first": "limit", "head": "limit", "log": "log-file",
	"cacert": "ca-cert", "insecure": "insecure-http", "simulate": "dry-run",
}

// flagAnswers are such names for which there is no flag, and why.
var flagAnswers = map[string]string{
	"api-key":  noKeyFlag,
	"apikey":   noKeyFlag,
	"key":      noKeyFlag,
	"token":    noKeyFlag,
	"resume":   "the same command without it continues a stopped run",
	"continue": "the same command without it continues a stopped run",
	"file":     "the file stands without a flag",
	"input":    "the file stands without a flag",
	"proxy":    "the variable HTTPS_PROXY names the proxy",
}

const noKeyFlag = "a key on the command line is seen by all users of the machine: use --api-key-file FILE or THENA_API_KEY"

// commandGuesses are such names of commands.
var commandGuesses = map[string]string{
	"retry": "update RESULTS", "rerun": "update RESULTS",
	"resume": "update FILE, which continues a stopped run", "continue": "update FILE, which continues a stopped run",
	"validate": "check", "verify": "check", "lint": "check", "test": "check", "dry-run": "check", "plan": "check", "preview": "check",
	"import": "update", "run": "update", "send": "update", "apply": "update", "upload": "update", "push": "update", "bulk": "update", "put": "update",
	"serve": "sandbox", "server": "sandbox", "mock": "sandbox", "demo": "sandbox", "template": "fields", "schema": "fields", "columns": "fields",
	"status": "report", "results": "report", "html": "report",
}

// unknownFlag is the answer to a flag that the command does not have.
func unknownFlag(cmd *manual.Command, typed, name string) error {
	var names []string
	for _, f := range cmd.Flags {
		names = append(names, "--"+f.Name)
	}
	guess := "--" + flagGuesses[name]
	switch {
	case slices.Contains(names, guess):
		return usagef("unknown flag %s; did you mean %s?", words.Shown(typed), guess)
	case flagAnswers[name] != "" && cmd.Operand != "":
		return usagef("unknown flag %s; %s", words.Shown(typed), flagAnswers[name])
	}
	if meant := words.DidYouMean(name, names); meant != "" && len(name) > 1 {
		return usagef("unknown flag %s%s", words.Shown(typed), meant)
	}
	return usagef("unknown flag %s; see taskbatch help %s", words.Shown(typed), cmd.Name)
}

// unknownCommand is the answer to a command that there is not; others are
// words that could have been meant, too.
func unknownCommand(word string, p *manual.Program, others ...string) error {
	if name, _, isFlag := cutFlag(word); isFlag {
		return flagBeforeCommand(word, name, p)
	}
	var names []string
	for _, c := range p.Commands {
		names = append(names, c.Name)
	}
	names = append(names, others...)
	guess := commandGuesses[strings.ToLower(word)]
	if name, _, _ := strings.Cut(guess, " "); slices.Contains(names, name) {
		return usagef("unknown command %s; did you mean: taskbatch %s?", words.Shown(word), guess)
	}
	if meant := words.DidYouMean(word, names); meant != "" {
		return usagef("unknown command %s%s", words.Shown(word), meant)
	}
	if strings.ContainsAny(word, "./") {
		return usagef("unknown command %s; did you mean: taskbatch update %s?", words.Shown(word), words.Shown(word))
	}
	return usagef("unknown command %s; the commands are %s", words.Shown(word), strings.Join(names, ", "))
}

// flagBeforeCommand is the answer to a flag where a command should stand.
func flagBeforeCommand(word, name string, p *manual.Program) error {
	if flagGuesses[name] != "" || flagAnswers[name] != "" {
		typed, _, _ := strings.Cut(word, "=") // its value may be a key
		return unknownFlag(p.Commands[0], typed, name)
	}
	for _, c := range p.Commands {
		if c.Flag(name) != nil {
			return usagef("flag %s stands before the command; write: taskbatch %s %s", words.Shown(word), c.Name, words.Shown(word))
		}
	}
	return usagef("unknown flag %s; see taskbatch help", words.Shown(word))
}

const envPrefix = "TASKBATCH_"

// checkEnvironment refuses a variable that looks like one of ours and is none:
// a mistyped safety switch must never send.
func checkEnvironment(p *manual.Program) error {
	var known []string
	for _, cmd := range p.Commands {
		for _, f := range cmd.Flags {
			for _, name := range f.Env {
				if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
					known = append(known, name)
				}
			}
		}
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, envPrefix) && value != "" && !slices.Contains(known, name) {
			return usagef("unknown variable %s%s", words.Shown(name), knownVariables(name, known, p))
		}
	}
	return nil
}

// knownVariables says what was meant by an unknown variable, or what there is.
func knownVariables(name string, known []string, p *manual.Program) string {
	list := "those that are read: " + strings.Join(known, ", ")
	flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
	for _, cmd := range p.Commands {
		if cmd.Flag(flag) != nil && len(flag) > 1 {
			return fmt.Sprintf(": no variable sets --%s; %s", flag, list)
		}
	}
	if meant := words.DidYouMean(name, known); meant != "" {
		return meant
	}
	return "; " + list
}
