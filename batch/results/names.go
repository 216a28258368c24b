package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	partialSuffix = ".partial"
	lockSuffix    = ".lock"
)

const maxRerun = 999 // what a file name may end in and be taken for a rerun's number

var (
	compressions = []string{".gz", ".zst"}
	formats      = []string{".csv", ".tsv", ".jsonl", ".ndjson"}

	rerunEnd = regexp.MustCompile(`^(.+)-([1-9][0-9]{0,2})$`)
	dateEnd  = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	keptEnd  = regexp.MustCompile(`\.[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}(\.[0-9]+)?$`)
	dates    = regexp.MustCompile(`[-_. ]*(\{date\}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{6}(\.[0-9]+)?)?)`)
)

// InputName is what {name} stands for: the input's file name without its
// extensions.
func InputName(input string) string { return filepath.Base(withoutExtensions(input)) }

// ResultsName is the results file of an input file: beside it, the name
// without .csv, .tsv, .jsonl or .ndjson and .gz or .zst, then .results.csv.
func ResultsName(input string) string { return withoutExtensions(input) + ".results.csv" }

// PartialName is the file that holds the records of a results file while it is
// unfinished.
func PartialName(results string) string { return results + partialSuffix }

// RerunName is the results file of a rerun of the results file path: the same
// with -2 before the extension, or the next number if it has one.
func RerunName(path string) string {
	stem, n := splitRerun(path)
	return stem + "-" + strconv.Itoa(n+1) + ".csv"
}

// UnfinishedDates are the results files of the same batch under other dates
// which have a .partial, in the order of names. What was set aside under its
// time (KeepUnderTime) waits for nobody.
func UnfinishedDates(path string) []string {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	path = filepath.Clean(path)
	date := dates.FindString(filepath.Base(path))
	var found []string
	for _, f := range files {
		base, unfinished := strings.CutSuffix(f.Name(), partialSuffix)
		other := filepath.Join(filepath.Dir(path), base)
		stem, _ := splitRerun(base)
		if unfinished && LockName(other) == LockName(path) && dates.FindString(base) != date && !keptEnd.MatchString(stem) {
			found = append(found, other)
		}
	}
	return found
}

// NewestOther is the newest complete results file of the batch whose results
// stand at path, other than path itself: the one with the latest date, and of
// its reruns the last; "" if there is none. Names decide; one without a date,
// as the input may have it, is none of them.
func NewestOther(path string) string {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	path = filepath.Clean(path)
	newest, newestDate, newestRun := "", "", 0
	for _, f := range files {
		other := filepath.Join(filepath.Dir(path), f.Name())
		stem, n := splitRerun(other)
		if other == path || filepath.Ext(other) != ".csv" || LockName(other) != LockName(path) || keptEnd.MatchString(stem) {
			continue
		}
		date := dates.FindString(f.Name())
		if date > newestDate || date != "" && date == newestDate && n > newestRun {
			newest, newestDate, newestRun = other, date, n
		}
	}
	return newest
}

// LockName is the lock file of the batch with this results file: its name
// without dates, {date} and the rerun's number, then .lock.
func LockName(results string) string {
	stem, _ := splitRerun(results)
	dir, base := filepath.Split(stem)
	base = strings.TrimLeft(dates.ReplaceAllString(base, ""), "-_. ")
	if base == "" {
		base = "taskbatch"
	}
	return dir + base + ".csv" + lockSuffix
}

// Expand fills {name} and {date} (2026-11-23, in now's time zone) into the name
// of an output file.
func Expand(pattern, name string, now time.Time) string {
	return strings.NewReplacer("{name}", name, "{date}", now.Format(time.DateOnly)).Replace(pattern)
}

// KeepUnderTime gives a results file, or a partial one, the time of its last
// change as part of its name (tasks.results.2026-11-22T230102.csv), so that
// another can take its place, and returns that name. It never overwrites a
// file. No file at path: "" and no error.
func KeepUnderTime(path string) (string, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keep earlier results: %w", err)
	}
	plain := strings.TrimSuffix(path, partialSuffix)
	ext := filepath.Ext(plain)
	stem := strings.TrimSuffix(plain, ext) + "." + info.ModTime().Local().Format("2006-01-02T150405")
	ext += path[len(plain):]
	kept := stem + ext
	for n := 2; ; n++ {
		_, err = os.Lstat(kept)
		if err != nil {
			break
		}
		kept = stem + "." + strconv.Itoa(n) + ext
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(path, kept)
	}
	if err != nil {
		return "", &fs.PathError{Op: "keep earlier results under their time", Path: path, Err: reason(err)}
	}
	if err := syncFolder(path); err != nil {
		return "", fmt.Errorf("keep earlier results: %w", err)
	}
	return kept, nil
}

// splitRerun takes apart the name of a results file: what stands before the
// rerun's number, and the number; 1 if there is none. The end of a date is
// none.
func splitRerun(path string) (stem string, n int) {
	stem = withoutExtensions(path)
	dir, base := filepath.Split(stem)
	m := rerunEnd.FindStringSubmatch(base)
	if m == nil || dateEnd.MatchString(base) {
		return stem, 1
	}
	n, _ = strconv.Atoi(m[2])
	if n < 2 || n >= maxRerun {
		return stem, 1
	}
	return dir + m[1], n
}

// withoutExtensions takes the extensions off that an input file has. A name
// that is nothing but an extension is kept.
func withoutExtensions(path string) string {
	for _, known := range [][]string{compressions, formats} {
		ext := filepath.Ext(path)
		if slices.Contains(known, strings.ToLower(ext)) && len(ext) < len(filepath.Base(path)) {
			path = strings.TrimSuffix(path, ext)
		}
	}
	return path
}
