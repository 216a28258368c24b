package cli

import (
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap"
	"taskbatch/csvmap/words"
)

// settings is what the flags of update and check say; reading a flag fills it
// in.
type settings struct {
	path   string // the input; "-" is standard input
	input  csvmap.Options
	client client.Config // without the key
	batch  batch.Config  // without input, paths and sender

	keyFile   string
	sandbox   bool
	faults    sandbox.Faults
	strict    bool
	maxErrors int
	unchanged string // --skip-unchanged

	results  string // pattern; "" = the default name
	failures string
	summary  string
	report   string
	metrics  string
	log      string
	waitLock time.Duration
	out      output
}

// output is how a command speaks.
type output struct {
	progress string
	json     bool
	quiet    bool
	yes      bool
	dryRun   bool
	noColor  bool
}

// Bounds of the flags that have no natural ones.
const (
	maxConcurrency = 1024
	maxAttempts    = 1000
	month          = 31 * 24 * time.Hour
)

// flags are those of update. check has the same ones, so that one word turns a
// command into its rehearsal.
func (s *settings) flags() []*manual.Flag {
	return slices.Concat(s.inputFlags(), s.sendingFlags(), s.outputFlags())
}

func (s *settings) inputFlags() []*manual.Flag {
	in := &s.input
	return group("Input", []*manual.Flag{
		{Name: "format", Choices: []string{"auto", "csv", "jsonl"}, Default: "auto", Read: text(&in.Format), Usage: "auto: by name, else by content"},
		{Name: "delimiter", Value: "CHAR", Default: "auto", Read: filled(&in.Delimiter), Usage: "comma, semicolon, tab or pipe; auto: found from the header"},
		{Name: "encoding", Value: "NAME", Default: "auto", Read: filled(&in.Encoding), Usage: "e.g. windows-1252; auto: UTF-8, or UTF-16 by its byte order mark"},
		{Name: "columns", Value: "NAMES", Read: names(&in.Columns), Usage: "comma-separated column names for a CSV file without a header"},
		{Name: "map", Value: "COLUMN=FIELD", Repeat: true, Read: list(&in.Map), Usage: "take a column for this field"},
		{Name: "set", Value: "FIELD=VALUE", Repeat: true, Read: list(&in.Set), Usage: "constant for every row, written like a cell; beats the column"},
		{Name: "replace", Value: "FIELD:FROM=TO", Repeat: true, Read: list(&in.Replace), Usage: "cells of this field that are exactly FROM count as TO; FIELD also taskId and metadata.KEY"},
		{Name: "lookup", Value: "FIELD=FILE", Repeat: true, Read: list(&in.Lookup), Usage: "cells of this field are translated by FILE, a CSV with the header from,to; others make their row invalid"},
		{Name: "ignore", Value: "COLUMN", Repeat: true, Read: list(&in.Ignore), Usage: "carry a column along untouched into the results"},
		{Name: "ignore-unknown", Read: on(&in.IgnoreUnknown), Usage: "the same for every column that is no field"},
		{Name: "empty", Choices: []string{"keep", "clear"}, Read: text(&in.Empty), Usage: "what an empty CSV cell means (default: keep)"},
		{Name: "null", Choices: []string{"error", "keep", "clear"}, Read: text(&in.Null), Usage: "what a JSONL null means (default: error)"},
		{Name: "list-separator", Value: "TEXT", Read: filled(&in.ListSeparator), Usage: "separator in a list cell; a newline always separates (default: |)"},
		{Name: "skip-unchanged", Value: "RESULTS|last", Read: filled(&s.unchanged), Usage: "skip rows whose task was given exactly this by the batch in RESULTS; last: its newest results (needs {date} in -o)"},
		{Name: "plan", Value: "HASH", Read: fingerprint(&s.batch.Plan), Usage: "send nothing unless the input, as the flags map it, and the target have this fingerprint, which check prints"},
		{Name: "strict", Read: on(&s.strict), Usage: "send nothing if any row is invalid"},
		{Name: "limit", Value: "N", Read: whole(&s.batch.Limit, 1, math.MaxInt64), Usage: "only the first N rows of the input; try 20 first, then the same command without it (default: all)"},
		{Name: "max-errors", Value: "N", Default: "3", Read: whole(&s.maxErrors, 0, math.MaxInt32), Usage: "check: samples shown for each kind of problem, 0 = all"},
	})
}

