package batch

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDoubledTasks: whatever the hashes have in common, each task that occurs
// more than once counts as one.
func TestDoubledTasks(t *testing.T) {
	hash := rapid.Custom(func(t *rapid.T) uint64 {
		return rapid.Uint64Range(0, 3).Draw(t, "first byte")<<56 | rapid.Uint64Range(0, 3).Draw(t, "middle")<<20 | rapid.Uint64Range(0, 20).Draw(t, "last")
	})
	rapid.Check(t, func(t *rapid.T) {
		tasks := rapid.SliceOfN(hash, 0, 2000).Draw(t, "tasks")
		var c taskCounter
		seen, want := map[uint64]int{}, int64(0)
		for _, task := range tasks {
			c.add(task)
			if seen[task]++; seen[task] == 2 {
				want++
			}
		}
		if got := c.doubled(); got != want {
			t.Fatalf("%d doubled tasks, want %d", got, want)
		}
	})
}
