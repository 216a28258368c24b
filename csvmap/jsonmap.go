package csvmap

import (
	"slices"
)

// maxNoted is the number of ignored keys that are remembered for Facts.
const maxNoted = 100

// mapJSONL makes the layout of a JSONL file: its results file has taskId and
// the nine fields; mapped keys and constants go into them.
func mapJSONL(r *rules) (*layout, error) {
	l := &layout{rules: r, keys: map[string]int{}, ignored: map[string]bool{}}
	for i, name := range fieldNames() {
		t, _, _ := parseTarget(name)
		l.own = append(l.own, ownColumn{name: name, target: t, cell: -1})
		if namingExactly(name, r.ignore) < 0 { // keys are exact, Title is not title
			l.keys[name] = i
		}
	}
	l.tail = len(l.own)
	add := func(t target) int {
		if i := slices.IndexFunc(l.own, func(o ownColumn) bool { return o.target.same(t) }); i >= 0 {
			return i
		}
		l.own = append(l.own, ownColumn{name: t.String(), target: t, cell: -1})
		return len(l.own) - 1
	}
	for _, m := range r.maps {
		if m.target.typ == textKey {
			m.target.typ = jsonKey // a JSON value says itself what it is
		}
		l.keys[m.column] = add(m.target)
		l.columns = append(l.columns, column{m.column, m.target, "by --map"})
	}
	if namingExactly(taskIDName, r.ignore) >= 0 && !slices.ContainsFunc(r.maps, func(m mapping) bool { return m.target.place == toTaskID }) {
		return nil, &InputError{Usage: true, Msg: "--ignore taskId: every row needs its task id; if another key holds it: --map \"NAME=taskId\""}
	}
	for i := range r.sets {
		set := &r.sets[i]
		own := &l.own[add(set.target)]
		own.target, own.constant = set.target, &set.value
		l.columns = append(l.columns, column{target: set.target, note: "by --set"})
	}
	for i, a := range l.own {
		for _, b := range l.own[:i] {
			if a.target.under(b.target) || b.target.under(a.target) {
				return nil, &InputError{Usage: true, Msg: a.name + " and " + b.name + " exclude each other: one is inside the other"}
			}
		}
	}
	for i := range l.own {
		l.own[i].translation = r.translating(l.own[i].target)
	}
	l.tree = newKeyTree(l.own)
	return l, nil
}

// ignores tells whether a key that means no field is carried along.
func (l *layout) ignores(key string) bool {
	if known, ok := l.ignored[key]; ok {
		return known
	}
	i := naming(key, l.rules.ignore, nil)
	if i >= 0 {
		l.rules.ignore[i].used = true
	}
	ignored := i >= 0 || l.rules.ignoreUnknown
	if len(l.ignored) < maxNoted {
		l.ignored[key] = ignored
		if ignored && i < 0 {
			l.unknown = append(l.unknown, key)
		}
	}
	return ignored
}
