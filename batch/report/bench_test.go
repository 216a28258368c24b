package report

import (
	"context"
	"io"
	"testing"
)

// BenchmarkHuge reads and writes the report of 1,000,000 rows.
func BenchmarkHuge(b *testing.B) {
	path := hugeSample(b, 1_000_000)
	for b.Loop() {
		s, err := Read(context.Background(), path, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		if err := WriteHTML(context.Background(), io.Discard, []*Section{s}); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
