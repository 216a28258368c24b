package batch

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// batchRow is a row of a random input. The title of a row that sets fields
// tells its number.
type batchRow struct {
	task                int
	empty, bad, pending bool
	text                string // of the title, behind the number
}

var batchColumns = []string{"taskId", "title", "status", "attachmentUrls"}

func (r batchRow) cells(number int) []string {
	cells := []string{"t" + strconv.Itoa(r.task), "", "", ""}
	if !r.empty {
		cells[1] = fmt.Sprintf("row %d%s", number, r.text)
	}
	if r.pending && !r.empty {
		cells[2] = "PENDING"
	}
	if r.bad {
		cells[3] = "no address"
	}
	return cells
}

func drawRow(rt *rapid.T) batchRow {
	kind := rapid.IntRange(0, 9).Draw(rt, "kind")
	return batchRow{task: rapid.IntRange(0, 6).Draw(rt, "task"), empty: kind == 0, bad: kind == 1, pending: kind > 6}
}

func writeRecords(t tester, path string, records [][]string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(records); err != nil {
		t.Fatal(err)
	}
}

func writeInput(b *bench, name string, rows []batchRow) {
	records := [][]string{batchColumns}
	for i, r := range rows {
		records = append(records, r.cells(i+2))
	}
	writeRecords(b.t, filepath.Join(b.dir, name), records)
}

// drawServer answers each task by a random script.
func drawServer(rt *rapid.T) *server {
	script := map[string][]step{}
	for task := range 7 {
		steps := rapid.SliceOfN(rapid.SampledFrom([]step{ok200, ok200, bad400, timeout, row500}), 1, 4).Draw(rt, "script")
		for i := range steps {
			steps[i].latency = 100 * time.Millisecond
		}
		script["t"+strconv.Itoa(task)] = steps
	}
	return perTask(script)
}

// drawRun sets what makes a run stop before its end.
func drawRun(rt *rapid.T, b *bench, rows int) {
	b.cfg.Attempts = 1
	b.cfg.Pace.Concurrency = rapid.IntRange(1, 4).Draw(rt, "concurrency")
	b.cfg.Limit = int64(max(0, rapid.IntRange(-rows, rows).Draw(rt, "limit")))
	b.cfg.Rules.MaxDuration = time.Duration(max(0, rapid.IntRange(-8, 8).Draw(rt, "duration"))) * 100 * time.Millisecond
}

// drawHistory makes earlier runs of the batch and returns the file to send.
func drawHistory(rt *rapid.T, b *bench, rows []batchRow) (input string) {
	input = "in.csv"
	for n := range rapid.IntRange(0, 3).Draw(rt, "earlier runs") {
		drawRun(rt, b, len(rows))
		b.runFile(input, drawServer(rt), nil)
		if rapid.Bool().Draw(rt, "rerun") {
			input = fmt.Sprintf("rerun%d.csv", n)
			editResults(rt, b, input)
			b.cfg.Results = filepath.Join(b.dir, fmt.Sprintf("rerun%d.results.csv", n))
		} else if input == "in.csv" {
			editInput(rt, b, rows)
		}
	}
	return input
}

