package batch

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// unchanged tells which tasks were given exactly the updates of the input by
// an earlier batch: their rows need not be sent. It keeps 24 bytes a task.
type unchanged struct {
	tasks   []given // by task
	message string
	settled bool // the whole input was seen: the answers are final
	again   bool // an answer given before that may have been wrong
}

// given is what the earlier batch gave to a task, and what the input holds for
// it, as hashes of the updates in their order.
type given struct{ task, was, now uint64 }

// readUnchanged reads the results file that Config.SkipUnchanged names; nil
// if it names none.
func (p *Plan) readUnchanged() (*unchanged, error) {
	path := p.cfg.SkipUnchanged
	if path == "" {
		return nil, nil
	}
	r, err := results.OpenComplete(path)
	if err != nil {
		return nil, historyError(fmt.Errorf("--skip-unchanged: %w", err))
	}
	defer r.Close()
	u := &unchanged{message: "unchanged since " + filepath.Base(path)}
	at := slices.Index(r.Columns(), "taskId")
	for {
		old, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, historyError(err)
		}
		if err := p.checkTarget(path, old.Row, old.Outcome, old.Cell(record.ColTarget)); err != nil {
			return nil, err
		}
		if old.Outcome == record.Skipped && old.Cell(record.ColError) == "" {
			continue // it set no field
		}
		g := given{task: p.order.hash(old.Own(at)), now: uint64(old.Row)}
		if sum, ok := old.Sum(); ok && old.Outcome.Finished() {
			g.was = sum.Update
		}
		u.tasks = append(u.tasks, g)
	}
	u.fold()
	return u, nil
}

// text is what the records of the rows say.
func (u *unchanged) text() string {
	if u == nil {
		return ""
	}
	return u.message
}

// fold makes one entry for each task out of one for each row.
func (u *unchanged) fold() {
	slices.SortFunc(u.tasks, func(a, b given) int {
		return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.now, b.now))
	})
	n := 0
	for i, g := range u.tasks {
		if i == 0 || g.task != u.tasks[n-1].task {
			u.tasks[n] = given{task: g.task, was: notGiven}
			n++
			if g.was != 0 {
				u.tasks[n-1].was = mix(0, g.was)
			}
			continue
		}
		if t := &u.tasks[n-1]; t.was != notGiven && g.was != 0 {
			t.was = mix(t.was, g.was)
		} else {
			t.was = notGiven
		}
	}
	u.tasks = u.tasks[:n]
}

// notGiven is the hash of a task of which not all rows got through.
const notGiven = 0

// mix puts one more update behind those of a hash.
func mix(hash, update uint64) uint64 {
	hash = (hash ^ update) * 0x9e3779b97f4a7c15
	return max(1, hash^hash>>32)
}

// see takes the next update of a task from the input, and tells whether the
// task was given this. update 0 is an invalid row. Until the whole input was
// seen the answer supposes that no more rows follow for the task.
func (u *unchanged) see(task, update uint64) bool {
	i, ok := slices.BinarySearchFunc(u.tasks, task, func(g given, task uint64) int { return cmp.Compare(g.task, task) })
	if !ok {
		return false
	}
	g := &u.tasks[i]
	if !u.settled {
		u.again = u.again || g.now != 0
		g.now = mix(g.now, update)
	}
	return g.now == g.was
}
