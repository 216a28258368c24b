package order

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// One run means one pass: this is what makes putting a run's records in order
// cost no more than copying them.
func TestNearlySortedInputGivesOneRun(t *testing.T) {
	s := New(t.TempDir(), 4<<20)
	defer s.Close()
	rec := bytes.Repeat([]byte("x"), 160)
	rng := rand.New(rand.NewPCG(1, 2))
	const n, block = 200_000, 10_000
	for from := int64(0); from < n; from += block {
		for _, i := range rng.Perm(block) {
			if err := s.Add(from+int64(i), rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := int64(0)
	if err := s.Each(func(key int64, _ []byte) error {
		if key != seen {
			t.Fatalf("got %d, want %d", key, seen)
		}
		seen++
		return nil
	}); err != nil || seen != n {
		t.Fatal(seen, err)
	}
	if len(s.spill.runs) != 1 {
		t.Errorf("%d runs", len(s.spill.runs))
	}
}