func (s *settings) sendingFlags() []*manual.Flag {
	cl, rules := &s.client, &s.batch.Rules
	return group("Sending", []*manual.Flag{
		{Name: "base-url", Value: "URL", Default: client.DefaultBaseURL, Env: []string{"TASKBATCH_BASE_URL", "THENA_BASE_URL"}, Read: text(&cl.BaseURL), Usage: "where the API is"},
		{Name: "api-key-file", Value: "FILE", Env: []string{"TASKBATCH_API_KEY_FILE"}, Read: file(&s.keyFile), Usage: "file that holds the API key; without it the key is taken from THENA_API_KEY"},
		{Name: "sandbox", Read: on(&s.sandbox), Usage: "update a sandbox that lives in this process: no account, no key"},
		{Name: "faults", Value: "SPEC", Read: parsed(&s.faults, sandbox.ParseFaults), Usage: "what the sandbox does wrong, e.g. seed=1,500=2%,429=1%"},
		{Name: "concurrency", Short: "c", Value: "N", Default: "8", Env: []string{"TASKBATCH_CONCURRENCY"}, Read: whole(&s.batch.Pace.Concurrency, 1, maxConcurrency), Usage: "requests in flight at most, 1 to 1024"},
		{Name: "rate", Short: "r", Value: "RATE", Env: []string{"TASKBATCH_RATE"}, Read: parsed(&s.batch.Pace.Rate, pace.ParseRate), Usage: "requests at most: 20/s, 600/m, 5000/h; a bare number is per second (default: none)"},
		{Name: "quota-share", Value: "P%", Default: "80%", Env: []string{"TASKBATCH_QUOTA_SHARE"}, Read: parsed(&s.batch.Pace.QuotaShare, pace.ParseShare), Usage: "how much of the server's quota this run may use"},
		{Name: "attempts", Value: "N", Default: "5", Env: []string{"TASKBATCH_ATTEMPTS"}, Read: whole(&s.batch.Attempts, 1, maxAttempts), Usage: "attempts for a row, 1 to 1000"},
		{Name: "timeout", Value: "DURATION", Default: "30s", Env: []string{"TASKBATCH_TIMEOUT"}, Read: duration(&cl.Timeout, time.Millisecond, 24*time.Hour), Usage: "for one attempt, body included"},
		{Name: "max-wait", Value: "DURATION", Default: "65m", Env: []string{"TASKBATCH_MAX_WAIT"}, Read: duration(&s.batch.Pace.MaxWait, time.Millisecond, month), Usage: "longest wait that the server may announce; beyond it the run stops"},
		{Name: "max-outage", Value: "DURATION", Default: "30m", Env: []string{"TASKBATCH_MAX_OUTAGE"}, Read: duration(&rules.MaxOutage, time.Millisecond, month), Usage: "how long to go on while no row gets settled"},
		{Name: "max-failures", Value: "N|P%", Read: failures(&rules.MaxFailures, &rules.MaxFailuresShare), Usage: "stop when so many rows did not get through (default: off)"},
		{Name: "keep-going", Read: on(&rules.KeepGoing), Usage: "go on even if the first 50 rows all fail"},
		{Name: "max-duration", Value: "DURATION", Read: duration(&rules.MaxDuration, time.Millisecond, month), Usage: "start no new attempt after this long (default: off)"},
		{Name: "ca-cert", Value: "FILE", Read: file(&cl.CACertFile), Usage: "trust this root certificate, too (PEM)"},
		{Name: "insecure-http", Read: on(&cl.InsecureHTTP), Usage: "allow plain http to a host that is not this one"},
	})
}

