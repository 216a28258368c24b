package batch

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/client/sandbox/apitest"
	"taskbatch/csvmap/record"
)

// wire is a sandbox on a real socket, whose every request and answer the API's
// description judges.
type wire struct {
	t      *testing.T
	box    *sandbox.Sandbox
	server *httptest.Server
	client *client.Client
}

func newWire(t *testing.T, concurrency int, cfg sandbox.Config) *wire {
	t.Helper()
	box, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	judge := apitest.New(t, "../testdata/thena.openapi.yaml")
	w := &wire{t: t, box: box, server: httptest.NewServer(judge.Wrap(box))}
	w.client, err = client.New(client.Config{BaseURL: w.server.URL, Key: "wire-test", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	return w
}

// request is what the sandbox's log says of one.
type request struct {
	Seq    int             `json:"seq"`
	At     time.Time       `json:"at"`
	DoneAt time.Time       `json:"done_at"`
	Task   string          `json:"task"`
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

func (w *wire) log() (list []request) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.box.ServeHTTP(rec, httptest.NewRequest("GET", "/_sandbox/log", nil))
	for d := json.NewDecoder(rec.Body); d.More(); {
		var r request
		if err := d.Decode(&r); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// send runs a file of the bench's folder against the sandbox.
func (w *wire) send(b *bench, name string) *Summary {
	w.t.Helper()
	b.cfg.Sender = func() Sender { return w.client.Sender() }
	p, err := b.prepare(name)
	if err != nil {
		w.t.Fatal(err)
	}
	defer p.Close()
	sum, err := p.Run(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b.reconciles(sum)
	return sum
}

// migration makes random rows and says, by a mapping of its own, what the
// server must receive for them.
type migration struct{ r *rand.Rand }

var textFields = []string{"title", "assigneeId", "activityId", "description", "type", "status", "priority"}

// row is what the fields of a task shall become.
func (m migration) row() map[string]any {
	row := map[string]any{}
	for _, f := range textFields {
		if m.r.IntN(3) == 0 {
			row[f] = m.text()
		}
	}
	if m.r.IntN(4) == 0 {
		urls := []any{}
		for range m.r.IntN(3) {
			urls = append(urls, "https://files.example/"+strconv.Itoa(m.r.IntN(1000))+"?a=1,2;b=\"x\"")
		}
		row["attachmentUrls"] = urls
	}
	if m.r.IntN(3) == 0 {
		row["metadata"] = m.object(0)
	}
	return row
}

func (m migration) text() string {
	pieces := []string{"Müller & Söhne", ",", ";", "\"", "\n", "\r\n", "\t", "=1+1", "訪問", "🚀", "\\", " ", "'", "#N/A", `""`, "null", "  ", "plain text", "</script>", "\u2028"}
	if m.r.IntN(8) == 0 {
		return []string{`""`, "#N/A", `\#REF!`, `\\""`, "#NUM!", "#NAME", "null", "[]", "{}"}[m.r.IntN(9)]
	}
	var b strings.Builder
	for range 1 + m.r.IntN(4) {
		b.WriteString(pieces[m.r.IntN(len(pieces))])
	}
	return b.String()
}

func (m migration) object(depth int) map[string]any {
	o := map[string]any{}
	for range m.r.IntN(4) {
		o[m.text()] = m.value(depth)
	}
	return o
}

func (m migration) value(depth int) any {
	switch n := m.r.IntN(8); {
	case n == 0:
		return json.Number([]string{"0.10", "1e400", "12345678901234567890", "-0", "1E5", "3.14159265358979323846"}[m.r.IntN(6)])
	case n == 1:
		return nil
	case n == 2:
		return m.r.IntN(2) == 0
	case n == 3 && depth < 3:
		return m.object(depth + 1)
	case n == 4 && depth < 3:
		return []any{m.value(depth + 1), m.text()}
	}
	return m.text()
}

// cell is the cell form of a value, "" for an absent one.
func cell(value any) string {
	switch v := value.(type) {
	case string:
		switch strings.TrimLeft(v, `\`) {
		case `""`, "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!":
			return `\` + v
		}
		return v
	case []any:
		if len(v) == 0 {
			return `""`
		}
		return asJSON(v)
	case map[string]any:
		return asJSON(v)
	}
	return ""
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func writeCSV(rows []map[string]any) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	columns := append(slices.Clone(textFields), "attachmentUrls", "metadata")
	w.Write(append([]string{"Task ID"}, columns...))
	for i, row := range rows {
		record := []string{"t" + strconv.Itoa(i)}
		for _, c := range columns {
			v := row[c]
			record = append(record, cell(v))
		}
		w.Write(record)
	}
	w.Flush()
	return b.String()
}

func writeJSONL(rows []map[string]any) string {
	var b strings.Builder
	for i, row := range rows {
		line := maps.Clone(row)
		line["taskId"] = "t" + strconv.Itoa(i)
		b.WriteString(asJSON(line) + "\n")
	}
	return b.String()
}

// TestTenThousandRows: what the server received is what a second, independent
// mapping says, field for field, numbers to the digit; and a rerun of the rows
// that failed sends the same bytes.
func TestTenThousandRows(t *testing.T) {
	m := migration{rand.New(rand.NewPCG(7, 7))}
	rows := make([]map[string]any, 10_000)
	for i := range rows {
		rows[i] = m.row()
	}
	for _, format := range []struct {
		name  string
		write func([]map[string]any) string
	}{{"csv", writeCSV}, {"jsonl", writeJSONL}} {
		t.Run(format.name, func(t *testing.T) {
			b := newBench(t, "")
			b.cfg.Pace.Concurrency = 32
			name := "big." + format.name
			if err := os.WriteFile(filepath.Join(b.dir, name), []byte(format.write(rows)), 0o600); err != nil {
				t.Fatal(err)
			}
			faults, err := sandbox.ParseFaults("seed=3,500=1%")
			if err != nil {
				t.Fatal(err)
			}
			w := newWire(t, 32, sandbox.Config{Faults: faults})
			b.cfg.Attempts = 1
			sum := w.send(b, name)
			failed := count(sum, record.Failed)
			if failed == 0 || count(sum, record.Updated)+count(sum, record.Skipped)+failed != len(rows) {
				t.Fatalf("%v", sum.Outcomes)
			}
			first := w.log()
			for _, r := range first {
				checkBody(t, rows, r)
			}

			again := newWire(t, 32, sandbox.Config{})
			b.cfg.Results = strings.TrimSuffix(b.cfg.Results, ".csv") + "-2.csv"
			again.send(b, "in.results.csv")
			bodies := map[string]string{}
			for _, r := range first {
				if r.Status == 500 {
					bodies[r.Task] = string(r.Body)
				}
			}
			second := map[string]string{}
			for _, r := range again.log() {
				second[r.Task] = string(r.Body)
			}
			if diff := cmp.Diff(bodies, second); diff != "" {
				t.Errorf("the rerun sent other bytes: %s", diff)
			}
		})
	}
}

func checkBody(t *testing.T, rows []map[string]any, r request) {
	t.Helper()
	i, err := strconv.Atoi(strings.TrimPrefix(r.Task, "t"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	var got map[string]any
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows[i], got); diff != "" {
		t.Fatalf("task %s: %s", r.Task, diff)
	}
}

// TestOrderPerTask: with many rows of the same tasks and random latencies,
// every task saw its rows in row order, never two at once.
func TestOrderPerTask(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const rows = 3000
	names := make([]string, rows)
	for i := range names {
		names[i] = "t" + strconv.Itoa(i)
		if r.IntN(5) == 0 {
			names[i] = "t" + strconv.Itoa(r.IntN(40))
		}
	}
	faults, err := sandbox.ParseFaults("seed=5,500=12%,drop=2%,slow=2%")
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, 64, sandbox.Config{Faults: faults, Latency: 3 * time.Millisecond})
	b := newBench(t, tasks(names...))
	b.cfg.Pace.Concurrency, b.cfg.Attempts = 64, 2
	w.send(b, "in.csv")
	last := map[string]int{}
	done := map[string]time.Time{}
	for _, q := range w.log() {
		var body struct{ Title string }
		if err := json.Unmarshal(q.Body, &body); err != nil {
			t.Fatal(err)
		}
		var row int
		fmt.Sscanf(body.Title, "row %d", &row)
		if row < last[q.Task] {
			t.Errorf("task %s: row %d after row %d", q.Task, row, last[q.Task])
		}
		if q.At.Before(done[q.Task]) {
			t.Errorf("task %s: row %d while row %d was under way", q.Task, row, last[q.Task])
		}
		last[q.Task], done[q.Task] = row, q.DoneAt
	}
	closed := map[string]bool{}
	for _, rec := range b.records(b.cfg.Results) {
		if through := rec["_outcome"] == "updated"; closed[rec["taskId"]] != (rec["_outcome"] == "blocked") {
			t.Errorf("row %s is %s", rec["_row"], rec["_outcome"])
		} else if !through {
			closed[rec["taskId"]] = true
		}
	}
	if len(closed) == 0 {
		t.Error("nothing failed: the test shows nothing")
	}
}
