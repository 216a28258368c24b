package cli

import (
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"taskbatch/batch"
	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap"
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
func (s *settings) flags() []cli.Flag {
	return slices.Concat(s.inputFlags(), s.sendingFlags(), s.outputFlags())
}

func (s *settings) inputFlags() []cli.Flag {
	in := &s.input
	return group("Input",
		&flag{name: "format", choices: []string{"auto", "csv", "jsonl"}, def: "auto", read: text(&in.Format), usage: "auto: by name, else by content"},
		&flag{name: "delimiter", value: "CHAR", def: "auto", read: filled(&in.Delimiter), usage: "comma, semicolon, tab or pipe; auto: found from the header"},
		&flag{name: "encoding", value: "NAME", def: "auto", read: filled(&in.Encoding), usage: "e.g. windows-1252; auto: UTF-8, or UTF-16 by its byte order mark"},
		&flag{name: "columns", value: "NAMES", read: names(&in.Columns), usage: "comma-separated column names for a CSV file without a header"},
		&flag{name: "map", value: "COLUMN=FIELD", repeat: true, read: list(&in.Map), usage: "take a column for this field"},
		&flag{name: "set", value: "FIELD=VALUE", repeat: true, stays: true, read: list(&in.Set), usage: "constant for every row, written like a cell; beats the column"},
		&flag{name: "replace", value: "FIELD:FROM=TO", repeat: true, read: list(&in.Replace), usage: "cells of this field that are exactly FROM count as TO; FIELD also taskId and metadata.KEY"},
		&flag{name: "lookup", value: "FIELD=FILE", repeat: true, read: list(&in.Lookup), usage: "cells of this field are translated by FILE, a CSV with the header from,to; others make their row invalid"},
		&flag{name: "ignore", value: "COLUMN", repeat: true, read: list(&in.Ignore), usage: "carry a column along untouched into the results"},
		&flag{name: "ignore-unknown", read: on(&in.IgnoreUnknown), usage: "the same for every column that is no field"},
		&flag{name: "empty", choices: []string{"keep", "clear"}, def: "keep", leave: true, read: text(&in.Empty), usage: "what an empty CSV cell means"},
		&flag{name: "null", choices: []string{"error", "keep", "clear"}, def: "error", leave: true, read: text(&in.Null), usage: "what a JSONL null means"},
		&flag{name: "list-separator", value: "TEXT", def: "|", leave: true, read: filled(&in.ListSeparator), usage: "separator in a list cell; a newline always separates"},
		&flag{name: "skip-unchanged", value: "RESULTS|last", read: filled(&s.unchanged), usage: "skip rows whose task was given exactly this by the batch in RESULTS; last: its newest results (needs {date} in -o)"},
		&flag{name: "plan", value: "HASH", read: fingerprint(&s.batch.Plan), usage: "send nothing unless the input, as the flags map it, and the target have this fingerprint, which check prints"},
		&flag{name: "strict", stays: true, read: on(&s.strict), usage: "send nothing if any row is invalid"},
		&flag{name: "limit", value: "N", read: whole(&s.batch.Limit, 1, math.MaxInt64), usage: "only the first N rows of the input; try 20 first, then the same command without it (default: all)"},
		&flag{name: "max-errors", value: "N", def: "3", read: whole(&s.maxErrors, 0, math.MaxInt32), usage: "check: samples shown for each kind of problem, 0 = all"},
	)
}

func (s *settings) sendingFlags() []cli.Flag {
	cl, rules := &s.client, &s.batch.Rules
	flags := group("Sending",
		&flag{name: "base-url", value: "URL", def: client.DefaultBaseURL, env: []string{"TASKBATCH_BASE_URL", "THENA_BASE_URL"}, read: text(&cl.BaseURL), usage: "where the API is"},
		&flag{name: "api-key-file", value: "FILE", env: []string{"TASKBATCH_API_KEY_FILE"}, read: file(&s.keyFile), usage: "file that holds the API key; without it the key is taken from THENA_API_KEY"},
		&flag{name: "sandbox", read: on(&s.sandbox), usage: "update a sandbox that lives in this process: no account, no key"},
		&flag{name: "faults", value: "SPEC", read: parsed(&s.faults, sandbox.ParseFaults), usage: "what the sandbox does wrong, e.g. seed=1,500=2%,429=1%"},
		&flag{name: "concurrency", short: "c", value: "N", def: "8", env: []string{"TASKBATCH_CONCURRENCY"}, read: whole(&s.batch.Pace.Concurrency, 1, maxConcurrency), usage: "requests in flight at most, 1 to 1024"},
		&flag{name: "rate", short: "r", value: "RATE", env: []string{"TASKBATCH_RATE"}, read: parsed(&s.batch.Pace.Rate, pace.ParseRate), usage: "requests at most: 20/s, 600/m, 5000/h; a bare number is per second (default: none)"},
		&flag{name: "quota-share", value: "P%", def: "80%", env: []string{"TASKBATCH_QUOTA_SHARE"}, read: parsed(&s.batch.Pace.QuotaShare, pace.ParseShare), usage: "how much of the server's quota this run may use"},
		&flag{name: "attempts", value: "N", def: "5", env: []string{"TASKBATCH_ATTEMPTS"}, read: whole(&s.batch.Attempts, 1, maxAttempts), usage: "attempts for a row, 1 to 1000"},
		&flag{name: "timeout", value: "DURATION", def: "30s", env: []string{"TASKBATCH_TIMEOUT"}, read: duration(&cl.Timeout, time.Millisecond, 24*time.Hour), usage: "for one attempt, body included"},
		&flag{name: "max-wait", value: "DURATION", def: "65m", env: []string{"TASKBATCH_MAX_WAIT"}, read: duration(&s.batch.Pace.MaxWait, time.Millisecond, month), usage: "longest wait that the server may announce; beyond it the run stops"},
		&flag{name: "max-outage", value: "DURATION", def: "30m", env: []string{"TASKBATCH_MAX_OUTAGE"}, read: duration(&rules.MaxOutage, time.Millisecond, month), usage: "how long to go on while no row gets settled"},
		&flag{name: "max-failures", value: "N|P%", read: failures(&rules.MaxFailures, &rules.MaxFailuresShare), usage: "stop when so many rows did not get through (default: off)"},
		&flag{name: "keep-going", read: on(&rules.KeepGoing), usage: "go on even if the first 50 rows all fail"},
		&flag{name: "max-duration", value: "DURATION", read: duration(&rules.MaxDuration, time.Millisecond, month), usage: "start no new attempt after this long (default: off)"},
		&flag{name: "ca-cert", value: "FILE", read: file(&cl.CACertFile), usage: "trust this root certificate, too (PEM)"},
		&flag{name: "insecure-http", read: on(&cl.InsecureHTTP), usage: "allow plain http to a host that is not this one"},
	)
	for _, f := range flags {
		f.(*flag).stays = true
	}
	return flags
}

func (s *settings) outputFlags() []cli.Flag {
	out := &s.out
	return group("Output",
		&flag{name: "results", short: "o", value: "FILE", read: file(&s.results), usage: "the results file; {date} and {name} are filled in, here and in other outputs' names (default: FILE without its extensions + .results.csv)"},
		&flag{name: "failures", value: "FILE", read: file(&s.failures), usage: "also write the rows that a rerun would send"},
		&flag{name: "summary", value: "FILE", read: file(&s.summary), usage: "write the JSON summary here at every ending"},
		&flag{name: "report", value: "FILE", read: file(&s.report), usage: "write the report page (HTML) here at every ending"},
		&flag{name: "metrics", value: "FILE", read: file(&s.metrics), usage: "write metrics for Prometheus here at every ending"},
		&flag{name: "log-file", value: "FILE", read: file(&s.log), usage: "append a line of JSON for each attempt and each wait"},
		&flag{name: "excel", read: on(&s.batch.Excel), usage: "results and failures as Excel opens them by a double click"},
		&flag{name: "fresh", read: on(&s.batch.Fresh), usage: "start over although results exist; the old file is kept under its time"},
		&flag{name: "wait-lock", value: "DURATION", def: "0s", read: duration(&s.waitLock, 0, month), usage: "wait so long for another run of this batch to end"},
		&flag{name: "progress", choices: []string{progressAuto, progressBar, progressPlain, progressNone}, def: progressAuto, env: []string{"TASKBATCH_PROGRESS"}, read: text(&out.progress), usage: "auto: a bar on a terminal, else none; plain: a line each 30 s"},
		&flag{name: "json", read: on(&out.json), usage: "one JSON object on standard output instead of text"},
		&flag{name: "quiet", short: "q", read: on(&out.quiet), usage: "write nothing if all goes well"},
		&flag{name: "yes", short: "y", read: on(&out.yes), usage: "ask no question"},
		&flag{name: "dry-run", short: "n", read: on(&out.dryRun), usage: "send nothing: the same as check"},
		&flag{name: "no-color", env: []string{"TASKBATCH_NO_COLOR"}, read: on(&out.noColor), usage: "no colors on a terminal; so does NO_COLOR"},
	)
}

// fingerprint reads 32 hex digits.
func fingerprint(to *string) func(string) error {
	return func(text string) error {
		if b, err := hex.DecodeString(text); err != nil || len(b) != 16 {
			return fmt.Errorf("%s is no fingerprint of 32 hex digits, as check prints it", shown(text))
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
func (s *settings) complete(cmd *cli.Command) error {
	if f := findFlag(cmd, "faults"); f.IsSet() && !s.sandbox {
		return usagef("%s: only the sandbox has faults; add --sandbox, or leave it out", f.where())
	}
	if f := findFlag(cmd, "base-url"); s.sandbox && f.IsSet() && f.origin == "" {
		return usagef("%s: --sandbox brings its own address; give one of the two", f.where())
	}
	for _, name := range []string{"results", "failures", "summary", "report", "metrics", "log-file"} {
		if f := findFlag(cmd, name); f.IsSet() {
			if word := s.unfilled(f.String()); word != "" {
				return usagef("%s: %s is not filled in; %s are", f.where(), word, strings.Join(filledIn, " and "))
			}
		}
	}
	s.client.UserAgent = "taskbatch/" + version()
	s.client.KeepRequestID = s.log != ""
	return s.input.Validate()
}

// filledIn are the words of an output's name that stand for something.
var filledIn = []string{"{date}", "{name}"}

var bracedWord = regexp.MustCompile(`\{[\w-]*\}`)

// unfilled is a word in braces that stands for nothing; "" if there is none.
// The input's own name may hold any.
func (s *settings) unfilled(pattern string) string {
	for _, word := range bracedWord.FindAllString(pattern, -1) {
		if !slices.Contains(filledIn, word) && !strings.Contains(s.path, word) {
			return word
		}
	}
	return ""
}