func (s *settings) outputFlags() []*manual.Flag {
	out := &s.out
	return group("Output", []*manual.Flag{
		{Name: "results", Short: "o", Value: "FILE", Read: file(&s.results), Usage: "the results file; {date} and {name} are filled in, here and in other outputs' names (default: FILE without its extensions + .results.csv)"},
		{Name: "failures", Value: "FILE", Read: file(&s.failures), Usage: "also write the rows that a rerun would send"},
		{Name: "summary", Value: "FILE", Read: file(&s.summary), Usage: "write the JSON summary here at every ending"},
		{Name: "report", Value: "FILE", Read: file(&s.report), Usage: "write the report page (HTML) here at every ending"},
		{Name: "metrics", Value: "FILE", Read: file(&s.metrics), Usage: "write metrics for Prometheus here at every ending"},
		{Name: "log-file", Value: "FILE", Read: file(&s.log), Usage: "append a line of JSON for each attempt and each wait"},
		{Name: "excel", Read: on(&s.batch.Excel), Usage: "results and failures as Excel opens them by a double click"},
		{Name: "fresh", Read: on(&s.batch.Fresh), Usage: "start over although results exist; the old file is kept under its time"},
		{Name: "wait-lock", Value: "DURATION", Default: "0s", Read: duration(&s.waitLock, 0, month), Usage: "wait so long for another run of this batch to end"},
		{Name: "progress", Choices: []string{progressAuto, progressBar, progressPlain, progressNone}, Default: progressAuto, Env: []string{"TASKBATCH_PROGRESS"}, Read: text(&out.progress), Usage: "auto: a bar on a terminal, else none; plain: a line each 30 s"},
		{Name: "json", Read: on(&out.json), Usage: "one JSON object on standard output instead of text"},
		{Name: "quiet", Short: "q", Read: on(&out.quiet), Usage: "write nothing if all goes well"},
		{Name: "yes", Short: "y", Read: on(&out.yes), Usage: "ask no question"},
		{Name: "dry-run", Short: "n", Read: on(&out.dryRun), Usage: "send nothing: the same as check"},
		{Name: "no-color", Env: []string{"TASKBATCH_NO_COLOR"}, Read: on(&out.noColor), Usage: "no colors on a terminal; so does NO_COLOR"},
	})
}

// group puts flags under one heading and gives their defaults to their
// readers.
func group(name string, flags []*manual.Flag) []*manual.Flag {
	for _, f := range flags {
		f.Group = name
		if f.Default == "" {
			continue
		}
		if err := f.Take(f.Default); err != nil {
			panic("default of --" + f.Name + ": " + err.Error())
		}
	}
	return flags
}

// fingerprint reads 32 hex digits.
func fingerprint(to *string) func(string) error {
	return func(text string) error {
		if b, err := hex.DecodeString(text); err != nil || len(b) != 16 {
			return fmt.Errorf("%s is no fingerprint of 32 hex digits, as check prints it", words.Shown(text))
		}
		return filled(to)(strings.ToLower(text))
	}
}

// names reads comma-separated column names.
func names(to *[]string) func(string) error {
	return func(text string) error {
		*to = strings.Split(text, ",")
		return filled(&text)(text)
	}
}

// complete checks what no flag can see alone. Its errors are usage errors.
func (s *settings) complete(cmd *manual.Command) error {
	if f := cmd.Flag("faults"); f.IsSet() && !s.sandbox {
		return usagef("%s: only the sandbox has faults; add --sandbox, or leave it out", f.Where())
	}
	if f := cmd.Flag("base-url"); s.sandbox && f.IsSet() && f.Where() == "--base-url" {
		return usagef("%s: --sandbox brings its own address; give one of the two", f.Where())
	}
	for _, name := range []string{"results", "failures", "summary", "report", "metrics", "log-file"} {
		if f := cmd.Flag(name); f.IsSet() {
			if word := s.unfilled(f.String()); word != "" {
				return usagef("%s: %s is not filled in; %s are", f.Where(), word, strings.Join(filledIn, " and "))
			}
		}
	}
	s.client.UserAgent = "taskbatch/" + version()
	s.client.KeepRequestID = s.log != ""
	return s.input.Validate()
}

// filledIn are the words of an output's name that stand for something.
var filledIn = []string{"{date}", "{name}"}

// unfilled is a word in braces that stands for nothing; "" if there is none.
// The input's own name may hold any.
func (s *settings) unfilled(pattern string) string {
	for _, word := range regexp.MustCompile(`\{[\w-]*\}`).FindAllString(pattern, -1) {
		if !slices.Contains(filledIn, word) && !strings.Contains(s.path, word) {
			return word
		}
	}
	return ""
}
