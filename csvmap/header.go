package csvmap

import (
	"fmt"
	"slices"
	"strings"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// column is one column of the input.
type column struct {
	name   string
	target target
	note   string
}

// ownColumn is one of the row's own columns in the results file, and where its
// cells come from.
type ownColumn struct {
	name        string
	target      target
	cell        int // index in the record or, -1, none
	constant    *value
	translation *translation
	optional    bool // has no name in the input; left out if all its cells are empty
	filled      bool // an optional one with a cell that is not empty, as far as is known
}

// leftOut tells whether the results file lacks the column.
func (o *ownColumn) leftOut() bool { return o.optional && !o.filled }

// layout is how the records of an input become rows.
type layout struct {
	rules      *rules
	columns    []column // of the header
	width      int      // cells of a record
	unnamed    []int    // cells that must be empty
	own        []ownColumn
	tail       int // the first so many of own stand in the results file
	tree       *keyNode
	newline    byte
	delimiter  byte
	headerless bool            // the first record is a row
	results    *resultsColumns // nil: not a results file
	keys       map[string]int  // of JSONL: index in own by the exact key; nil: not a JSONL file
	ignored    map[string]bool // keys of JSONL that mean no field: whether they are carried along
	unknown    []string        // names carried along by --ignore-unknown
}

// headerProblems collects everything that is wrong with a header.
type headerProblems struct{ lines []string }

func (p *headerProblems) addf(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

func (p *headerProblems) err(line int64, hints []string) error {
	switch len(p.lines) {
	case 0:
		return nil
	case 1:
		return &InputError{Line: line, Msg: "header: " + p.lines[0], Hints: hints}
	}
	return &InputError{Line: line, Hints: hints,
		Msg: fmt.Sprintf("the header has %d problems:\n  %s", len(p.lines), strings.Join(p.lines, "\n  "))}
}

// mapHeader makes the layout of a CSV whose columns have these names; beside an
// error, its columns as far as they are known.
func mapHeader(names []string, line int64, r *rules) (*layout, error) {
	l := &layout{rules: r, width: len(names), columns: make([]column, len(names))}
	var p headerProblems
	for i, name := range names {
		l.columns[i].name = strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF"))
	}
	for i, c := range l.columns {
		l.columns[i] = l.mapColumn(i, c.name, r, &p)
	}
	checkFlags(l.columns, r, &p)
	var hints []string
	if slices.ContainsFunc(l.columns, func(c column) bool { return slices.Contains(record.Names[:], c.name) }) {
		hints = []string{"a results file that is to be sent again must keep its columns _outcome and _row"}
	}
	return l, l.finish(&p, line, hints)
}

// finish makes the results columns, unless the header has problems.
func (l *layout) finish(p *headerProblems, line int64, hints []string) error {
	checkDuplicates(l.columns, p)
	checkTargets(l.columns, l.rules, p)
	err := p.err(line, hints)
	if err == nil {
		l.addOwn(l.rules)
	}
	return err
}

// mapColumn decides what one column stands for.
func (l *layout) mapColumn(i int, name string, r *rules, p *headerProblems) column {
	if name == "" && r.ignoreUnknown {
		return column{note: "by --ignore-unknown"}
	}
	if name == "" {
		return column{target: target{place: unnamed}, note: "has no name: must stay empty"}
	}
	if i := naming(name, r.maps, l.columns); i >= 0 {
		return column{name, r.maps[i].target, "by --map"}
	}
	if i := naming(name, r.ignore, l.columns); i >= 0 {
		r.ignore[i].used = true
		return column{name, target{}, "by --ignore"}
	}
	t, ok, problem := parseTarget(name)
	if ok {
		return column{name: name, target: t}
	}
	if r.ignoreUnknown {
		l.unknown = append(l.unknown, name)
		return column{name, target{}, "by --ignore-unknown"}
	}
	if problem != "" {
		p.addf("column %d, %s: %s", i+1, words.Quote(name), problem)
	} else {
		p.addf("column %d, %s, is no field%s", i+1, words.Quote(name), unknownAdvice(name))
	}
	return column{name: name}
}

func checkDuplicates(columns []column, p *headerProblems) {
	first := map[string]int{}
	for i, c := range columns {
		if j, known := first[c.name]; known && c.name != "" {
			p.addf("columns %d and %d are both called %s; rename one of them", j+1, i+1, words.Quote(c.name))
		} else {
			first[c.name] = i
		}
	}
}

// checkFlags finds flags that name a column that is not there.
func checkFlags(columns []column, r *rules, p *headerProblems) {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	for _, m := range r.maps {
		if !slices.ContainsFunc(names, func(name string) bool { return words.Fold(name) == words.Fold(m.column) }) {
			p.addf("--map %s: there is no such column%s", words.Shell(m.column+"="+m.target.String()), words.DidYouMean(m.column, names))
		}
	}
}

// checkTargets finds targets with two columns, or none for the taskId.
func checkTargets(columns []column, r *rules, p *headerProblems) {
	first := map[target]int{} // by their targets, whatever their types
	for i, c := range columns {
		t := c.target.untyped()
		j, known := first[t]
		switch {
		case !t.sent():
		case !known:
			first[t] = i
		case columns[j].name != c.name:
			p.addf("columns %d, %s, and %d, %s, both mean %s; carry one of them along: --ignore %s",
				j+1, words.Quote(columns[j].name), i+1, words.Quote(c.name), t, words.Shell(c.name))
		}
	}
	for i, c := range columns {
		for end, char := range c.target.key {
			if char != '.' {
				continue
			}
			if j, known := first[target{place: toKey, key: c.target.key[:end]}]; known {
				p.addf("columns %d, %s, and %d, %s, exclude each other: one is inside the other",
					min(i, j)+1, words.Quote(columns[min(i, j)].name), max(i, j)+1, words.Quote(columns[max(i, j)].name))
			}
		}
		for _, set := range r.sets {
			if set.target.under(c.target) || c.target.under(set.target) {
				p.addf("column %d, %s, and --set %s exclude each other: one is inside the other", i+1, words.Quote(c.name), set.target)
			}
		}
	}
	if _, known := first[target{place: toTaskID}]; !known {
		p.addf("there is no column taskId (or id); %s", taskIDAdvice(columns, r))
	}
}

// taskIDAdvice guesses the column that holds the task ids.
func taskIDAdvice(columns []column, r *rules) string {
	advice := `if it has another name: --map "NAME=taskId"`
	for _, c := range columns {
		if t, _, _ := parseTarget(c.name); t.place == toTaskID && r.ignores(c.name) {
			return fmt.Sprintf("--ignore %s takes it away, but every row needs its task id", words.Shell(c.name))
		}
	}
	if name := guessTaskID(columns, r); name != "" {
		return fmt.Sprintf("%s, perhaps %s", advice, words.Shell(name+"=taskId"))
	}
	return advice
}

// guessTaskID is the name of the column that probably holds the task ids.
func guessTaskID(columns []column, r *rules) string {
	for _, c := range columns {
		f := words.Fold(c.name)
		if !r.ignores(c.name) && !c.target.sent() && (strings.HasPrefix(f, "task") || strings.HasSuffix(f, "id")) {
			return c.name
		}
	}
	return ""
}

// sent tells whether the target is part of the request.
func (t target) sent() bool { return t.place == toTaskID || t.place == toField || t.place == toKey }

// addOwn makes the columns of the results file: the input's in its order, then
// the constants that have none.
func (l *layout) addOwn(r *rules) {
	taken := make(map[string]bool, len(l.columns))
	l.own = make([]ownColumn, 0, len(l.columns)+len(r.sets))
	for i, c := range l.columns {
		switch {
		case c.target.place == unnamed:
			l.unnamed = append(l.unnamed, i)
		case c.target.place == ours:
		case c.target.sent():
			own := ownColumn{name: c.target.String(), target: c.target, cell: i}
			if l.results == nil {
				own.translation = r.translating(c.target)
			}
			if set := r.constantFor(c.target); set != nil {
				own.name, own.target, own.constant = set.target.String(), set.target, &set.value
				l.columns[i].note = "replaced by --set"
			}
			l.own = append(l.own, own)
			taken[own.name] = true
		case c.name == "":
			l.own = append(l.own, ownColumn{name: fmt.Sprintf("column %d%s", i+1, ignoredSuffix), cell: i, optional: true})
		default:
			l.own = append(l.own, ownColumn{name: c.name, cell: i})
		}
	}
	for i := range r.sets {
		set := &r.sets[i]
		if l.ownOf(set.target) < 0 {
			l.own = append(l.own, ownColumn{name: set.target.String(), target: set.target, cell: -1, constant: &set.value})
			l.columns = append(l.columns, column{target: set.target, note: "by --set"})
			taken[set.target.String()] = true
		}
	}
	if l.results == nil {
		l.renameIgnored(taken)
	}
	l.tail = len(l.own)
	l.tree = newKeyTree(l.own)
}

// renameIgnored marks the columns that a rerun would take for a field or for
// ours.
func (l *layout) renameIgnored(taken map[string]bool) {
	later := make(map[string]int, len(l.own)) // ignored columns that come later, by name
	for _, own := range l.own {
		if own.target.place == nowhere {
			later[own.name]++
		}
	}
	for i, own := range l.own {
		if own.target.place != nowhere {
			continue
		}
		name := own.name
		later[name]--
		if _, isField, problem := parseTarget(name); isField || problem != "" || isReserved(name) {
			name += ignoredSuffix
		}
		for taken[name] || later[name] > 0 {
			name += ignoredSuffix
		}
		l.own[i].name, taken[name] = name, true
	}
}

// ownOf returns the index of the own column for a target, -1 if there is none.
func (l *layout) ownOf(t target) int {
	return slices.IndexFunc(l.own, func(o ownColumn) bool { return o.target.same(t) })
}
