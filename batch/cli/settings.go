package cli

import (
	"math"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap"
)

// settings is what the flags of update and check say, checked.
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

	results  string // pattern; "" = the default name
	failures string
	summary  string
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

// readSettings reads the flags of update. Its errors are *usageError.
func readSettings(v *values, path string) (settings, error) {
	s := settings{path: path, input: readInput(v), client: readClient(v)}
	s.strict = v.on("strict")
	s.maxErrors = int(v.count("max-errors", 0, math.MaxInt32))
	s.batch = batch.Config{
		Limit:    v.count("limit", 1, math.MaxInt64),
		Fresh:    v.on("fresh"),
		Attempts: int(v.count("attempts", 1, maxAttempts)),
		Pace:     readPace(v),
		Rules:    readRules(v),
	}
	s.keyFile = v.file("api-key-file")
	s.sandbox = v.on("sandbox")
	s.faults = parsed(v, "faults", sandbox.ParseFaults)
	if v.set("faults") && !s.sandbox {
		v.fail("faults", "only the sandbox has faults; add --sandbox, or leave it out")
	}
	if s.sandbox && v.set("base-url") && v.origin["base-url"] == "" {
		v.fail("base-url", "--sandbox brings its own address; give one of the two")
	}
	s.results, s.failures, s.summary = v.file("results"), v.file("failures"), v.file("summary")
	s.waitLock = v.duration("wait-lock", 0, month)
	s.out = readOutput(v)
	if v.err != nil {
		return s, v.err
	}
	return s, s.input.Validate()
}

// splitNames reads the column names of --columns; nil for none.
func splitNames(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func readInput(v *values) csvmap.Options {
	v.choice("empty", "keep", "clear")
	v.choice("null", "error", "keep", "clear")
	opt := csvmap.Options{
		Format:        v.choice("format", "auto", "csv", "jsonl"),
		Delimiter:     v.text("delimiter"),
		Encoding:      v.text("encoding"),
		Columns:       splitNames(v.text("columns")),
		Map:           v.list("map"),
		Set:           v.list("set"),
		Ignore:        v.list("ignore"),
		IgnoreUnknown: v.on("ignore-unknown"),
		Empty:         v.typed("empty"),
		Null:          v.typed("null"),
		ListSeparator: v.typed("list-separator"),
	}
	for _, name := range []string{"delimiter", "encoding", "columns", "list-separator"} {
		if v.set(name) && v.text(name) == "" {
			v.fail(name, "the value is empty")
		}
	}
	return opt
}

func readClient(v *values) client.Config {
	return client.Config{
		BaseURL:      v.text("base-url"),
		UserAgent:    "taskbatch/" + version(),
		Timeout:      v.duration("timeout", time.Millisecond, 24*time.Hour),
		Concurrency:  int(v.count("concurrency", 1, maxConcurrency)),
		CACertFile:   v.file("ca-cert"),
		InsecureHTTP: v.on("insecure-http"),
	}
}

func readPace(v *values) pace.Config {
	return pace.Config{
		Rate:        parsed(v, "rate", pace.ParseRate),
		QuotaShare:  parsed(v, "quota-share", pace.ParseShare),
		MaxWait:     v.duration("max-wait", time.Millisecond, month),
		Concurrency: int(v.count("concurrency", 1, maxConcurrency)),
	}
}

func readRules(v *values) batch.Rules {
	rows, share := v.failures("max-failures")
	return batch.Rules{
		MaxFailures:      rows,
		MaxFailuresShare: share,
		MaxDuration:      v.duration("max-duration", time.Millisecond, month),
		MaxOutage:        v.duration("max-outage", time.Millisecond, month),
		KeepGoing:        v.on("keep-going"),
	}
}

func readOutput(v *values) output {
	return output{
		progress: v.choice("progress", "auto", "bar", "plain", "none"),
		json:     v.on("json"),
		quiet:    v.on("quiet"),
		yes:      v.on("yes"),
		dryRun:   v.on("dry-run"),
		noColor:  v.on("no-color"),
	}
}
