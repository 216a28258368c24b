package batch

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// step is one answer of a scripted server.
type step struct {
	verdict client.Verdict
	health  client.Health
	status  int
	latency time.Duration
	reply   func(*client.Reply) // adds to the reply; nil: nothing
}

// call is one attempt that a scripted server saw.
type call struct {
	task, body string
	begin, end time.Time
	step       step
}

// server answers in process, by a script: time in it is virtual.
type server struct {
	answer func(task string, n int) step // n counts the attempts for the task from 0

	mu       sync.Mutex
	calls    []call
	attempts map[string]int
	inFlight map[string]bool
	overlaps int
}

func newServer(answer func(task string, n int) step) *server {
	return &server{answer: answer, attempts: map[string]int{}, inFlight: map[string]bool{}}
}

// Close does nothing: the server's senders have no connections.
func (s *server) Close() {}

func (s *server) Put(ctx context.Context, task string, body []byte) client.Reply {
	begin := time.Now()
	s.mu.Lock()
	if s.inFlight[task] {
		s.overlaps++
	}
	s.inFlight[task] = true
	st := s.answer(task, s.attempts[task])
	s.attempts[task]++
	s.mu.Unlock()
	select {
	case <-time.After(st.latency):
	case <-ctx.Done():
		st = step{verdict: client.Unanswered}
	}
	end := time.Now()
	s.mu.Lock()
	s.inFlight[task] = false
	s.calls = append(s.calls, call{task, string(body), begin, end, st})
	s.mu.Unlock()
	r := client.Reply{Verdict: st.verdict, Health: st.health, Status: st.status, Sent: begin, Received: end,
		Message: fmt.Sprintf("answer %d", st.status)}
	if st.reply != nil {
		st.reply(&r)
	}
	return r
}

// The answers of a scripted server.
var (
	ok200    = step{verdict: client.Applied, status: 200}
	bad400   = step{verdict: client.Refused, status: 400}
	noKey    = step{verdict: client.Unauthorized, status: 401}
	noRight  = step{verdict: client.Forbidden, status: 403}
	row500   = step{verdict: client.Erring, health: client.RowError, status: 500}
	slow408  = step{verdict: client.Erring, status: 408}
	gone503  = step{verdict: client.Erring, health: client.Ill, status: 503}
	wait429  = step{verdict: client.Throttled, status: 429}
	timeout  = step{verdict: client.Unanswered, health: client.Ill}
	refused  = step{verdict: client.Unconnected, health: client.Ill}
	redirect = step{verdict: client.Redirected, status: 302}
)

func (s step) after(d time.Duration) step { s.latency = d; return s }

// retryAfter is the answer with that header.
func (s step) retryAfter(d time.Duration) step {
	s.reply = func(r *client.Reply) { r.RetryAfter = d }
	return s
}

// resetIn is the answer of a server whose quota is used up for so long.
func (s step) resetIn(d time.Duration) step {
	s.reply = func(r *client.Reply) {
		now := r.Received.Truncate(time.Second)
		r.Quota = client.Quota{Known: true, Limit: 100, Reset: now.Add(d), Date: now}
	}
	return s
}

// tester is what a bench needs of a test; rapid's have it, too.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Cleanup(func())
}

// bench is a folder with an input, on which batches run.
type bench struct {
	t   tester
	dir string
	cfg Config
}

func newBench(t *testing.T, input string) *bench {
	b := &bench{t: t, dir: t.TempDir()}
	b.write(input)
	b.cfg = Config{
		Results: filepath.Join(b.dir, "in.results.csv"), Attempts: 5,
		Pace:  pace.Config{Concurrency: 8, QuotaShare: 0.8, MaxWait: time.Hour},
		Rules: Rules{MaxOutage: 30 * time.Minute},
	}
	return b
}

func (b *bench) write(input string) {
	if err := os.WriteFile(filepath.Join(b.dir, "in.csv"), []byte(input), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// prepare opens an input of the folder and prepares the batch.
func (b *bench) prepare(name string) (*Plan, error) {
	in, err := csvmap.Open(filepath.Join(b.dir, name), nil, csvmap.Options{})
	if err != nil {
		return nil, err
	}
	b.t.Cleanup(func() { in.Close() })
	cfg := b.cfg
	cfg.Input = in
	return Prepare(context.Background(), cfg)
}

// run sends the input to the server.
func (b *bench) run(s Sender, stop <-chan struct{}) *Summary {
	b.t.Helper()
	return b.runFile("in.csv", s, stop)
}

func (b *bench) runFile(name string, s Sender, stop <-chan struct{}) *Summary {
	b.t.Helper()
	b.cfg.Sender = func() Sender { return s }
	p, err := b.prepare(name)
	if err != nil {
		b.t.Fatal(err)
	}
	defer p.Close()
	sum, err := p.Run(context.Background(), stop)
	if err != nil {
		b.t.Fatal(err)
	}
	b.reconciles(sum)
	return sum
}

// reconciles holds after every run: selected rows = sum of outcomes = records.
func (b *bench) reconciles(sum *Summary) {
	b.t.Helper()
	var n int64
	for _, c := range sum.Outcomes {
		n += c
	}
	if n != sum.Rows {
		b.t.Fatalf("%d rows, but %d outcomes", sum.Rows, n)
	}
	if records := b.records(sum.Results); sum.Complete && int64(len(records)) != sum.Rows {
		b.t.Fatalf("%d rows, but %d records", sum.Rows, len(records))
	}
}

// cells is one record of a results file, by column name.
type cells map[string]string

func (b *bench) records(path string) []cells {
	b.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	var out []cells
	for _, row := range rows[1:] {
		r := cells{}
		for i, name := range rows[0] {
			r[name] = row[i]
		}
		out = append(out, r)
	}
	return out
}

// outcomes is the outcome of each row of the results file, in row order.
func (b *bench) outcomes() string {
	var out []string
	for _, r := range b.records(b.cfg.Results) {
		out = append(out, r["_outcome"])
	}
	return strings.Join(out, " ")
}

// tasks makes a CSV with one row for each task named, its title telling the
// row's number.
func tasks(names ...string) string {
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for i, n := range names {
		b.WriteString(n + ",row " + strconv.Itoa(i+2) + "\n")
	}
	return b.String()
}

// manyTasks makes a CSV of n rows, each of another task.
func manyTasks(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "t" + strconv.Itoa(i)
	}
	return tasks(names...)
}

func count(s *Summary, o record.Outcome) int { return int(s.Outcomes[o]) }

// newDispatcher makes one that sends nothing, with room for 8 requests.
func newDispatcher(testing.TB) *dispatcher {
	return &dispatcher{tally: newTally(), gate: pace.NewGate(pace.Config{}), jobs: make(chan *item, 8)}
}
