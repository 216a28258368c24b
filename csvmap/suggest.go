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
		return words.Nearest(name, fieldNames())
	}
}

// keyFor makes a metadata key of a column's name.
func keyFor(name string) string {
	return strings.NewReplacer(ignoredSuffix, "", ".", "_", ":", "_", "=", "_").Replace(name)
}
