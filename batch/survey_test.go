package batch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDoubledTasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := rapid.SliceOf(rapid.Uint64Range(0, 20)).Draw(t, "tasks")
		seen, want := map[uint64]int{}, int64(0)
		for _, task := range tasks {
			if seen[task]++; seen[task] == 2 {
				want++
			}
		}
		if got := doubled(tasks); got != want {
			t.Fatalf("%d doubled tasks, want %d", got, want)
		}
	})
}
