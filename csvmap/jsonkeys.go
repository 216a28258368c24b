package csvmap

import (
	"slices"

	"taskbatch/client"
)

// jsonKeys is what the keys of a JSONL file mean.
type jsonKeys struct {
	own    map[string]int // index in layout.own by the exact key
	rules  *rules
	ignore map[string]bool // answers of ignores
	used   []bool          // which of rules.ignore have named a key
	// unknown are the keys that only --ignore-unknown has let pass.
	unknown []string
}

// maxNoted is the number of ignored keys that are remembered for Facts.
const maxNoted = 100

// mapJSONL makes the layout of a JSONL file: its results file has taskId and
// the nine fields; mapped keys and constants go into them.
func mapJSONL(r *rules) (*layout, error) {
	k := &jsonKeys{own: map[string]int{}, rules: r, ignore: map[string]bool{}, used: make([]bool, len(r.ignore))}
	l := &layout{json: k}
	add := func(t target) int {
		if i := slices.IndexFunc(l.own, func(o ownColumn) bool { return o.target.same(t) }); i >= 0 {
			return i
		}
		l.own = append(l.own, ownColumn{name: t.String(), target: t, cell: -1})
		return len(l.own) - 1
	}
	k.add(taskIDName, add(target{place: toTaskID}))
	for f := range client.Field(client.NumFields) {
		k.add(f.String(), add(target{place: toField, field: f}))
	}
	l.tail = len(l.own)
	for _, m := range r.maps {
		if m.target.typ == textKey {
			m.target.typ = jsonKey // a JSON value says itself what it is
		}
		k.own[m.column] = add(m.target)
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

// add makes a field known by its own name, unless it is to be ignored by just
// this name: keys are exact, Title is not title.
func (k *jsonKeys) add(name string, own int) {
	if namingExactly(name, k.rules.ignore) < 0 {
		k.own[name] = own
	}
}

// ignores tells whether a key that means no field is carried along.
func (k *jsonKeys) ignores(key string) bool {
	if known, ok := k.ignore[key]; ok {
		return known
	}
	by := naming(key, k.rules.ignore, nil)
	named := by >= 0
	if named {
		k.used[by] = true
	}
	ignored := named || k.rules.ignoreUnknown
	if len(k.ignore) < maxNoted {
		k.ignore[key] = ignored
		if ignored && !named {
			k.unknown = append(k.unknown, key)
		}
	}
	return ignored
}
