package batch

import (
	"testing"
	"testing/synctest"
	"time"
)

// Records of rows beyond --limit are kept, also where the .partial has to be
// written anew because the columns have changed.
func TestLimitKeepsRecordsInNewColumns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tasks("a", "b", "c", "d"))
		b.cfg.Pace.Concurrency = 1
		b.cfg.Rules.MaxDuration = 1500 * time.Millisecond
		b.run(always(ok200.after(time.Second)), nil)
		if got, want := b.outcomes(), "updated updated unsent unsent"; got != want {
			t.Fatalf("outcomes %s, want %s", got, want)
		}
		b.write("taskId,title,status\na,row 2,\nb,row 3,\nc,row 4,\nd,row 5,\n")
		b.cfg.Limit, b.cfg.Rules.MaxDuration = 3, 0
		s := perTask(nil)
		sum := b.run(s, nil)
		if got, want := b.outcomes(), "updated updated updated unsent"; got != want || sum.Stop != nil || len(s.calls) != 1 {
			t.Errorf("outcomes %s, want %s; %+v", got, want, sum.Stop)
		}
	})
}
