package results

import (
	"context"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// enoughAlike is how many finished records tell that a file follows another.
const enoughAlike = 10_000

// NewestRerun is the rerun with the highest number that follows the results
// file path: its .partial if it is unfinished; "" if there is none. input is
// the rows of the input, in case the file at path is gone.
//
// Names only propose: out-12.csv may as well be another batch. A rerun carries
// over what is finished, so a file follows an older one if finished records of
// that stand in it unchanged, and none of them changed. If the older one has
// none that are finished, or is gone, rows that are the same in both are enough
// for the next number.
func NewestRerun(ctx context.Context, path string, input iter.Seq2[*csvmap.Row, error]) string {
	found := reruns(ctx, path, input)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// SetAside makes room for a batch that starts over: it does KeepUnderTime to
// the results file, to its partial file, and to the reruns of which their
// finished records tell for sure.
func SetAside(ctx context.Context, results string) error {
	for _, name := range append(reruns(ctx, results, nil), results) {
		name = strings.TrimSuffix(name, partialSuffix)
		for _, path := range []string{PartialName(name), name} {
			if _, err := KeepUnderTime(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// reruns are the files that follow a results file, in the order of their
// numbers; without input only those for sure.
func reruns(ctx context.Context, path string, input iter.Seq2[*csvmap.Row, error]) []string {
	stem, number := splitRerun(filepath.Clean(path))
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil { // what cannot be seen cannot be rerun either
		return nil
	}
	names := map[int]string{}
	for _, f := range files { // in the order of names: tasks-2.csv.partial after tasks-2.csv
		name := filepath.Join(filepath.Dir(path), f.Name())
		plain := strings.TrimSuffix(name, partialSuffix)
		if s, n := splitRerun(plain); s == stem && n > number && filepath.Ext(plain) == ".csv" && isFile(name) {
			names[n] = name
		}
	}
	var older iter.Seq2[record.Head, error]
	switch {
	case isFile(PartialName(path)):
		older = heads(ctx, PartialName(path))
	case isFile(path):
		older = heads(ctx, path)
	case input != nil:
		older = headsOf(input)
	default:
		return nil
	}
	var found []string
	for _, n := range slices.Sorted(maps.Keys(names)) {
		newer := heads(ctx, names[n])
		sure, likely := follows(older, newer)
		if sure || likely && n == number+1 && input != nil {
			found, older, number = append(found, names[n]), newer, n
		}
	}
	return found
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// follows compares a results file with one that may be a rerun of it.
func follows(older, newer iter.Seq2[record.Head, error]) (sure, likely bool) {
	next, stop := iter.Pull2(newer)
	defer stop()
	n, err, more := next()
	finished, same, alike := 0, 0, 0
	for o, oldErr := range older {
		row, _ := o.Row()
		for more && err == nil && rowOf(n) < row {
			n, err, more = next()
		}
		outcome, _ := o.Outcome()
		if outcome.Finished() {
			finished++
		}
		switch {
		case oldErr != nil, err != nil || !more:
			return same > 0, finished == 0 && alike > 0 || err != nil
		case rowOf(n) != row: // somebody deleted it
		case !outcome.Finished():
			if sum, ok := o.Sum(); ok && sumOf(n) == sum {
				alike++
			}
		case !carried(o, n):
			return false, false
		default:
			if same++; same == enoughAlike {
				return true, true
			}
		}
	}
	return same > 0, finished == 0 && alike > 0
}

func rowOf(h record.Head) int64 { n, _ := h.Row(); return n }

func sumOf(h record.Head) record.Sum { s, _ := h.Sum(); return s }

// carried tells whether a finished record stands in a newer file as it was. A
// spreadsheet may have changed the form of the times.
func carried(older, newer record.Head) bool {
	for _, at := range []string{older[record.ColAt], newer[record.ColAt]} {
		if _, err := time.Parse(record.TimeLayout, at); err != nil {
			older[record.ColAt], newer[record.ColAt] = "", ""
		}
	}
	return older[record.ColOutcome] == newer[record.ColOutcome] && older[record.ColAt] == newer[record.ColAt] && sumOf(older) == sumOf(newer)
}

// heads are the first columns of the records of a results file or a partial
// one, in row order; none if it is no such file.
func heads(ctx context.Context, path string) iter.Seq2[record.Head, error] {
	if strings.HasSuffix(path, partialSuffix) {
		return partialHeads(ctx, path)
	}
	return func(yield func(record.Head, error) bool) {
		in, err := csvmap.Open(path, nil, csvmap.Options{TempDir: filepath.Dir(path)})
		if err != nil {
			return
		}
		defer in.Close()
		if in.Facts().IsResults { // perhaps saved by a spreadsheet
			headsOf(in.Check(ctx))(yield)
		}
	}
}

func partialHeads(ctx context.Context, path string) iter.Seq2[record.Head, error] {
	return func(yield func(record.Head, error) bool) {
		r, err := openPartial(ctx, path, filepath.Dir(path))
		if err != nil {
			return
		}
		defer r.Close()
		for {
			old, err := r.Next()
			if err == io.EOF || !yield(old.Head(), err) || err != nil {
				return
			}
		}
	}
}

// headsOf are the heads of rows; of those of no results file what stands in it
// if they are the same.
func headsOf(rows iter.Seq2[*csvmap.Row, error]) iter.Seq2[record.Head, error] {
	return func(yield func(record.Head, error) bool) {
		for row, err := range rows {
			var head record.Head
			switch {
			case err != nil:
			case row.Prior != nil:
				head = row.Prior.Head
			default:
				head[record.ColRow] = strconv.FormatInt(row.Number, 10)
				if row.Err == nil {
					head[record.ColSum] = record.SumOf(row.TaskID, row.Body).String()
				}
			}
			if !yield(head, err) {
				return
			}
		}
	}
}
