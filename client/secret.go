package client

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

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
	keys     []string
	once     sync.Once // of the rest: most runs never need it
	forms    []string  // longest first
	replacer *strings.Replacer
}

// newSecret makes a secret of the key, and of what else must not be shown.
func newSecret(keys ...string) *secret { return &secret{keys: keys} }

func (k *secret) prepare() {
	for _, key := range k.keys {
		if len(key) >= minSecret {
			k.forms = append(k.forms, keyForms(key)...)
		}
	}
	slices.SortFunc(k.forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range k.forms {
		pairs = append(pairs, form, removed)
	}
	k.replacer = strings.NewReplacer(pairs...)
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
	k.once.Do(k.prepare)
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
	layer, spellings := forms, spellings()
	seen := map[string]bool{}
	for range 2 {
		var next []string
		for _, form := range layer {
			for _, spelling := range spellings {
				if s := spell(form, spelling); s != form && !seen[s] {
					seen[s] = true
					next = append(next, s)
				}
			}
		}
		forms = append(forms, next...)
		layer = next
	}
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

// spelling is how an encoder writes a character.
type spelling func(r rune) string

// spell writes a text as an encoder does.
func spell(s string, write spelling) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(write(r))
	}
	return b.String()
}

// spellings are those of URLs, HTML and JSON. The usual encoders differ in
// which characters they escape, and how.
func spellings() (all []spelling) {
	for _, keep := range []string{"", "-_.~", "-_.*", "-_.!~*'()", "-_.~$&+=:@", "-_.~;,/?:@&=+$!*'()#"} {
		all = append(all, allBut(keep, "% X", "%20"), allBut(keep, "% X", "+"), allBut(keep, "% x", "%20"), allBut(keep, "% x", "+"))
	}
	for _, verb := range []string{"&#%d;", "&#x%x;", `\u%04x`, `\u%04X`} {
		all = append(all, allBut("", verb, ""), allBut(" ", verb, ""))
	}
	for _, quote := range []string{`"`, "&#34;", "&quot;"} {
		for _, apostrophe := range []string{"'", "&#39;", "&#039;", "&#x27;", "&apos;"} {
			all = append(all, named(map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': quote, '\'': apostrophe}, "", "", utf8.MaxRune))
		}
	}
	for _, verb := range []string{`\u%04x`, `\u%04X`} {
		for _, hex := range []string{"", "<>&", "<>&'="} {
			for _, last := range []rune{'~', utf8.MaxRune} {
				all = append(all, named(map[rune]string{'"': `\"`, '\\': `\\`}, hex, verb, last),
					named(map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`}, hex, verb, last))
			}
		}
	}
	return all
}

// allBut escapes all but ASCII letters, digits and what is to be kept.
func allBut(keep, verb, blank string) spelling {
	return func(r rune) string {
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)), strings.ContainsRune(keep, r):
			return string(r)
		case verb[0] == '%' && r == ' ':
			return blank
		case verb[0] == '%': // each byte
			return "%" + strings.ReplaceAll(fmt.Sprintf(verb, string(r)), " ", "%")
		}
		return fmt.Sprintf(verb, r)
	}
}

// named writes some characters by name, and by number those of hex and those
// beyond last.
func named(names map[rune]string, hex, verb string, last rune) spelling {
	return func(r rune) string {
		if name, ok := names[r]; ok {
			return name
		}
		if r > last || strings.ContainsRune(hex, r) {
			return fmt.Sprintf(verb, r)
		}
		return string(r)
	}
}
