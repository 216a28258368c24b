package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/results"
	"taskbatch/csvmap/words"
)

// resultsName is the path of the results file: what -o says, else a name
// beside the input; "" for standard input without -o. isResults: the input is
// a results file, whose rerun gets the next number.
func (s *settings) resultsName(isResults bool, now time.Time) string {
	switch {
	case s.results != "":
		return s.expand(s.results, now)
	case nameless(s.path):
		return ""
	case isResults:
		return results.RerunName(s.path)
	case s.sandbox:
		return sandboxName(s.path)
	}
	return results.ResultsName(s.path)
}

// nameless tells whether an input has no name of its own: standard input, and
// what a shell makes of <(command).
func nameless(path string) bool {
	return path == "-" || strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}

// sandboxName is the results file of a rehearsal, which is no part of the real
// batch.
func sandboxName(input string) string {
	stem, _ := strings.CutSuffix(results.ResultsName(input), ".results.csv")
	return stem + ".sandbox.results.csv"
}

// expand fills {date} and {name} into an output's name.
func (s *settings) expand(pattern string, now time.Time) string {
	return results.Expand(pattern, s.inputName(), now)
}

// inputName is what {name} stands for: the input's name without folder and
// extensions.
func (s *settings) inputName() string {
	if nameless(s.path) {
		return "stdin"
	}
	return results.InputName(s.path)
}

// lockName is the path of the lock that all runs of this batch share; "" for
// no results file.
func (j *job) lockName() string {
	switch {
	case j.results == "":
		return ""
	case j.set.results == "":
		return results.LockName(j.results)
	}
	return results.LockName(strings.ReplaceAll(j.set.results, "{name}", j.set.inputName()))
}

// unchangedSince is the file of --skip-unchanged; "" = all is sent.
func (j *job) unchangedSince() (string, error) {
	switch {
	case j.set.unchanged != "last":
		return j.set.unchanged, nil
	case !strings.Contains(filepath.Base(j.set.results), "{date}"):
		return "", stopped(batch.Setup, "--skip-unchanged last: the results of each run need a name of their own", "-o '{name}-{date}.csv' gives them one")
	}
	newest := results.NewestOther(j.results)
	if newest == "" && !j.console.quiet {
		j.console.plain("taskbatch: --skip-unchanged: there are no earlier results; all is sent")
	}
	return newest, nil
}

// files are the files around the job.
func (j *job) files() results.Files {
	reserved := []results.Reserved{
		{What: "the file of " + j.where("api-key-file"), File: statName(j.set.keyFile)},
		{What: "the file of " + j.where("ca-cert"), File: statName(j.set.client.CACertFile)},
		{What: "the file of --skip-unchanged", File: statName(j.set.unchanged)},
		{What: "where standard output goes", File: statStream(j.console.out.w)},
		{What: "where standard error goes", File: statStream(j.console.err)},
	}
	for _, lookup := range j.set.input.Lookup {
		_, path, _ := strings.Cut(lookup, "=")
		reserved = append(reserved, results.Reserved{What: "the file of --lookup", File: statName(path)})
	}
	input := results.Reserved{What: "the input", File: statStream(j.stdin)}
	if j.set.path != "-" {
		input.File = statName(j.set.path)
	}
	files := results.Files{Reserved: append(reserved, input), Results: j.results, Lock: j.lockName()}
	for _, name := range j.set.outputs() {
		files.Others = append(files.Others, *name)
	}
	return files
}

// statName is the file of this name; nil if there is none.
func statName(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// statStream is the file behind a stream; nil if there is none.
func statStream(stream any) fs.FileInfo {
	f, ok := stream.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// refusePartial stops an update of an unfinished results file and names the
// command that continues it.
func (j *job) refusePartial() error {
	path := j.set.path
	finished, isPartial := cutPartial(path)
	if !isPartial {
		return nil
	}
	e := setupf("%s belongs to an unfinished run; it is continued, not rerun", path)
	if input := inputOf(finished); input != "" {
		e.Hint = j.rerun(input) + " continues it"
	} else {
		e.Hint = fmt.Sprintf("run the command that began it again: %s update INPUT -o %s", j.program, words.Shell(finished))
	}
	return e
}

// inputOf finds the input beside a results file whose default name this is;
// "" if there is none.
func inputOf(resultsFile string) string {
	entries, err := os.ReadDir(filepath.Dir(resultsFile))
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		path := filepath.Join(filepath.Dir(resultsFile), entry.Name())
		if path == resultsFile || entry.IsDir() || results.InputName(path) == entry.Name() { // without an extension of inputs
			continue
		}
		if slices.Contains([]string{results.ResultsName(path), sandboxName(path), results.RerunName(path)}, resultsFile) {
			return path
		}
	}
	return ""
}

// refuseOlder stops an update that would begin again behind a rerun that
// already exists.
func (j *job) refuseOlder() error {
	newest := results.NewestRerun(j.ctx, j.results, j.in.Check(j.ctx))
	if newest == "" {
		return nil
	}
	if finished, unfinished := cutPartial(newest); unfinished {
		return stopped(batch.Setup, fmt.Sprintf("a rerun of these results was begun and not ended: %s; nothing was sent", newest),
			j.rerun(previousRun(finished))+" continues it")
	}
	return stopped(batch.Setup, fmt.Sprintf("the newest results of this batch are in %s; nothing was sent", newest),
		j.rerun(newest)+" goes on from there; --fresh starts over")
}

// warnOfDates names what runs of the batch under other dates left unfinished.
func (j *job) warnOfDates() {
	dates := results.UnfinishedDates(j.results)
	if len(dates) == 0 {
		return
	}
	newest := dates[len(dates)-1]
	command := j.again("fresh", "results", "dry-run")
	if input := inputOf(newest); input != "" {
		command = j.rerun(input)
	} else {
		command += " -o " + words.Shell(newest)
	}
	more := ""
	if len(dates) > 1 {
		more = fmt.Sprintf(" (and %d more are unfinished)", len(dates)-1)
	}
	j.console.warn(fmt.Sprintf("%s is of a run that was not finished%s; with the input of that run, %s finishes it", results.PartialName(newest), more, command))
}

// previousRun is the results file whose rerun has this name.
func previousRun(rerun string) string {
	if input := inputOf(rerun); input != "" {
		return input
	}
	return rerun
}

// cutPartial takes off the end of an unfinished results file's name.
func cutPartial(path string) (finished string, unfinished bool) {
	return strings.CutSuffix(path, results.PartialName(""))
}