// editResults copies the results under another name, with changes to rows that
// are not finished.
func editResults(rt *rapid.T, b *bench, name string) {
	data, err := os.ReadFile(b.cfg.Results)
	if err != nil {
		b.t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	own := len(records[0]) - len(batchColumns)
	for _, rec := range records[1:] {
		outcome, _ := record.ParseOutcome(rec[record.ColOutcome])
		if !outcome.Finished() && rapid.IntRange(0, 3).Draw(rt, "edit") == 0 {
			number, _ := strconv.Atoi(rec[record.ColRow])
			copy(rec[own:], drawRow(rt).cells(number))
		}
	}
	writeRecords(b.t, filepath.Join(b.dir, name), records)
}

// editInput changes rows that are not finished.
func editInput(rt *rapid.T, b *bench, rows []batchRow) {
	for _, rec := range b.records(b.cfg.Results) {
		outcome, _ := record.ParseOutcome(rec["_outcome"])
		number, _ := strconv.Atoi(rec["_row"])
		if !outcome.Finished() && rapid.IntRange(0, 3).Draw(rt, "edit") == 0 {
			rows[number-2] = drawRow(rt)
		}
	}
	writeInput(b, "in.csv", rows)
}

// sentRow is a request that a server received.
type sentRow struct {
	Row        int
	Task, Body string
}

func rowsSent(s *server) (sent []sentRow, set FieldCounts) {
	for _, c := range s.calls {
		var body map[string]any
		if err := json.Unmarshal([]byte(c.body), &body); err != nil {
			panic(err)
		}
		r := sentRow{Task: c.task, Body: c.body}
		fmt.Sscanf(body["title"].(string), "row %d", &r.Row)
		sent = append(sent, r)
		for f := range client.Field(client.NumFields) {
			if _, ok := body[f.String()]; ok {
				set[f]++
			}
		}
	}
	slices.SortFunc(sent, func(a, b sentRow) int { return a.Row - b.Row })
	return sent, set
}

// TestSurveyIsExact: whatever the survey says will be sent is sent, for random
// inputs, histories and flags; and the other rows become what it says.
func TestSurveyIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 1, 25).Draw(rt, "rows")
		inBubble(t, func(t *testing.T) {
			b := newBench(t, "")
			b.t = rt
			writeInput(b, "in.csv", rows)
			if rapid.Bool().Draw(rt, "skip unchanged") {
				skipUnchanged(rt, b, rows)
			}
			input := drawHistory(rt, b, rows)
			drawRun(rt, b, len(rows))
			b.cfg.Rules.MaxDuration = 0
			compareSurvey(b, input)
		})
	})
}

// inBubble is synctest.Test for what uses a rapid.T, which panics.
func inBubble(t *testing.T, f func(*testing.T)) {
	var problem any
	synctest.Test(t, func(t *testing.T) {
		defer func() { problem = recover() }()
		f(t)
	})
	if problem != nil {
		panic(problem)
	}
}

// skipUnchanged makes the results of an earlier night, from much the same rows.
func skipUnchanged(rt *rapid.T, b *bench, rows []batchRow) {
	writeInput(b, "in.csv", rapid.SliceOfN(rapid.SampledFrom(rows), 1, len(rows)).Draw(rt, "last night"))
	if rapid.Bool().Draw(rt, "same night") {
		writeInput(b, "in.csv", rows)
	}
	tonight := b.cfg.Results
	b.cfg.Results = filepath.Join(b.dir, "night.csv")
	drawRun(rt, b, len(rows))
	b.run(drawServer(rt), nil)
	b.cfg.SkipUnchanged, b.cfg.Results = b.cfg.Results, tonight
	writeInput(b, "in.csv", rows)
}

func compareSurvey(b *bench, input string) {
	s := always(ok200)
	b.cfg.Sender = func() Sender { return s }
	p, err := b.prepare(input)
	if err != nil {
		b.t.Fatal(err)
	}
	defer p.Close()
	survey := *p.Survey()
	sum, err := p.Run(context.Background(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.reconciles(sum)
	sent, set := rowsSent(s)
	var first []sentRow
	for _, r := range survey.First {
		first = append(first, sentRow{int(r.Row), r.TaskID, string(r.Body)})
	}
	if diff := cmp.Diff(append([]sentRow(nil), sent[:min(3, len(sent))]...), first); diff != "" {
		b.t.Fatalf("first requests (-sent +survey): %s", diff)
	}
	if diff := cmp.Diff(set, survey.Set); diff != "" {
		b.t.Fatalf("fields set (-sent +survey): %s", diff)
	}
	earlier := sum.Earlier
	got := RowCounts{Rows: sum.Rows, ToSend: int64(len(sent)), Invalid: sum.Outcomes[record.Invalid] - earlier[record.Invalid],
		NoChange: sum.Outcomes[record.Skipped] - earlier[record.Skipped], Held: sum.Outcomes[record.Blocked] - earlier[record.Blocked],
		Finished: earlier[record.Updated] + earlier[record.Skipped], Skipped: earlier[record.Skipped]}
	want := survey.RowCounts
	want.NoChange += want.Unchanged
	want.Held += want.Behind
	want.Left, want.Behind, want.Unchanged, want.Edited, want.EditedFinished = 0, 0, 0, 0, 0
	if diff := cmp.Diff(got, want); diff != "" {
		b.t.Fatalf("rows (-run +survey): %s", diff)
	}
}
