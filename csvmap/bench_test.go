package csvmap

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
)

const benchRows = 100_000

// plainInput has five columns without quotes.
func plainInput() []byte {
	var text bytes.Buffer
	text.WriteString("taskId,title,description,status,priority\n")
	for i := range benchRows {
		fmt.Fprintf(&text, "TASK-%07d,Follow up with customer %d,Call back and send the offer for item %d,IN_PROGRESS,HIGH\n", i, i, i)
	}
	return text.Bytes()
}

// BenchmarkCheck reads five columns; the aim is 1,000,000 rows a second.
func BenchmarkCheck(b *testing.B) { benchmarkCheck(b, "input.csv", plainInput()) }

// BenchmarkCheckQuoted has a quoted cell and a typed metadata key.
func BenchmarkCheckQuoted(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("taskId,title,description,status,metadata.score:number\n")
	for i := range benchRows {
		fmt.Fprintf(&text, "TASK-%07d,Follow up with customer %d,\"Call back, then send the offer for item %d\",IN_PROGRESS,%d.50\n", i, i, i, i%100)
	}
	benchmarkCheck(b, "input.csv", text.Bytes())
}

// BenchmarkCheckJSONL reads the same fields from JSONL.
func BenchmarkCheckJSONL(b *testing.B) {
	var text bytes.Buffer
	for i := range benchRows {
		fmt.Fprintf(&text, `{"taskId":"TASK-%07d","title":"Follow up with customer %d","status":"IN_PROGRESS","metadata":{"score":%d.50}}`+"\n", i, i, i)
	}
	benchmarkCheck(b, "input.jsonl", text.Bytes())
}

// BenchmarkEach is the second pass, with results cells.
func BenchmarkEach(b *testing.B) {
	in := openBench(b, "input.csv", plainInput())
	if err := visit(in.Check(b.Context()), func(*Row) error { return nil }); err != nil {
		b.Fatal(err)
	}
	benchmarkPass(b, in.Each)
}

func benchmarkCheck(b *testing.B, name string, text []byte) {
	in := openBench(b, name, text)
	benchmarkPass(b, func(ctx context.Context) iter.Seq2[*Row, error] {
		in.source.sum = "" // each time the first pass
		return in.Check(ctx)
	})
}

func openBench(b *testing.B, name string, text []byte) *Input {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	in, err := Open(path, nil, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close() })
	return in
}

func benchmarkPass(b *testing.B, pass func(context.Context) iter.Seq2[*Row, error]) {
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		err := visit(pass(b.Context()), func(row *Row) error {
			if row.Err != nil {
				b.Fatal(row.Err.Reason)
			}
			count++
			return nil
		})
		if err != nil || count != benchRows {
			b.Fatal(count, err)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
