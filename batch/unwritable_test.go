//go:build linux

package batch

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"taskbatch/csvmap/record"
)

// A run that cannot keep its records stops, and every answer stands in the
// .partial or is handed over as unrecorded.
func TestRecordsCannotBeKept(t *testing.T) {
	const rows = 5000
	b := newBench(t, manyTasks(rows))
	disk := filepath.Join(b.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	b.cfg.Results = filepath.Join(disk, "in.results.csv")
	s := always(ok200)
	b.cfg.Sender = func() Sender { return s }
	p, err := b.prepare("in.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sum, err := p.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Stop == nil || sum.Stop.Cause != Local || sum.Complete || count(sum, record.Updated) == rows {
		t.Fatalf("%+v, complete %v, %v", sum.Stop, sum.Complete, sum.Outcomes)
	}
	kept, err := os.ReadFile(sum.Results)
	if err != nil {
		t.Fatal(err)
	}
	told := bytes.Count(kept[:bytes.LastIndexByte(kept, '\n')+1], []byte("updated,")) + bytes.Count(sum.Unrecorded, []byte("updated,"))
	if told < len(s.calls) || len(sum.Unrecorded) == 0 {
		t.Errorf("%d answers, %d of them are told", len(s.calls), told)
	}
}

// Results that cannot get their name are told; their records stay.
func TestResultsCannotBeCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b"))
		sum := b.run(newServer(func(string, int) step {
			_ = os.Mkdir(b.cfg.Results, 0o700) // in the way
			return ok200
		}), nil)
		if sum.Stop == nil || sum.Stop.Cause != Local || !strings.HasPrefix(sum.Stop.Why, "cannot complete the results: ") || sum.Complete {
			t.Errorf("%+v, complete %v", sum.Stop, sum.Complete)
		}
		if len(b.records(sum.Results)) != 2 || count(sum, record.Updated) != 2 {
			t.Errorf("%v", sum.Outcomes)
		}
	})
}

// Without a place for the results nothing is sent.
func TestResultsCannotBegin(t *testing.T) {
	b := newBench(t, tasks("a"))
	b.cfg.Results = filepath.Join(b.dir, "missing", "in.results.csv")
	s := always(ok200)
	b.cfg.Sender = func() Sender { return s }
	p, err := b.prepare("in.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Run(context.Background(), nil)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Cause != Local || len(s.calls) != 0 {
		t.Errorf("%v, %d requests", err, len(s.calls))
	}
}

// A batch that cannot be prepared leaves no file open.
func TestPrepareFailsAndCloses(t *testing.T) {
	b := newBench(t, tasks("a", "b"))
	b.run(always(ok200), nil)
	b.write("taskId,title\na,row 2\nb,other\n")
	if _, err := b.prepare("in.csv"); err == nil {
		t.Fatal("the changed row was not noticed")
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range open {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); to == b.cfg.Results {
			t.Errorf("%s is still open", to)
		}
	}
}
