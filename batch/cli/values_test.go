package cli

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskbatch/batch"
	"taskbatch/batch/manual"
)

// readFlags reads the flags of an update as the program does.
func readFlags(t *testing.T, env map[string]string, args ...string) (*settings, *manual.Command, error) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	set := &settings{}
	cmd := &manual.Command{Name: "update", Operand: "FILE", Flags: set.flags()}
	cmd.Run = func() error { return set.complete(cmd) }
	p := &manual.Program{Commands: []*manual.Command{cmd}}
	inv, err := normalize(append([]string{"update", "tasks.csv"}, args...), p)
	if err != nil {
		return set, cmd, err
	}
	s := &session{console: newConsole(io.Discard, io.Discard)}
	return set, cmd, s.app(p).Run(inv.argv("taskbatch"))
}

// TestDefaults are those of the flags table.
func TestDefaults(t *testing.T) {
	s, _, err := readFlags(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		s.client.BaseURL, s.client.Timeout, s.batch.Pace.Concurrency, s.batch.Pace.Rate,
		s.batch.Pace.QuotaShare, s.batch.Attempts, s.batch.Pace.MaxWait, s.batch.Rules.MaxOutage, s.batch.Limit, s.maxErrors,
		s.waitLock, s.out.progress, s.input.Format, s.input.Empty, s.results,
	}
	want := []any{
		"https://platform.thena.ai", 30 * time.Second, 8, 0.0,
		0.8, 5, 65 * time.Minute, 30 * time.Minute, int64(0), 3,
		time.Duration(0), "auto", "auto", "", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestValuesAreTaken(t *testing.T) {
	env := map[string]string{"TASKBATCH_RATE": "600/m", "TASKBATCH_TIMEOUT": "1s", "TASKBATCH_ATTEMPTS": ""}
	s, _, err := readFlags(t, env, "--timeout", "2s", "--max-failures", "5%", "--set", "title=a,b", "--set=status=DONE", "--columns", "taskId,title", "-q")
	if err != nil {
		t.Fatal(err)
	}
	if s.batch.Pace.Rate != 10 || s.client.Timeout != 2*time.Second || s.batch.Attempts != 5 {
		t.Errorf("rate %v, timeout %v, attempts %d", s.batch.Pace.Rate, s.client.Timeout, s.batch.Attempts)
	}
	if s.batch.Rules.MaxFailuresShare != 0.05 || s.batch.Rules.MaxFailures != 0 {
		t.Errorf("max-failures %+v", s.batch.Rules)
	}
	if diff := cmp.Diff([]string{"title=a,b", "status=DONE"}, s.input.Set); diff != "" {
		t.Errorf("--set is split at commas:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"taskId", "title"}, s.input.Columns); diff != "" || !s.out.quiet {
		t.Errorf("columns: %s, quiet: %v", diff, s.out.quiet)
	}
}

// TestValuesOutOfRange: each mistake names its flag, or its variable, and says
// what is allowed.
func TestValuesOutOfRange(t *testing.T) {
	cases := map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"concurrency 0":       {nil, []string{"-c", "0"}, "--concurrency: 0 is not a whole number from 1 to 1024"},
		"concurrency 1025":    {nil, []string{"-c", "1025"}, "--concurrency: 1025 is not a whole number from 1 to 1024"},
		"concurrency text":    {nil, []string{"-c", "x y"}, `--concurrency: "x y" is not`},
		"concurrency empty":   {nil, []string{"--concurrency="}, `--concurrency: "" is not`},
		"variable":            {map[string]string{"TASKBATCH_MAX_WAIT": "soon"}, nil, "TASKBATCH_MAX_WAIT: soon is not a length of time"},
		"attempts":            {nil, []string{"--attempts", "0"}, "--attempts: 0 is not a whole number from 1 to 1000"},
		"limit 0":             {nil, []string{"--limit", "0"}, "--limit: 0 is not a whole number of 1 or more"},
		"limit negative":      {nil, []string{"--limit", "-1"}, "--limit: -1 is not"},
		"max-errors":          {nil, []string{"--max-errors", "-1"}, "--max-errors: -1 is not"},
		"timeout 0":           {nil, []string{"--timeout", "0s"}, "--timeout: 0s is out of range: from 1ms to 24h"},
		"timeout bare":        {nil, []string{"--timeout", "30"}, "--timeout: 30 is not a length of time such as 30s, 5m or 2h"},
		"max-duration minus":  {nil, []string{"--max-duration", "-1s"}, "--max-duration: -1s is out of range"},
		"rate 0":              {nil, []string{"--rate", "0"}, "--rate: "},
		"share 101%":          {nil, []string{"--quota-share", "101%"}, "--quota-share: "},
		"max-failures 0":      {nil, []string{"--max-failures", "0"}, "--max-failures: 0 is not"},
		"max-failures 0%":     {nil, []string{"--max-failures", "0%"}, "--max-failures: 0% is not"},
		"max-failures NaN%":   {nil, []string{"--max-failures", "NaN%"}, "--max-failures: NaN% is not"},
		"format":              {nil, []string{"--format", "jsonll"}, "--format: jsonll is none of auto, csv, jsonl; did you mean jsonl?"},
		"empty":               {nil, []string{"--empty", "erase"}, "--empty: erase is none of keep, clear"},
		"delimiter":           {nil, []string{"--delimiter", "x"}, "--delimiter: "},
		"delimiter empty":     {nil, []string{"--delimiter="}, "--delimiter: the value is empty"},
		"results -":           {nil, []string{"-o", "-"}, "--results: - is not a file; name one"},
		"results empty":       {nil, []string{"-o", ""}, "--results: the file name is empty"},
		"faults":              {nil, []string{"--sandbox", "--faults", "501=1%"}, "--faults: "},
		"faults, no sandbox":  {nil, []string{"--faults", "500=1%"}, "--faults: only the sandbox has faults"},
		"map":                 {nil, []string{"--map", "title"}, "--map: "},
		"wait-lock":           {nil, []string{"--wait-lock", "-1s"}, "--wait-lock: -1s is out of range: from 0s to 744h"},
		"progress, variable":  {map[string]string{"TASKBATCH_PROGRESS": "bra"}, nil, "TASKBATCH_PROGRESS: bra is none of auto, bar, plain, none; did you mean bar?"},
		"switch":              {nil, []string{"--json=maybe"}, "--json: maybe is neither true nor false"},
		"sandbox and address": {nil, []string{"--sandbox", "--base-url", "http://127.0.0.1:1"}, "--base-url: --sandbox brings its own address"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := readFlags(t, c.env, c.args...)
			if err == nil || stopOf(err).Cause != batch.Setup || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEndingOfUnknownErrorIsNotSuccess(t *testing.T) {
	if e := stopOf(errors.New("x")); e.Cause.Exit() == exitOK {
		t.Errorf("exit %d", e.Cause.Exit())
	}
}
