package pace

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client"
)

// watched is an outage, and the tasks that failed.
type watched struct {
	outage
	failing failing
}

func newWatched() *watched { return &watched{failing: newFailing()} }

func (w *watched) take(sent, now time.Time, h client.Health, task string) {
	w.answered(sent, now, h, w.failing.answered(task, h != client.Healthy))
}

// feed gives n answers of the same health, going round so many tasks from the
// given one on.
func feed(w *watched, n, from, tasks int, h client.Health) {
	for i := range n {
		w.take(start, start, h, fmt.Sprint("task", from+i%tasks))
	}
}

// TestOutageBegins: so many answers in a row, each task counted once.
func TestOutageBegins(t *testing.T) {
	for name, c := range map[string]struct {
		feed func(*watched)
		want bool
	}{
		"20 ill":                {func(w *watched) { feed(w, 20, 0, 20, client.Ill) }, true},
		"19 ill":                {func(w *watched) { feed(w, 19, 0, 19, client.Ill) }, false},
		"1000 ill of 19 tasks":  {func(w *watched) { feed(w, 1000, 0, 19, client.Ill) }, false},
		"15 that are left over": {func(w *watched) { feed(w, 75, 0, 15, client.Ill) }, false},
		"one good among 20": {func(w *watched) {
			feed(w, 10, 0, 10, client.Ill)
			feed(w, 1, 50, 1, client.Healthy)
			feed(w, 19, 100, 19, client.Ill)
		}, false},
		"one 500 among 20": {func(w *watched) {
			feed(w, 10, 0, 10, client.Ill)
			feed(w, 1, 50, 1, client.Error500)
			feed(w, 19, 100, 19, client.Ill)
		}, false},
		"50 plain 500":          {func(w *watched) { feed(w, 50, 0, 50, client.Error500) }, true},
		"50 row errors":         {func(w *watched) { feed(w, 50, 0, 50, client.RowError) }, true},
		"500 row errors of 49":  {func(w *watched) { feed(w, 500, 0, 49, client.RowError) }, false},
		"mixed 49":              {func(w *watched) { feed(w, 19, 0, 19, client.Ill); feed(w, 30, 100, 30, client.RowError) }, false},
		"mixed 50":              {func(w *watched) { feed(w, 19, 0, 19, client.Ill); feed(w, 31, 100, 31, client.RowError) }, true},
		"nothing":               {func(w *watched) {}, false},
		"only healthy":          {func(w *watched) { feed(w, 500, 0, 100, client.Healthy) }, false},
		"20 ill after 100 good": {func(w *watched) { feed(w, 100, 0, 100, client.Healthy); feed(w, 20, 0, 20, client.Ill) }, true},
		"20 that had failed before": {func(w *watched) {
			for i := range 40 { // while others got through
				feed(w, 1, i, 1, client.Ill)
				feed(w, 1, 1000, 1, client.Healthy)
			}
			feed(w, 200, 0, 40, client.Ill)
		}, false},
		"20 that got through in between": {func(w *watched) {
			feed(w, 19, 0, 19, client.Ill)
			feed(w, 19, 0, 19, client.Healthy)
			feed(w, 20, 0, 20, client.Ill)
		}, true},
	} {
		w := newWatched()
		c.feed(w)
		if w.active != c.want {
			t.Errorf("%s: active = %v", name, w.active)
		}
		if w.since.IsZero() == c.want || w.next.IsZero() == c.want {
			t.Errorf("%s: since %v, next probe %v", name, w.since, w.next)
		}
	}
}

func TestOutageEnds(t *testing.T) {
	begun := map[string]func(*watched){
		"ill":  func(w *watched) { feed(w, 20, 0, 20, client.Ill) },
		"500s": func(w *watched) { feed(w, 50, 0, 50, client.Error500) },
	}
	for name, c := range map[string]struct {
		begun string
		by    client.Health
		ends  bool
	}{
		"ill by an answer":     {"ill", client.Healthy, true},
		"ill by a row error":   {"ill", client.RowError, true},
		"ill by a plain 500":   {"ill", client.Error500, false},
		"ill by another":       {"ill", client.Ill, false},
		"500s by an answer":    {"500s", client.Healthy, true},
		"500s by a row error":  {"500s", client.RowError, false},
		"500s by a plain 500":  {"500s", client.Error500, false},
		"500s by a lost probe": {"500s", client.Ill, false},
	} {
		w := newWatched()
		begun[c.begun](w)
		w.take(start, start, c.by, "probe")
		if w.active == c.ends {
			t.Errorf("%s: active = %v", name, w.active)
			continue
		}
		if !c.ends {
			continue
		}
		if feed(w, 19, 100, 19, client.Ill); w.active {
			t.Errorf("%s: answers from before the end still count", name)
		}
		if feed(w, 1, 200, 1, client.Ill); !w.active {
			t.Errorf("%s: no new outage", name)
		}
	}
}

