package batch

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// TestModel holds the dispatcher against the rules for one row, said again:
// thousands of random servers, each answering by a script. Outcomes, attempts
// and order must be exact.
func TestModel(t *testing.T) {
	steps := []step{ok200, ok200, ok200, bad400, row500, slow408, wait429, timeout, refused}
	rapid.Check(t, func(rt *rapid.T) {
		// Fewer than ten tasks: an outage pauses nothing, so the model is exact.
		names := rapid.SliceOfN(rapid.IntRange(0, 8), 1, 30).Draw(rt, "tasks")
		script := map[string][]step{}
		for task := range 9 {
			list := rapid.SliceOfN(rapid.SampledFrom(steps), 1, 12).Draw(rt, "script "+strconv.Itoa(task))
			for i := range list {
				list[i].latency = time.Duration(rapid.IntRange(0, 300).Draw(rt, "latency")) * time.Millisecond
			}
			if last := list[len(list)-1].verdict; last == client.Throttled {
				list = append(list, ok200)
			}
			script["t"+strconv.Itoa(task)] = list
		}
		tasksOf := make([]string, len(names))
		for i, n := range names {
			tasksOf[i] = "t" + strconv.Itoa(n)
		}
		attempts := rapid.IntRange(1, 5).Draw(rt, "attempts")
		concurrency := rapid.IntRange(1, 12).Draw(rt, "concurrency")

		var problem string
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, tasks(tasksOf...))
			b.cfg.Attempts, b.cfg.Pace.Concurrency = attempts, concurrency
			s := perTask(script)
			b.run(s, nil)
			problem = compare(b.records(b.cfg.Results), s, tasksOf, script, attempts)
		})
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

// compare tells where a run differs from the model.
func compare(records []cells, s *server, tasksOf []string, script map[string][]step, attempts int) string {
	if s.overlaps > 0 {
		return "two requests of one task at once"
	}
	want := model(tasksOf, script, attempts)
	for i, r := range records {
		got := fmt.Sprintf("%s after %s attempts, status %s", r["_outcome"], r["_attempts"], r["_status"])
		if r["_row"] != strconv.Itoa(i+2) || got != want[i].String() {
			return fmt.Sprintf("record %d is row %s: %s, want %s", i, r["_row"], got, want[i])
		}
	}
	var bodies = map[string][]string{}
	for _, c := range s.calls {
		bodies[c.task] = append(bodies[c.task], c.body)
	}
	wantBodies := map[string][]string{}
	for i, task := range tasksOf {
		for range want[i].attempts {
			wantBodies[task] = append(wantBodies[task], fmt.Sprintf(`{"title":"row %d"}`, i+2))
		}
	}
	for task, list := range wantBodies {
		if fmt.Sprint(bodies[task]) != fmt.Sprint(list) {
			return fmt.Sprintf("task %s was sent %v, want %v", task, bodies[task], list)
		}
	}
	return ""
}

// expected is what the rules say of a row.
type expected struct {
	outcome  record.Outcome
	attempts int
	status   int
}

func (e expected) String() string {
	status := ""
	if e.status != 0 {
		status = strconv.Itoa(e.status)
	}
	return fmt.Sprintf("%s after %d attempts, status %s", e.outcome, e.attempts, status)
}

// model is the rules for rows that are sent one after the
// other.
func model(tasksOf []string, script map[string][]step, attempts int) []expected {
	used := map[string]int{}
	closed := map[string]bool{}
	out := make([]expected, len(tasksOf))
	for i, task := range tasksOf {
		if closed[task] {
			out[i].outcome = record.Blocked
			continue
		}
		out[i] = modelRow(script[task], used[task], attempts)
		used[task] += out[i].attempts
		closed[task] = out[i].outcome != record.Updated
	}
	return out
}

func modelRow(steps []step, used, attempts int) (e expected) {
	unanswered := false
	for tries := 0; ; {
		st := steps[min(used+e.attempts, len(steps)-1)]
		e.attempts++
		if st.status != 0 {
			e.status = st.status
		}
		switch st.verdict {
		case client.Applied:
			e.outcome = record.Updated
			return e
		case client.Refused:
			e.outcome = record.Failed
			return e
		case client.Throttled:
			continue
		case client.Unanswered:
			unanswered = true
		}
		if tries++; tries == attempts {
			e.outcome = record.Failed
			if unanswered {
				e.outcome = record.Unknown
			}
			return e
		}
	}
}

// TestBackoffBounds: where nothing else holds a row back, it waits for its
// n-th retry no longer than the bound of full jitter.
func TestBackoffBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(8))
		s := always(row500)
		b.cfg.Attempts = 9
		b.run(s, nil)
		last := map[string]time.Time{}
		n := map[string]int{}
		for _, c := range s.calls {
			if n[c.task]++; n[c.task] > 2 { // the very first answers open the gate
				bound := min(30*time.Second, 500*time.Millisecond<<(n[c.task]-2))
				if gap := c.begin.Sub(last[c.task]); gap > bound {
					t.Errorf("retry %d of %s after %s, bound %s", n[c.task]-1, c.task, gap, bound)
				}
			}
			last[c.task] = c.end
		}
	})
}
