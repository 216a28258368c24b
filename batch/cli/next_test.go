package cli

import (
	"testing"

	"taskbatch/batch"
	"taskbatch/csvmap/record"
)

func TestNext(t *testing.T) {
	done := &batch.Summary{Rows: 2, Complete: true, Results: "tasks.results.csv"}
	done.Outcomes[record.Updated] = 2
	some := &batch.Summary{Rows: 2, Complete: true, Results: "my tasks.results.csv"}
	some.Outcomes[record.Updated], some.Outcomes[record.Failed] = 1, 1
	stopped := &batch.Summary{Rows: 2, Complete: true, Results: "tasks.results.csv", Stop: &batch.Stop{Cause: batch.Rule}}
	stopped.Outcomes[record.Unsent] = 2

	line := []string{
		"update", "tasks.csv", "--fresh", "-c", "4", "--map", "My Task=taskId", "--set", `title=""`,
		"--base-url", "http://127.0.0.1:8000", "-o", "out.csv", "-y", "--strict=false", "--limit", "2",
	}
	inv, err := normalize(line, program())
	if err != nil {
		t.Fatal(err)
	}
	const allRows = `taskbatch update --concurrency=4 --map='My Task=taskId' --set='title=""' --base-url=http://127.0.0.1:8000 ` +
		`--results=out.csv --yes --strict=false tasks.csv`
	cases := map[string]struct {
		summary *batch.Summary
		left    int64 // rows that --limit leaves out
		want    string
	}{
		"all done": {done, 0, ""},
		"rest":     {done, 8, allRows},
		"rest too": {some, 8, allRows},
		"rerun":    {some, 0, `taskbatch update --concurrency=4 --set='title=""' --base-url=http://127.0.0.1:8000 --strict=false 'my tasks.results.csv'`},
		"again": {stopped, 8, `taskbatch update --concurrency=4 --map='My Task=taskId' --set='title=""' --base-url=http://127.0.0.1:8000 ` +
			`--results=out.csv --yes --strict=false --limit=2 tasks.csv`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j := &job{session: &session{program: "taskbatch", inv: inv}, summary: c.summary, plan: &batch.Plan{}}
			j.plan.Survey().Left = c.left
			j.set.path = "tasks.csv"
			if got := j.next(exitRows); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestProgramName(t *testing.T) {
	for arg, want := range map[string]string{
		"taskbatch": "taskbatch", "./taskbatch": "./taskbatch", "/my bin/taskbatch": "'/my bin/taskbatch'",
		"/tmp/go-build123/b001/exe/taskbatch": "go run .",
	} {
		if got := programName(arg); got != want {
			t.Errorf("programName(%q) = %q, want %q", arg, got, want)
		}
	}
}
