package cli

import (
	"slices"
	"strings"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// next is the command to type after a run; "" when all rows are finished.
func (j *job) next(exit int) string {
	s := j.summary
	switch {
	case s.Stop != nil || !s.Complete || exit > exitSignals:
		return j.again("fresh")
	case j.plan.Survey().Left > 0: // a rerun of the results would never come to these rows
		return j.again("fresh", "limit")
	case allFinished(s) && j.set.sandbox && !j.in.Facts().IsResults:
		return j.forReal()
	case allFinished(s):
		return ""
	}
	return j.rerun(s.Results)
}

// allFinished tells whether every row of the batch is updated or skipped.
func allFinished(s *batch.Summary) bool {
	return s != nil && s.Complete && s.Outcomes[record.Updated]+s.Outcomes[record.Skipped] == s.Rows
}

// again is the update without the flags named.
func (j *job) again(without ...string) string {
	return j.command("update", j.set.path, nil, func(f *manual.Flag) bool { return !slices.Contains(without, f.Name) })
}

// rerun is the update of another file, such as the results, with the flags
// that still matter.
func (j *job) rerun(resultsFile string) string {
	return j.command("update", resultsFile, nil, func(f *manual.Flag) bool {
		return f.Group == "Sending" || f.Name == "set" || f.Name == "strict"
	})
}

// reading is the check of the input with other flags for the way it is read.
func (j *job) reading(flags []string) string {
	for i := range flags {
		flags[i] = words.Shell(flags[i])
	}
	return j.command("check", j.set.path, flags, func(f *manual.Flag) bool { return f.Group == "Input" })
}

// command is a command to paste: the flags of this one that are kept, others,
// and a file.
func (j *job) command(name, path string, extra []string, keep func(*manual.Flag) bool) string {
	var flags []string
	for _, g := range j.inv.given {
		if keep(g.flag) {
			flags = append(flags, g.word())
		}
	}
	return j.line(name, append(flags, extra...), path)
}

// line is a command line of this program as a shell takes it.
func (s *session) line(name string, flags []string, path string) string {
	return strings.Join(slices.Concat([]string{s.program, name}, flags, []string{operandWord(path)}), " ")
}

// forReal is the update that a rehearsal on the sandbox rehearsed, 20 rows of
// it. Where both have the same results file, those of the rehearsal make room.
func (j *job) forReal() string {
	extra := []string{"--limit", "20"}
	if j.set.results != "" {
		extra = append(extra, "--fresh")
	}
	return j.command("update", j.set.path, extra, func(f *manual.Flag) bool {
		return !slices.Contains([]string{"sandbox", "faults", "fresh", "limit", "skip-unchanged"}, f.Name)
	})
}

// operandWord writes a file's name so that it is not taken for a flag. The name
// of a pipe of the shell is gone when somebody reads this.
func operandWord(path string) string {
	switch {
	case path != "-" && nameless(path):
		return "FILE"
	case strings.HasPrefix(path, "-") && path != "-":
		path = "./" + path
	}
	return words.Shell(path)
}

// real is the update that a check rehearsed.
func (j *job) real() string {
	command := j.again("dry-run", "max-errors")
	if j.results == "" { // of standard input, from which update can derive no name
		command += " -o tasks.results.csv"
	}
	return command
}
