//go:build unix

package real

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"taskbatch/client/sandbox"
)

var (
	nights    = flag.Int("nights", 8, "TestNights: so many")
	nightRows = flag.Int("rows", 400, "TestNights: rows of the nightly export")
)

// How a night may go.
const (
	goesWell = iota
	failsPartly
	isStopped
	isKilled
	kinds
)

// night is a system whose export goes to the API every night, and what the API
// is known to hold.
type night struct {
	t      *testing.T
	r      *rand.Rand
	dir    string
	tasks  []string
	update map[string]string // by task: the body that the export stands for
	cells  map[string]string // by task: its row
	held   map[string]string // by task: the body that the API answered 200 last
	api    *api
	number int
}

// TestNights: an export that changes a little is sent every night with
// --skip-unchanged last; some nights go wrong. Each night sends exactly the
// tasks that the API does not hold as the export says, and in the end the API
// holds what full runs would have left.
//
//	go test ./client/sandbox/real -run TestNights -nights 30 -rows 50000 -v
func TestNights(t *testing.T) {
	t.Parallel()
	n := &night{t: t, r: rand.New(rand.NewPCG(12, 12)), dir: t.TempDir(), update: map[string]string{}, cells: map[string]string{}, held: map[string]string{}, api: newAPI(t, sandbox.Config{})}
	full, err := sandbox.New(sandbox.Config{LogLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for range *nightRows {
		n.addTask()
	}
	for n.number = range *nights {
		kind := goesWell
		if n.number > 0 && n.number < *nights-1 {
			n.change()
			kind = n.number % kinds
		}
		n.send(kind)
		for _, id := range n.tasks {
			r := httptest.NewRequest("PUT", "/v1/accounts/tasks/"+id, strings.NewReader(n.update[id]))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Api-Key", key)
			full.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	for _, id := range n.tasks {
		if got, want := shownTask(n.api.box, id), shownTask(full, id); got != want {
			t.Fatalf("task %s is %s, after full runs %s", id, got, want)
		}
	}
}

// shownTask is a task as the API holds it, but for its times.
func shownTask(box *sandbox.Sandbox, id string) string {
	w := httptest.NewRecorder()
	box.ServeHTTP(w, httptest.NewRequest("GET", "/_sandbox/tasks/"+id, nil))
	before, rest, _ := strings.Cut(w.Body.String(), `"createdAt"`)
	_, after, _ := strings.Cut(rest, `"metadata"`)
	return before + after
}

// addTask adds a task to the export.
func (n *night) addTask() {
	id := fmt.Sprintf("T-%06d", len(n.tasks))
	n.tasks = append(n.tasks, id)
	n.edit(id)
}

// edit gives a task a new value.
func (n *night) edit(id string) {
	title := fmt.Sprintf("Call, %d", n.r.Uint32())
	status := []string{"PENDING", "IN_PROGRESS", "COMPLETED"}[n.r.IntN(3)]
	n.cells[id] = fmt.Sprintf("%s,\"%s\",%s\n", id, title, status)
	n.update[id] = fmt.Sprintf(`{"title":"%s","status":"%s"}`, title, status)
}

// change changes a hundredth of the tasks, adds a few, and shuffles the rows.
func (n *night) change() {
	for range max(1, len(n.tasks)/100) {
		n.edit(n.tasks[n.r.IntN(len(n.tasks))])
	}
	for range max(1, len(n.tasks)/1000) {
		n.addTask()
	}
	n.r.Shuffle(len(n.tasks), func(i, j int) { n.tasks[i], n.tasks[j] = n.tasks[j], n.tasks[i] })
}

// send runs the night's export, and once more if the run was killed.
func (n *night) send(kind int) {
	n.t.Helper()
	var export strings.Builder
	export.WriteString("taskId,title,status\n")
	missing := map[string]bool{}
	for _, id := range n.tasks {
		export.WriteString(n.cells[id])
		if n.held[id] != n.update[id] {
			missing[id] = true
		}
	}
	writeFile(n.t, filepath.Join(n.dir, "export.csv"), export.String())
	before := len(n.api.since(0))
	cmd := command(n.t, n.dir, "update", "export.csv", "-o", "out-{date}.csv", "--skip-unchanged", "last", "--base-url", n.api.server.URL, "--keep-going", "-y", "--json")
	process := make(chan *os.Process, 1)
	n.api.mu.Lock()
	n.api.refuse, n.api.arrived = nil, nil
	switch kind {
	case failsPartly:
		n.api.refuse = n.unlucky
	case isStopped, isKilled:
		signal := map[int]os.Signal{isStopped: syscall.SIGTERM, isKilled: syscall.SIGKILL}[kind]
		half := before + (len(missing)+1)/2
		n.api.arrived = func(number int) {
			if number == half {
				(<-process).Signal(signal)
			}
		}
	}
	n.api.mu.Unlock()
	e := finish(n.t, cmd, process)
	if kind == isKilled { // the same command again
		e = finish(n.t, command(n.t, n.dir, cmd.Args[1:]...), nil)
	}
	n.judge(kind, e, missing, n.api.since(before))
	n.yesterday()
}

// unlucky tells whether a task is unknown to the API tonight.
func (n *night) unlucky(id string) bool {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return (int(hash.Sum32())+n.number)%3 == 0
}

// judge asserts that the night sent what was missing, and nothing else.
func (n *night) judge(kind int, e *ending, missing map[string]bool, sent []request) {
	n.t.Helper()
	times, needless := map[string]int{}, 0
	for _, r := range sent {
		times[r.task]++
		if !missing[r.task] {
			needless++
		}
		if r.body != n.update[r.task] {
			n.t.Errorf("night %d: task %s was sent %s, the export says %s", n.number, r.task, r.body, n.update[r.task])
		}
		if r.status == 200 {
			n.held[r.task] = r.body
		}
	}
	twice := len(sent) - len(times)
	n.t.Logf("night %2d, %-12s %5d rows, %5d missing, %5d requests, exit %d", n.number, [...]string{"", "fails partly", "is stopped", "is killed"}[kind], len(n.tasks), len(missing), len(sent), e.code)
	if needless > 0 {
		n.t.Errorf("night %d: %d requests for tasks that were given this already", n.number, needless)
	}
	if len(times) != len(missing) && kind != isStopped {
		n.t.Errorf("night %d: %d tasks were sent, %d were missing; stderr: %.500s", n.number, len(times), len(missing), e.stderr)
	}
	if twice > 0 && kind != isKilled { // a kill takes with it what was not written yet
		n.t.Errorf("night %d: %d tasks were sent twice", n.number, twice)
	}
}

// yesterday makes the night's results those of an earlier day.
func (n *night) yesterday() {
	n.t.Helper()
	names, err := filepath.Glob(filepath.Join(n.dir, "out-*.csv"))
	if err != nil {
		n.t.Fatal(err)
	}
	slices.Sort(names)
	newest := names[len(names)-1]
	dated := fmt.Sprintf("out-2020-%02d-%02d.csv", 1+n.number/28, 1+n.number%28)
	if err := os.Rename(newest, filepath.Join(n.dir, dated)); err != nil {
		n.t.Fatal(err)
	}
}
