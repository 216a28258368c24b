package csvmap

import (
	"fmt"
	"strconv"
	"strings"

	"taskbatch/client"
)

// suggest returns the one of names that name was probably meant to be, "" if
// none is near. Case, blanks, underscores and hyphens do not count.
func suggest(name string, names []string) string {
	folded := fold(name)
	best, bestDistance := "", max(1, min(2, len(folded)/3))+1
	for _, candidate := range names {
		if d := editDistance(folded, fold(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// didYouMean is suggest as the end of a message.
func didYouMean(name string, names []string) string {
	if s := suggest(name, names); s != "" {
		return "; did you mean " + s + "?"
	}
	return ""
}

// unknownAdvice says which flags make a column or key known.
func unknownAdvice(name string) string {
	ignore := "--ignore " + shellQuote(name)
	if strings.TrimSpace(name) == "" { // cannot be mapped
		return fmt.Sprintf("; %s carries it along unsent", ignore)
	}
	meant := meantTarget(name)
	if meant == "" || meant == name {
		if meant == "" {
			meant = client.Metadata.String() + "." + keyFor(name)
		}
		return fmt.Sprintf("; %s carries it along unsent, --map %s sends it", ignore, shellQuote(name+"="+meant))
	}
	return fmt.Sprintf("; did you mean %s? --map %s sends it as that, %s carries it along unsent", meant, shellQuote(name+"="+meant), ignore)
}

// meantTarget returns the field or metadata key that a name was probably meant
// to be, "" if none is near. A JSONL key may be what only a CSV header can say.
func meantTarget(name string) string {
	head, key, dotted := strings.Cut(name, ".")
	if dotted && suggest(head, []string{client.Metadata.String()}) != "" {
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
		return suggest(name, fieldNames())
	}
}

// keyFor makes a metadata key of a column's name.
func keyFor(name string) string {
	return strings.NewReplacer(ignoredSuffix, "", ".", "_", ":", "_", "=", "_").Replace(name)
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// quote shows a name or a value in a message: on one line and shortened.
func quote(s string) string { return strconv.Quote(shorten(s, 60)) }

// shorten cuts s to about limit bytes between two characters.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end] + "..."
}

// shellQuote quotes an argument for people to paste into a shell.
func shellQuote(s string) string {
	if !strings.ContainsAny(s, "\"$`\\!\n\r") {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
