package batch

import (
	"path/filepath"
	"testing"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap"
)

// BenchmarkFaults measures what 5% of answers 503 cost at 20 ms a request: the
// metric "x" is the time against that of a faultless run, both measured here.
func BenchmarkFaults(b *testing.B) {
	const rows = 30_000
	var clean, faulty time.Duration
	for b.Loop() {
		clean += timeRun(b, rows, "")
		faulty += timeRun(b, rows, "seed=1,503=5%")
	}
	b.ReportMetric(faulty.Seconds()/clean.Seconds(), "x")
	b.ReportMetric(rows*float64(b.N)/faulty.Seconds(), "rows/s")
}

// BenchmarkPrepare measures what a check does with a million rows.
func BenchmarkPrepare(b *testing.B) {
	const rows = 1_000_000
	bench := &bench{t: b, dir: b.TempDir()}
	bench.cfg.Survey.Full = true
	bench.write(manyTasks(rows))
	for b.Loop() {
		p, err := bench.prepare("in.csv")
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSend measures a whole run against a sandbox in the same process.
func BenchmarkSend(b *testing.B) {
	const rows = 20_000
	var took time.Duration
	for b.Loop() {
		took += timeRun(b, rows, "seed=1")
	}
	b.ReportMetric(rows*float64(b.N)/took.Seconds(), "rows/s")
}

// timeRun is how long it takes to send so many rows with 64 in flight; with
// faults named, to a server that takes no time unless they say so.
func timeRun(b *testing.B, rows int, faults string) time.Duration {
	b.Helper()
	cfg := sandbox.Config{LogLimit: -1}
	if faults != "seed=1" {
		cfg.Latency = 20 * time.Millisecond
	}
	var err error
	if faults != "" {
		if cfg.Faults, err = sandbox.ParseFaults(faults); err != nil {
			b.Fatal(err)
		}
	}
	box, err := sandbox.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "bench-key"})
	if err != nil {
		b.Fatal(err)
	}
	bench := &bench{t: b, dir: b.TempDir()}
	bench.write(manyTasks(rows))
	in, err := csvmap.Open(filepath.Join(bench.dir, "in.csv"), nil, csvmap.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	begun := time.Now()
	p, err := Prepare(b.Context(), Config{
		Input: in, Results: filepath.Join(bench.dir, "out.csv"), Attempts: 5,
		Pace:   pace.Config{Concurrency: 64},
		Sender: func() Sender { return c.Sender() },
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Run(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}
