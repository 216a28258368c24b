package cli

// The groups in which the flags of update stand.
const (
	groupInput   = "Input"
	groupSending = "Sending"
	groupOutput  = "Output"
)

// updateOptions are the flags of update. check has the same ones, so that one
// word turns a command into its rehearsal.
func updateOptions() []option {
	options := append(inputOptions(), sendingOptions()...)
	return append(options, outputOptions()...)
}

func inputOptions() []option {
	return []option{
		{group: groupInput, name: "format", value: "FORMAT", def: "auto", usage: "csv or jsonl; auto: by name, else by content"},
		{group: groupInput, name: "delimiter", value: "CHAR", def: "auto", usage: "comma, semicolon, tab or pipe; auto: found from the header"},
		{group: groupInput, name: "encoding", value: "NAME", def: "auto", usage: "e.g. windows-1252; auto: UTF-8, or UTF-16 by its byte order mark"},
		{group: groupInput, name: "columns", value: "NAMES", usage: "comma-separated column names for a CSV file without a header"},
		{group: groupInput, name: "map", value: "COLUMN=FIELD", repeat: true, usage: "take a column for this field"},
		{group: groupInput, name: "set", value: "FIELD=VALUE", repeat: true, stays: true, usage: "constant for every row, written like a cell; beats the column"},
		{group: groupInput, name: "ignore", value: "COLUMN", repeat: true, usage: "carry a column along untouched into the results"},
		{group: groupInput, name: "ignore-unknown", usage: "the same for every column that is no field"},
		{group: groupInput, name: "empty", value: "keep|clear", def: "keep", usage: "what an empty CSV cell means"},
		{group: groupInput, name: "null", value: "error|keep|clear", def: "error", usage: "what a JSONL null means"},
		{group: groupInput, name: "list-separator", value: "TEXT", def: "|", usage: "separator in a list cell; a newline always separates"},
		{group: groupInput, name: "strict", stays: true, usage: "send nothing if any row is invalid"},
		{group: groupInput, name: "limit", value: "N", usage: "only the first N rows; try 20 first, then the same command without it (default: all)"},
		{group: groupInput, name: "max-errors", value: "N", def: "3", usage: "check: samples shown for each kind of problem, 0 = all"},
	}
}

func sendingOptions() []option {
	return []option{
		{group: groupSending, name: "base-url", value: "URL", def: defaultBaseURL, env: []string{"TASKBATCH_BASE_URL", "THENA_BASE_URL"}, stays: true, usage: "where the API is"},
		{group: groupSending, name: "api-key-file", value: "FILE", env: []string{"TASKBATCH_API_KEY_FILE"}, stays: true, usage: "file that holds the API key; without it the key is taken from THENA_API_KEY"},
		{group: groupSending, name: "sandbox", stays: true, usage: "update a sandbox that lives in this process: no account, no key"},
		{group: groupSending, name: "faults", value: "SPEC", stays: true, usage: "what the sandbox does wrong, e.g. seed=1,500=2%,429=1%"},
		{group: groupSending, name: "concurrency", short: "c", value: "N", def: "8", env: []string{"TASKBATCH_CONCURRENCY"}, stays: true, usage: "requests in flight at most, 1 to 1024"},
		{group: groupSending, name: "rate", short: "r", value: "RATE", env: []string{"TASKBATCH_RATE"}, stays: true, usage: "requests at most: 20/s, 600/m, 5000/h; a bare number is per second (default: none)"},
		{group: groupSending, name: "quota-share", value: "P%", def: "80%", env: []string{"TASKBATCH_QUOTA_SHARE"}, stays: true, usage: "how much of the server's quota this run may use"},
		{group: groupSending, name: "attempts", value: "N", def: "5", env: []string{"TASKBATCH_ATTEMPTS"}, stays: true, usage: "attempts for a row, 1 to 1000"},
		{group: groupSending, name: "timeout", value: "DURATION", def: "30s", env: []string{"TASKBATCH_TIMEOUT"}, stays: true, usage: "for one attempt, body included"},
		{group: groupSending, name: "max-wait", value: "DURATION", def: "65m", env: []string{"TASKBATCH_MAX_WAIT"}, stays: true, usage: "longest wait that the server may announce; beyond it the run stops"},
		{group: groupSending, name: "max-outage", value: "DURATION", def: "30m", env: []string{"TASKBATCH_MAX_OUTAGE"}, stays: true, usage: "how long to go on while no row gets settled"},
		{group: groupSending, name: "max-failures", value: "N|P%", stays: true, usage: "stop when so many rows did not get through (default: off)"},
		{group: groupSending, name: "keep-going", stays: true, usage: "go on even if the first 50 rows all fail"},
		{group: groupSending, name: "max-duration", value: "DURATION", stays: true, usage: "start no new attempt after this long (default: off)"},
		{group: groupSending, name: "ca-cert", value: "FILE", stays: true, usage: "trust this root certificate, too (PEM)"},
		{group: groupSending, name: "insecure-http", stays: true, usage: "allow plain http to a host that is not this one"},
	}
}

func outputOptions() []option {
	return []option{
		{group: groupOutput, name: "results", short: "o", value: "FILE", usage: "the results file; {date} and {name} are filled in (default: FILE without its extensions + .results.csv)"},
		{group: groupOutput, name: "failures", value: "FILE", usage: "also write the rows that a rerun would send"},
		{group: groupOutput, name: "summary", value: "FILE", usage: "write the JSON summary here at every ending"},
		{group: groupOutput, name: "fresh", usage: "start over although results exist; the old file is kept under its time"},
		{group: groupOutput, name: "wait-lock", value: "DURATION", def: "0s", usage: "wait so long for another run of this batch to end"},
		{group: groupOutput, name: "progress", value: "auto|bar|plain|none", def: "auto", env: []string{"TASKBATCH_PROGRESS"}, usage: "auto: a bar on a terminal, else none; plain: a line each 30 s"},
		{group: groupOutput, name: "json", usage: "one JSON object on standard output instead of text"},
		{group: groupOutput, name: "quiet", short: "q", usage: "write nothing if all goes well"},
		{group: groupOutput, name: "yes", short: "y", usage: "ask no question"},
		{group: groupOutput, name: "dry-run", short: "n", usage: "send nothing: the same as check"},
		{group: groupOutput, name: "no-color", env: []string{"TASKBATCH_NO_COLOR", "NO_COLOR"}, usage: "no colors on a terminal"},
	}
}

const defaultBaseURL = "https://platform.thena.ai"

func sandboxOptions() []option {
	return []option{
		{name: "addr", value: "HOST:PORT", def: "127.0.0.1:8000", usage: "address to listen on; loopback only, port 0 takes a free one"},
		{name: "api-key", value: "KEY", usage: "accept only this key (default: any)"},
		{name: "quota", value: "QUOTA", def: "600/m", usage: "requests allowed: 600/m, 200/10s, 500/1s; 0 = no limit"},
		{name: "latency", value: "DURATION", def: "20ms", usage: "time an answer takes"},
		{name: "faults", value: "SPEC", usage: "what goes wrong, e.g. seed=1,500=2%,429=1%,503=1%,drop=1%,hang=1%"},
		{name: "metadata", value: "merge|replace", def: "merge", usage: "what an update does to the metadata a task has"},
		{name: "only-known", value: "FILE", usage: "answer 404 for every task but those in this file, one id a line"},
		{name: "log", value: "FILE", usage: "append each request to this file, as JSONL"},
	}
}

func fieldsOptions() []option {
	return []option{
		{name: "csv", usage: "print a CSV template"},
		{name: "jsonl", usage: "print a JSONL template"},
	}
}
