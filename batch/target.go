package batch

import (
	"fmt"

	"taskbatch/csvmap/record"
)

// checkTarget refuses records of another target: what they say was done was
// not done here. A finished row must say where it was done.
func (p *Plan) checkTarget(file string, row int64, o record.Outcome, target string) error {
	switch {
	case p.cfg.Target == "", target == p.cfg.Target, target == "" && !o.Finished():
		return nil
	case target == "":
		return errorOf(Setup, fmt.Sprintf("%s does not say where row %d was %s, for its cell in _target is empty; nothing was sent", file, row, o),
			"put the column _target back as it was, or send the original input with -o FILE or --fresh")
	}
	hint := "-o FILE begins results of their own; --fresh starts over (the earlier results are kept under their time)"
	if p.rerun {
		hint = "send the original input instead: with -o FILE it gets results of its own, with --fresh it starts over"
	}
	return errorOf(Setup, fmt.Sprintf("%s records a run against %s, this one goes to %s; nothing was sent", file, targetName(target), targetName(p.cfg.Target)), hint)
}

func targetName(target string) string {
	if target == "sandbox" {
		return "the sandbox"
	}
	return target
}