func TestProbesGrowApart(t *testing.T) {
	w := newWatched()
	feed(w, 20, 0, 20, client.Ill)
	at := start
	for i, want := range []int{1, 2, 4, 8, 16, 30, 30, 30} {
		why, next := w.wait(at)
		if got := next.Sub(at); why != Outage || got != time.Duration(want)*time.Second {
			t.Fatalf("probe %d after %v, want %d s", i, got, want)
		}
		at = next
		w.probed(at)
		if why, next := w.wait(at.Add(time.Hour)); why != Outage || !next.IsZero() {
			t.Fatalf("a second probe while one is in flight: %v at %v", why, next)
		}
		w.take(at, at, client.Ill, "x")
	}
	if w.take(at, at, client.Healthy, "x"); w.active || !w.next.IsZero() {
		t.Error("probes go on after the end")
	}
	if w.probed(at); !w.next.IsZero() {
		t.Error("a probe without an outage")
	}
}

// TestOutageRules holds the two rules against a slow, obvious version of them.
func TestOutageRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWatched()
		failed := map[string]bool{}
		var streak []client.Health // of the first failures since the last good answer, and of what breaks it
		tasks := rapid.IntRange(5, 90).Draw(t, "tasks")
		healths := rapid.SampledFrom([]client.Health{client.Ill, client.Ill, client.Ill, client.Ill, client.Ill, client.Ill,
			client.Ill, client.Ill, client.Ill, client.Ill, client.RowError, client.Error500})
		for i := range 250 {
			h := healths.Draw(t, "health")
			if rapid.IntRange(0, 120).Draw(t, "good") == 0 {
				h = client.Healthy
			}
			name := fmt.Sprint(rapid.IntRange(0, tasks).Draw(t, "task"))
			w.take(start, start, h, name)
			switch {
			case h == client.Healthy:
				streak = nil
				delete(failed, name)
			case !failed[name]:
				failed[name] = true
				streak = append(streak, h)
			case h != client.Ill && len(streak) > 0: // counts for nothing, but is no connection error either
				streak = append(streak, client.Healthy)
			}
			ill, bad := 0, 0
			for _, h := range streak {
				switch h {
				case client.Ill:
					ill, bad = ill+1, bad+1
				case client.Healthy:
					ill = 0
				default:
					ill, bad = 0, bad+1
				}
			}
			if want := ill >= 20 || bad >= 50; w.active != want {
				t.Fatalf("after %d answers: active = %v, want %v", i+1, w.active, want)
			} else if want {
				return
			}
		}
	})
}

// What was under way when the outage showed says nothing of its end; and the
// outage began with the first bad answer, not with the one that showed it.
func TestOutageBeginsAndEndsByItsOwnAnswers(t *testing.T) {
	w := newWatched()
	for i := range illTasks {
		at := start.Add(time.Duration(i) * time.Second)
		w.take(at, at, client.Ill, fmt.Sprint("task", i))
	}
	if !w.active || !w.since.Equal(start) {
		t.Fatalf("active %v since %s, want since %s", w.active, w.since, start)
	}
	noticed := start.Add((illTasks - 1) * time.Second)
	if w.take(start, noticed.Add(time.Second), client.Healthy, "late"); !w.active {
		t.Fatal("a late answer ended the outage")
	}
	if w.take(noticed.Add(time.Second), noticed.Add(time.Second), client.Healthy, "probe"); w.active {
		t.Fatal("a good probe did not end the outage")
	}
}

// TestFailingForgetsTheOldest: the memory of failed tasks is bounded.
func TestFailingForgetsTheOldest(t *testing.T) {
	f := newFailing()
	for i := range 3 * mostFailing {
		if f.answered(fmt.Sprint(i), true) {
			t.Fatalf("task %d had not failed before", i)
		}
	}
	if n := len(f.tasks) + len(f.old); n > mostFailing || n < mostFailing/2 {
		t.Errorf("%d tasks, want %d at most", n, mostFailing)
	}
	if !f.answered(fmt.Sprint(3*mostFailing-1), true) || f.answered("0", true) {
		t.Error("the youngest is forgotten, or the oldest is not")
	}
}
