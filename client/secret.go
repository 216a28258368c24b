package client

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/csvmap/words"
)

const (
	// A shorter key would be found by chance in ordinary words.
	minSecret = 4
	removed   = "[key removed]"
	maxLine   = 2 << 10
)

// secret removes the API key, which must not leave the package in any text, in
// every form in which servers echo what they were sent.
type secret struct {
	forms    []string // longest first
	replacer *strings.Replacer
}

func newSecret(key string) *secret {
	k := &secret{}
	if len(key) >= minSecret {
		k.forms = keyForms(key)
	}
	var pairs []string
	for _, form := range k.forms {
		pairs = append(pairs, form, removed)
	}
	k.replacer = strings.NewReplacer(pairs...)
	return k
}

// line makes text, which may hold whatever a server sent, one line for
// people: without the key, control characters escaped, at most 2 KiB.
func (k *secret) line(text string) string {
	return words.Shorten(words.Visible(k.remove(text, false)), maxLine)
}

// remove returns text without the key. cut says that the text is only the
// beginning of something: then what may be the beginning of the key is removed
// from its end, too.
func (k *secret) remove(text string, cut bool) string {
	text = k.replacer.Replace(text)
	if !cut {
		return text
	}
	start := len(text)
	for _, form := range k.forms {
		// The longest end of text that form begins with.
		for i := max(0, len(text)-len(form)+1); i < start; i++ {
			n := strings.Index(text[i:], form[:minSecret])
			if n < 0 {
				break
			}
			if i += n; strings.HasPrefix(form, text[i:]) {
				start = min(start, i)
			}
		}
	}
	if start == len(text) {
		return text
	}
	return text[:start] + removed
}

// keyForms is the key as it stands, in base64, and in the spellings of JSON,
// HTML and URLs, also one within another.
func keyForms(key string) []string {
	forms := append(base64Forms(key), key)
	layer := forms
	seen := map[string]bool{}
	for range 2 {
		var next []string
		for _, form := range layer {
			for _, spell := range spellings {
				if s := spell(form); s != form && !seen[s] {
					seen[s] = true
					next = append(next, s)
				}
			}
		}
		forms = append(forms, next...)
		layer = next
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// base64Forms is what base64 makes of the key wherever in a text it stands:
// the digits that no neighbour of the key has a share in.
func base64Forms(key string) []string {
	var forms []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			first, end := (before*8+5)/6, (before+len(key))*8/6
			digits := enc.EncodeToString([]byte(strings.Repeat("\x00", before) + key))
			forms = append(forms, digits[first:end])
		}
	}
	return forms
}

// spellings are the ways to write a text within another kind of text, as the
// usual encoders do it. They differ in which characters they escape, and how.
var spellings = slices.Concat(percentSpellings(), htmlSpellings(), jsonSpellings())

// rewrite writes the characters that in selects with write.
func rewrite(s string, in func(rune) bool, write func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		if in(r) {
			b.WriteString(write(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oddBut selects what is neither an ASCII letter or digit nor in keep.
func oddBut(keep string) func(rune) bool {
	return func(r rune) bool {
		plain := r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
		return !plain && !strings.ContainsRune(keep, r)
	}
}

// percentSpellings: what RFC 3986, browsers, Go and Java keep as it is, with
// both cases of digits, and with + for a blank.
func percentSpellings() (all []func(string) string) {
	for _, keep := range []string{"", "-_.~", "-_.!~*'()", "-_.~$&+=:@", "-_.~;,/?:@&=+$!*'()#", "-_.*"} {
		for _, format := range []string{"% X", "% x"} {
			percent := func(r rune) string {
				return "%" + strings.ReplaceAll(fmt.Sprintf(format, string(r)), " ", "%")
			}
			all = append(all, func(s string) string { return rewrite(s, oddBut(keep), percent) },
				func(s string) string {
					return strings.ReplaceAll(rewrite(s, oddBut(keep+" "), percent), " ", "+")
				})
		}
	}
	return all
}

// htmlSpellings: the quotes have several names.
func htmlSpellings() (all []func(string) string) {
	for _, quote := range []string{`"`, "&#34;", "&quot;"} {
		for _, apostrophe := range []string{"'", "&#39;", "&#039;", "&#x27;", "&apos;"} {
			all = append(all, strings.NewReplacer(`&`, "&amp;", "<", "&lt;", ">", "&gt;", `"`, quote, "'", apostrophe).Replace)
		}
	}
	for _, format := range []string{"&#%d;", "&#x%x;", "&#x%X;"} {
		all = append(all, func(s string) string {
			return rewrite(s, oddBut(" "), func(r rune) string { return fmt.Sprintf(format, r) })
		})
	}
	return all
}

// jsonSpellings: encoders escape the slash or not, what HTML would understand
// or not, and what is beyond ASCII or not.
func jsonSpellings() (all []func(string) string) {
	for _, format := range []string{`\u%04x`, `\u%04X`} {
		unit := func(r rune) string {
			var out []byte
			for _, u := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, format, u)
			}
			return string(out)
		}
		for _, special := range []string{"", "<>&", "<>&'=", "/<>&'=+"} {
			for _, slash := range []string{"/", `\/`} {
				for _, last := range []rune{'~', utf8.MaxRune} {
					in := func(r rune) bool { return strings.ContainsRune(special, r) || r > last }
					all = append(all, func(s string) string {
						quoted, _ := jsontext.AppendQuote(nil, s)
						inside := rewrite(string(quoted[1:len(quoted)-1]), in, unit)
						return strings.ReplaceAll(inside, "/", slash)
					})
				}
			}
		}
		all = append(all, func(s string) string { return rewrite(s, oddBut(" "), unit) })
	}
	return all
}
