package batch

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// Millions of tasks may not get through: each costs at most 24 bytes.
func TestClosingsAreSmall(t *testing.T) {
	const tasks = 900_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	c, o := closings{}, newOrder()
	for i := range int64(tasks) {
		c.close(o.hash(string(rune(i))+"x"), i, record.Failed)
	}
	if each := float64(heap()-before) / tasks; each > 24 {
		t.Errorf("%.1f bytes a task", each)
	}
	runtime.KeepAlive(c)
}

// The first row that closes a task counts.
func TestClosings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, want := closings{}, map[uint64]closing{}
		for range rapid.IntRange(0, 20).Draw(t, "rows") {
			task := rapid.Uint64Range(0, 4).Draw(t, "task") << 30
			row := rapid.Int64Range(2, 1<<31).Draw(t, "row")
			o := record.Outcome(rapid.IntRange(int(record.Updated), int(record.Unsent)).Draw(t, "outcome"))
			c.close(task, row, o)
			if _, ok := want[task]; !ok {
				if row >= 1<<29 {
					row = 0
				}
				want[task] = closing{row, o}
			}
		}
		for task := range uint64(6) {
			got, ok := c.by(task << 30)
			if w, known := want[task<<30]; ok != known || got != w {
				t.Fatalf("task %d: %v %v, want %v %v", task, got, ok, w, known)
			}
		}
	})
}

// The reader is held back while enough rows wait: the invalid row at the end
// is not seen as long as the first requests are not answered.
func TestReaderIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, manyTasks(enoughReady+16+3*feedRows)+"bad id,x\n")
		seen, sum := watch(b, always(ok200.after(2*time.Second)), nil, time.Second)
		if seen[0].Outcomes[record.Invalid] != 0 || count(sum, record.Invalid) != 1 {
			t.Errorf("%v after a second, %v at the end", seen[0].Outcomes, sum.Outcomes)
		}
	})
}

// Lanes know what they hold, and what is still to be sent.
func TestLanesCount(t *testing.T) {
	l := newLanes(5)
	items := []*item{{task: 1, row: &csvmap.Row{Body: []byte("{}")}}, {task: 1, row: &csvmap.Row{}}, {task: 2, row: &csvmap.Row{}}}
	for _, it := range items {
		l.admit(it)
	}
	if l.rows != 3 || l.left != 5 || len(l.ready) != 2 || l.bytes != items[0].cost()+items[1].cost()+items[2].cost() {
		t.Errorf("%+v", l)
	}
	if next := l.release(items[0]); next != items[1] || l.rows != 2 || l.left != 4 {
		t.Errorf("next %v; %+v", next, l)
	}
	if l.release(items[1]) != nil || l.release(items[2]) != nil || l.rows != 0 || l.left != 2 || l.bytes != 0 || len(l.tail) != 0 {
		t.Errorf("%+v", l)
	}
}
