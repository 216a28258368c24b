package order_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/csvmap/order"
)

func Example() {
	s := order.New(os.TempDir(), 1<<20)
	defer s.Close()
	for i, word := range []string{"three", "one", "two", "ONE"} {
		if err := s.Add([]int64{3, 1, 2, 1}[i], []byte(word)); err != nil {
			fmt.Println(err)
		}
	}
	_ = s.Each(func(key int64, rec []byte) error {
		fmt.Printf("%d %s\n", key, rec)
		return nil
	})
	// Output:
	// 1 ONE
	// 2 two
	// 3 three
}

type pair struct {
	key int64
	rec []byte
}

// want is what Each has to yield for what was added.
func want(added []pair, keepAll bool) []pair {
	all := slices.Clone(added)
	sort.SliceStable(all, func(i, j int) bool { return all[i].key < all[j].key })
	if keepAll {
		return all
	}
	var last []pair
	for i, p := range all {
		if i+1 == len(all) || all[i+1].key != p.key {
			last = append(last, p)
		}
	}
	return last
}

func collect(t interface{ Fatal(...any) }, s *order.Sorter) []pair {
	var got []pair
	err := s.Each(func(key int64, rec []byte) error {
		got = append(got, pair{key, bytes.Clone(rec)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func equal(a, b pair) bool { return a.key == b.key && bytes.Equal(a.rec, b.rec) }

func TestSortsLikeSliceStable(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64Range(0, 5), rapid.Int64Range(-100, 10000), rapid.Int64(),
		}).Draw(t, "keys")
		sizes := rapid.SampledFrom([]*rapid.Generator[int]{
			rapid.IntRange(0, 10), rapid.IntRange(0, 300), rapid.SampledFrom([]int{0, 5, 9000}),
		}).Draw(t, "sizes")
		s := order.New(dir, rapid.SampledFrom([]int{-1, 0, 100, 4200, 5000, 8192, 20000}).Draw(t, "maxBytes"))
		defer s.Close()
		s.KeepAll = rapid.Bool().Draw(t, "keepAll")
		var added []pair
		n := rapid.IntRange(0, 300).Draw(t, "n")
		buf := make([]byte, 0, 9000)
		for i := range n {
			rec := buf[:sizes.Draw(t, "size")] // reused: Add has to copy
			for j := range rec {
				rec[j] = byte(i + j)
			}
			p := pair{keys.Draw(t, "key"), bytes.Clone(rec)}
			added = append(added, p)
			if err := s.Add(p.key, rec); err != nil {
				t.Fatal(err)
			}
		}
		expected := want(added, s.KeepAll)
		for range 2 { // Each can be called again
			if got := collect(t, s); !slices.EqualFunc(got, expected, equal) {
				t.Fatalf("got %v\nwant %v", got, expected)
			}
		}
	})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Fatalf("left in the folder: %v %v", entries, err)
	}
}

func TestLongShuffledInput(t *testing.T) {
	s := order.New(t.TempDir(), 16<<10) // hundreds of runs, merged four at a time
	defer s.Close()
	keys := rand.New(rand.NewPCG(1, 2)).Perm(50_000)
	for _, k := range keys {
		if err := s.Add(int64(k), fmt.Appendf(nil, "record %d", k)); err != nil {
			t.Fatal(err)
		}
	}
	var next int64
	err := s.Each(func(key int64, rec []byte) error {
		if key != next || string(rec) != fmt.Sprintf("record %d", key) {
			return fmt.Errorf("got %d %q, want %d", key, rec, next)
		}
		next++
		return nil
	})
	if err != nil || next != 50_000 {
		t.Fatal(next, err)
	}
}

func TestEachReturnsTheFirstErrorOfFn(t *testing.T) {
	stop := errors.New("stop")
	for _, maxBytes := range []int{0, 1 << 20} {
		s := order.New(t.TempDir(), maxBytes)
		for i := range int64(100) {
			if err := s.Add(i, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		calls := 0
		err := s.Each(func(int64, []byte) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Errorf("maxBytes %d: err %v after %d calls", maxBytes, err, calls)
		}
		if err := s.Add(1, nil); err == nil {
			t.Error("Add after Each was accepted")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFolderThatCannotBeWrittenTo(t *testing.T) {
	s := order.New(t.TempDir()+"/missing", 0)
	defer s.Close()
	if err := s.Add(1, nil); err != nil {
		t.Fatal("nothing has to be written yet:", err)
	}
	if err := s.Add(2, nil); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := s.Add(3, nil); err == nil {
		t.Fatal("Add after an error was accepted")
	}
	if err := s.Each(func(int64, []byte) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("Each passed over the error:", err)
	}
}

func BenchmarkNearlySorted(b *testing.B) {
	rec := bytes.Repeat([]byte("x"), 200)
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		s := order.New(b.TempDir(), 4<<20)
		for i := range int64(1_000_000) {
			if err := s.Add(i+rng.Int64N(5000), rec); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Each(func(int64, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
