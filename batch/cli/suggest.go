package cli

import (
	"strconv"
	"unicode"
)

// nearest is the name that a mistyped word most likely means; "" if none is
// near enough. Ties go to the earlier name.
func nearest(word string, names []string) string {
	best, least := "", 1+max(1, len(word)/3)
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// shown is a word of the user's as a message can hold it: quoted when it would
// break the line, steer the terminal or hide its ends.
func shown(word string) string {
	if word == "" {
		return `""`
	}
	for _, r := range word {
		if !unicode.IsPrint(r) || r == ' ' || r == '"' {
			return strconv.Quote(word)
		}
	}
	return word
}
