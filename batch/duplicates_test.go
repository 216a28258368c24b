package batch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDuplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d duplicates
		seen := map[uint64]int{}
		copies := rapid.IntRange(1, chunkLen/2).Draw(t, "copies")
		for _, h := range rapid.SliceOfN(rapid.Uint64Range(0, 20), 0, 12).Draw(t, "hashes") {
			for i := range copies { // more than one chunk
				d.add(h + uint64(i)*100)
				seen[h+uint64(i)*100]++
			}
		}
		want := int64(0)
		for _, n := range seen {
			if n > 1 {
				want++
			}
		}
		if got := d.count(); got != want {
			t.Fatalf("%d duplicates, want %d", got, want)
		}
	})
}
