package cli

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// metricsText is the ending as a textfile for Prometheus's node_exporter. All are
// gauges: they speak of the last run, and of the whole batch.
func (j *job) metricsText(o *object) []byte {
	m := &textfile{batch: j.batchName()}
	m.gauge("last_finish_timestamp_seconds", "When the last run ended, in seconds since 1970.", float64(o.Finished.UnixMilli())/1000)
	m.gauge("last_duration_seconds", "How long the last run took.", o.DurationS)
	m.gauge("last_exit_code", "Exit code of the last run; 0: all is well.", float64(o.ExitCode))
	m.family("rows", "gauge", "Rows of the batch by outcome.")
	for outcome := record.Updated; outcome < record.NumOutcomes; outcome++ {
		m.sample("rows", float64(o.Outcomes[outcome]), "outcome", outcome.String())
	}
	m.gauge("requests", "Requests of the last run.", float64(o.Requests))
	m.gauge("retries", "Requests of the last run that repeated an earlier one.", float64(o.Retries))
	m.gauge("throttled", "Answers 429 in the last run.", float64(o.Throttled))
	m.family("waited_seconds", "gauge", "How long the last run sent nothing, by cause.")
	m.sample("waited_seconds", o.Waited.Rate.Seconds(), "cause", "rate")
	m.sample("waited_seconds", o.Waited.Quota.Seconds(), "cause", "quota")
	m.sample("waited_seconds", o.Waited.Retry.Seconds(), "cause", "retry")
	m.sample("waited_seconds", o.Waited.Outage.Seconds(), "cause", "outage")
	m.family("request_duration_seconds", "summary", "Time of the requests of the last run.")
	m.sample("request_duration_seconds", o.LatencyMS.P50/1000, "quantile", "0.5")
	m.sample("request_duration_seconds", o.LatencyMS.P90/1000, "quantile", "0.9")
	m.sample("request_duration_seconds", o.LatencyMS.P99/1000, "quantile", "0.99")
	m.sample("request_duration_seconds_sum", o.LatencyMS.Sum/1000)
	m.sample("request_duration_seconds_count", float64(o.LatencyMS.Attempts))
	return m.b.Bytes()
}

// batchName is what all runs of the batch have in common: the name of the
// results, or of the input, without date, rerun number and extensions.
func (j *job) batchName() string {
	name := results.LockName(results.ResultsName(j.set.path))
	if j.results != "" {
		name = j.lockName()
	} else if j.set.path == "-" {
		name = j.set.inputName()
	}
	name = strings.TrimSuffix(filepath.Base(name), ".csv.lock")
	return strings.TrimSuffix(strings.TrimSuffix(name, ".results"), ".sandbox")
}

// textfile builds the text format of Prometheus.
type textfile struct {
	b     bytes.Buffer
	batch string
}

func (t *textfile) family(name, kind, help string) {
	t.b.WriteString("# HELP taskbatch_" + name + " " + help + "\n# TYPE taskbatch_" + name + " " + kind + "\n")
}

// gauge adds a family of one value.
func (t *textfile) gauge(name, help string, value float64) {
	t.family(name, "gauge", help)
	t.sample(name, value)
}

// sample adds a value; labels are names and values in turn.
func (t *textfile) sample(name string, value float64, labels ...string) {
	t.b.WriteString("taskbatch_" + name + `{batch="` + labelValue(t.batch) + `"`)
	for i := 0; i < len(labels); i += 2 {
		t.b.WriteString("," + labels[i] + `="` + labelValue(labels[i+1]) + `"`)
	}
	t.b.WriteString("} " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// labelValue escapes as the format asks; it must be UTF-8.
func labelValue(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(text, "\uFFFD"))
}
