// Package words says once how messages speak: the name that a mistyped word
// most likely means, a word as a shell takes it, a count with its noun, a text
// whose control characters can be seen, a text cut short.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Nearest is the one of names that a mistyped word most likely means; "" if
// none is near enough. Case, blanks, _ and - do not count. Of two equally near
// ones it is the first.
func Nearest(word string, names []string) string {
	word = Fold(word)
	best, least := "", max(1, min(2, utf8.RuneCountInString(word)/3))+1
	for _, name := range names {
		if d := distance(word, Fold(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// DidYouMean is Nearest as the end of a message: "; did you mean X?" or "".
func DidYouMean(word string, names []string) string {
	if name := Nearest(word, names); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}

// Fold reduces a name to what counts when names are compared: case, blanks, _
// and - do not.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
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

// Shell is a word as a POSIX shell takes it: quoted if it has to be, and with
// escapes for what cannot be seen.
func Shell(word string) string {
	if strings.ContainsFunc(word, Hidden) || !utf8.ValidString(word) {
		return shellEscaped(word)
	}
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Quote shows a name or a value in a message: in quotes, on one line, cut to
// about 60 bytes.
func Quote(text string) string { return strconv.Quote(Shorten(text, 60)) }

// Shown is a word of the user's as a message can hold it: quoted when its ends
// would not be seen.
func Shown(word string) string {
	if word == "" || strings.ContainsAny(word, ` "`) || strings.ContainsFunc(word, Hidden) {
		return strconv.Quote(word)
	}
	return word
}

// shellEscaped is $'...', which POSIX has from 2024 on and bash, zsh and ksh
// have always had.
func shellEscaped(word string) string {
	out := []byte("$'")
	for len(word) > 0 {
		r, n := utf8.DecodeRuneInString(word)
		switch {
		case r == '\'' || r == '\\':
			out = append(out, '\\', byte(r))
		case Hidden(r) || r == utf8.RuneError && n == 1:
			for _, b := range []byte(word[:n]) {
				out = fmt.Appendf(out, `\%03o`, b)
			}
		default:
			out = append(out, word[:n]...)
		}
		word = word[n:]
	}
	return string(append(out, '\''))
}

// Plural writes a count with its noun: 1 row, 2 rows, 12,345 rows.
func Plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}

// Are begins a sentence about a count: 1 row is, 2 rows are.
func Are[N int | int64](n N, noun string) string { return verb(n, noun, " is", " are") }

// Were is Are in the past.
func Were[N int | int64](n N, noun string) string { return verb(n, noun, " was", " were") }

func verb[N int | int64](n N, noun, one, many string) string {
	if n == 1 {
		many = one
	}
	return Plural(n, noun) + many
}

// Duration writes a length of time as Go does, without units of zero at its
// end: 2m, 1h30m.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Grouped writes a count with commas between thousands.
func Grouped[N int | int64](n N) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// RowList names the first of so many rows, at most most: rows 4, 6 and 11 more.
func RowList(rows []int64, count int64, most int) string {
	text := "row "
	if count > 1 {
		text = "rows "
	}
	rows = rows[:min(len(rows), most)]
	for i, row := range rows {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatInt(row, 10)
	}
	if more := count - int64(len(rows)); more > 0 {
		text += " and " + Grouped(more) + " more"
	}
	return text
}

// Shorten cuts a text to at most so many bytes, between two characters, and
// marks the cut.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := max(0, limit-len("..."))
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
