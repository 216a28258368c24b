package pace

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client"
)

// feed gives n answers of the same health, going round the tasks.
func feed(o *outage, n, tasks int, h client.Health) {
	for i := range n {
		o.answered(start, start, h, fmt.Sprint("task", i%tasks))
	}
}

func TestOutageBegins(t *testing.T) {
	for name, c := range map[string]struct {
		feed func(*outage)
		want bool
	}{
		"20 ill of 10 tasks":  {func(o *outage) { feed(o, 20, 10, client.Ill) }, true},
		"20 ill of 9 tasks":   {func(o *outage) { feed(o, 20, 9, client.Ill) }, false},
		"1000 ill of 9 tasks": {func(o *outage) { feed(o, 1000, 9, client.Ill) }, false},
		"19 ill":              {func(o *outage) { feed(o, 19, 19, client.Ill) }, false},
		"one good among 20": {func(o *outage) {
			feed(o, 10, 10, client.Ill)
			feed(o, 1, 1, client.Healthy)
			feed(o, 19, 19, client.Ill)
		}, false},
		"one 500 among 20": {func(o *outage) {
			feed(o, 10, 10, client.Ill)
			feed(o, 1, 1, client.Error500)
			feed(o, 19, 19, client.Ill)
		}, false},
		"50 plain 500 of 25 tasks":  {func(o *outage) { feed(o, 50, 25, client.Error500) }, true},
		"50 row errors of 25 tasks": {func(o *outage) { feed(o, 50, 25, client.RowError) }, true},
		"50 row errors of 24 tasks": {func(o *outage) { feed(o, 50, 24, client.RowError) }, false},
		"49 row errors":             {func(o *outage) { feed(o, 49, 49, client.RowError) }, false},
		"mixed 50": {func(o *outage) {
			feed(o, 19, 19, client.Ill)
			feed(o, 15, 15, client.RowError)
			feed(o, 16, 16, client.Error500)
		}, false},
		"mixed 50 of enough tasks":   {func(o *outage) { feed(o, 19, 19, client.Ill); feed(o, 31, 31, client.RowError) }, true},
		"nothing":                    {func(o *outage) {}, false},
		"only healthy":               {func(o *outage) { feed(o, 500, 100, client.Healthy) }, false},
		"20 ill after 100 good ones": {func(o *outage) { feed(o, 100, 100, client.Healthy); feed(o, 20, 10, client.Ill) }, true},
	} {
		o := newOutage()
		c.feed(&o)
		if o.active != c.want {
			t.Errorf("%s: active = %v", name, o.active)
		}
		if o.since.IsZero() == c.want || o.next.IsZero() == c.want {
			t.Errorf("%s: since %v, next probe %v", name, o.since, o.next)
		}
	}
}

func TestOutageEnds(t *testing.T) {
	begun := map[string]func(*outage){
		"ill":  func(o *outage) { feed(o, 20, 10, client.Ill) },
		"500s": func(o *outage) { feed(o, 50, 25, client.Error500) },
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
		o := newOutage()
		begun[c.begun](&o)
		o.answered(start, start, c.by, "probe")
		if o.active == c.ends {
			t.Errorf("%s: active = %v", name, o.active)
			continue
		}
		if !c.ends {
			continue
		}
		if feed(&o, 19, 19, client.Ill); o.active {
			t.Errorf("%s: answers from before the end still count", name)
		}
		if feed(&o, 1, 1, client.Ill); !o.active {
			t.Errorf("%s: no new outage", name)
		}
	}
}

func TestProbesGrowApart(t *testing.T) {
	o := newOutage()
	feed(&o, 20, 10, client.Ill)
	at := start
	for i, want := range []int{1, 2, 4, 8, 16, 30, 30, 30} {
		if got := o.next.Sub(at); got != time.Duration(want)*time.Second {
			t.Fatalf("probe %d after %v, want %d s", i, got, want)
		}
		at = o.next
		o.probed(at)
	}
	if o.answered(at, at, client.Healthy, "x"); o.active || !o.next.IsZero() {
		t.Error("probes go on after the end")
	}
	if o.probed(at); !o.next.IsZero() {
		t.Error("a probe without an outage")
	}
}

// TestOutageRules holds the two rules against a slow, obvious version of them.
func TestOutageRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := newOutage()
		var health []client.Health
		var task []string
		tasks := rapid.IntRange(5, 40).Draw(t, "tasks")
		healths := rapid.SampledFrom([]client.Health{client.Ill, client.Ill, client.Ill, client.Ill, client.Ill, client.Ill,
			client.Ill, client.Ill, client.Ill, client.Ill, client.RowError, client.Error500})
		for i := range 150 {
			h := healths.Draw(t, "health")
			if rapid.IntRange(0, 80).Draw(t, "good") == 0 {
				h = client.Healthy
			}
			name := fmt.Sprint(rapid.IntRange(0, tasks).Draw(t, "task"))
			health, task = append(health, h), append(task, name)
			o.answered(start, start, h, name)
			want := rule(health, task, 20, 10, func(h client.Health) bool { return h == client.Ill }) ||
				rule(health, task, 50, 25, func(h client.Health) bool { return h != client.Healthy })
			if o.active != want {
				t.Fatalf("after %d answers: active = %v, want %v", i+1, o.active, want)
			}
			if want {
				return
			}
		}
	})
}

func rule(health []client.Health, task []string, answers, tasks int, bad func(client.Health) bool) bool {
	if len(health) < answers {
		return false
	}
	seen := map[string]bool{}
	for i := len(health) - answers; i < len(health); i++ {
		if !bad(health[i]) {
			return false
		}
		seen[task[i]] = true
	}
	return len(seen) >= tasks
}

// What was under way when the outage showed says nothing of its end; and the
// outage began with the first bad answer, not with the one that showed it.
func TestOutageBeginsAndEndsByItsOwnAnswers(t *testing.T) {
	o := newOutage()
	for i := range illAnswers {
		at := start.Add(time.Duration(i) * time.Second)
		o.answered(at, at, client.Ill, fmt.Sprint("task", i))
	}
	if !o.active || !o.since.Equal(start) {
		t.Fatalf("active %v since %s, want since %s", o.active, o.since, start)
	}
	noticed := start.Add((illAnswers - 1) * time.Second)
	if o.answered(start, noticed.Add(time.Second), client.Healthy, "late"); !o.active {
		t.Fatal("a late answer ended the outage")
	}
	if o.answered(noticed.Add(time.Second), noticed.Add(time.Second), client.Healthy, "probe"); o.active {
		t.Fatal("a good probe did not end the outage")
	}
}
