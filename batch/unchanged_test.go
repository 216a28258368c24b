package batch

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

// TestNights plays the diff of a nightly export, with several rows for some
// tasks, rows that fail and rows that set no field: each night sends the rows
// of exactly those tasks whose updates are not, in order, those that the night
// before gave or found given.
func TestNights(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		inBubble(t, func(t *testing.T) {
			b := newBench(t, "")
			b.t = rt
			rows := rapid.SliceOfN(rapid.Custom(drawRow), 1, 12).Draw(rt, "rows")
			given := map[int][]string{} // what the night before gave to each task
			for night := range rapid.IntRange(2, 5).Draw(rt, "nights") {
				for i := range rows {
					if rapid.IntRange(0, 4).Draw(rt, "changed") == 0 {
						rows[i] = drawRow(rt)
						rows[i].text = fmt.Sprint(" of night ", night)
					}
				}
				writeInput(b, "in.csv", rows)
				b.cfg.SkipUnchanged = ""
				if night > 0 {
					b.cfg.SkipUnchanged = b.cfg.Results
				}
				b.cfg.Results = filepath.Join(b.dir, fmt.Sprintf("night%d.csv", night))
				b.cfg.Attempts = 1
				s := drawServer(rt)
				b.run(s, nil)
				given = compareNight(b, s, rows, given)
			}
		})
	})
}

// compareNight checks what a night sent and recorded, and returns what was
// given to each task.
func compareNight(b *bench, s *server, rows []batchRow, before map[int][]string) map[int][]string {
	records := b.records(b.cfg.Results)
	wanted, given, partly := map[int][]string{}, map[int][]string{}, map[int]bool{}
	for i, r := range rows {
		switch {
		case r.bad:
			wanted[r.task] = append(wanted[r.task], "invalid")
		case !r.empty:
			wanted[r.task] = append(wanted[r.task], strings.Join(r.cells(i+2), ","))
		}
		if o, _ := record.ParseOutcome(records[i]["_outcome"]); !o.Finished() {
			partly[r.task] = true
		}
	}
	due := map[string]bool{}
	for task, list := range wanted {
		if !slices.Equal(list, before[task]) {
			due[fmt.Sprint("t", task)] = true
		}
		if !partly[task] {
			given[task] = list
		}
	}
	for i, r := range rows {
		since := strings.HasPrefix(records[i]["_error"], "unchanged since ")
		if task := fmt.Sprint("t", r.task); !r.empty && !r.bad && since == due[task] {
			b.t.Fatalf("row %d is %s (%s), although its task differs: %v", i+2, records[i]["_outcome"], records[i]["_error"], due[task])
		}
		if since && records[i]["_sum"] == "" {
			b.t.Fatalf("row %d has no sum", i+2)
		}
	}
	for _, c := range s.calls {
		if !due[c.task] {
			b.t.Fatalf("task %s was sent, but has not changed", c.task)
		}
	}
	return given
}

// An attempt of this batch may have changed the task since the earlier one.
func TestUnchangedButTried(t *testing.T) {
	b := newBench(t, tasks("a", "b"))
	b.run(always(ok200), nil)
	night := b.cfg.Results
	b.cfg.Results = filepath.Join(b.dir, "tonight.csv")
	b.cfg.Attempts = 1
	b.write("taskId,title\na,other\nb,row 3\n")
	b.run(perTask(map[string][]step{"a": {timeout}}), nil)
	b.write(tasks("a", "b"))
	b.cfg.SkipUnchanged = night
	s := always(ok200)
	b.run(s, nil)
	if len(s.calls) != 1 || s.calls[0].task != "a" {
		t.Errorf("%+v", s.calls)
	}
}
