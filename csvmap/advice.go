package csvmap

import (
	"fmt"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// unknownAdvice says which flags make a column or key known.
func unknownAdvice(name string) string {
	ignore := "--ignore " + words.Shell(name)
	if strings.TrimSpace(name) == "" { // cannot be mapped
		return fmt.Sprintf("; %s carries it along unsent", ignore)
	}
	meant := meantTarget(name)
	if meant == "" || meant == name {
		if meant == "" {
			meant = client.Metadata.String() + "." + keyFor(name)
		}
		return fmt.Sprintf("; %s carries it along unsent, --map %s sends it", ignore, words.Shell(name+"="+meant))
	}
	return fmt.Sprintf("; did you mean %s? --map %s sends it as that, %s carries it along unsent", meant, words.Shell(name+"="+meant), ignore)
}

// meantTarget returns the field or metadata key that a name was probably meant
// to be, "" if none is near. A JSONL key may be what only a CSV header can say.
func meantTarget(name string) string {
	head, key, dotted := strings.Cut(name, ".")
	if dotted && words.Nearest(head, []string{client.Metadata.String()}) != "" {
		name = client.Metadata.String() + "." + key
		if strings.Contains(key, "=") { // --map would split it there
			return ""
		}
	}
	t, ok, problem := parseTarget(name)
	switch {
	case ok:
		return t.String()
	case problem != "":
		return ""
	default:
		return nearestField(name)
	}
}

// nearestField is the field that a name was probably meant to be: the nearest
// one, or else the only one that begins so.
func nearestField(name string) string {
	const enough = 3 // characters
	if near := words.Nearest(name, fieldNames()); near != "" {
		return near
	}
	folded, found := words.Fold(name), ""
	for _, field := range fieldNames() {
		if len(folded) >= enough && strings.HasPrefix(words.Fold(field), folded) {
			if found != "" {
				return ""
			}
			found = field
		}
	}
	return found
}

// proposals are flags under which a header can be read: what its names were
// probably meant to be, the others ignored.
func proposals(columns []column, r *rules) []string {
	const listed = 20
	var maps, ignores []string
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c.target.untyped().String()] = c.target.sent() || taken[c.target.untyped().String()]
	}
	taskID := ""
	if !taken[taskIDName] {
		taskID = guessTaskID(columns, r)
	}
	for _, c := range columns {
		if c.name == "" || c.target.place != nowhere || c.note != "" {
			continue
		}
		meant := meantTarget(c.name)
		if c.name == taskID {
			meant = taskIDName
		}
		if meant == "" || taken[meant] {
			ignores = append(ignores, "--ignore", c.name)
			continue
		}
		taken[meant] = true
		maps = append(maps, "--map", c.name+"="+meant)
	}
	if len(ignores) > 2*listed {
		ignores = []string{"--ignore-unknown"}
	}
	return append(maps, ignores...)
}

// keyFor makes a metadata key of a column's name.
func keyFor(name string) string {
	return strings.NewReplacer(ignoredSuffix, "", ".", "_", ":", "_", "=", "_").Replace(name)
}
