package client

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// A shorter key would be found by chance in ordinary words.
	minSecret = 4
	removed   = "[key removed]"
	maxLine   = 2 << 10
	// How many layers of escaping are looked through: HTML in JSON in a URL.
	maxLayers = 3
)

// secret is the API key, which must not leave the package in any text.
type secret string

// line makes text, which may hold whatever a server sent, one line for
// people: without the key, control characters escaped, at most 2 KiB.
func (k secret) line(text string) string {
	if isPlain(text) && !strings.ContainsAny(text, `%\&+`) && !strings.Contains(text, string(k)) {
		return shorten(text, maxLine) // the usual case
	}
	return shorten(oneLine(string(k.remove([]byte(text), false))), maxLine)
}

// remove returns text without the key: verbatim, or escaped for a URL, for
// JSON or for HTML, also one in the other. cut says that the text is only the
// beginning of something: then what may be the beginning of the key is removed
// from its end, too.
func (k secret) remove(text []byte, cut bool) []byte {
	if len(k) < minSecret {
		return text
	}
	key := foldPlus([]byte(k))
	if !cut && !bytes.ContainsAny(text, `%\&+`) && !bytes.Contains(text, key) {
		return text
	}
	hidden := plainLayer(text).search(nil, key, cut, maxLayers)
	if hidden == nil {
		return text
	}
	var out []byte
	for i, c := range text {
		switch {
		case !hidden[i]:
			out = append(out, c)
		case i == 0 || !hidden[i-1]:
			out = append(out, removed...)
		}
	}
	return out
}

// foldPlus makes no difference between the two ways to write a blank in a
// URL.
func foldPlus(b []byte) []byte { return bytes.ReplaceAll(b, []byte("+"), []byte(" ")) }

// textLayer is a text with some escapes resolved.
type textLayer struct {
	text []byte
	at   []int32 // where each byte, and the end, stands in the original
}

func plainLayer(text []byte) textLayer {
	l := textLayer{foldPlus(text), make([]int32, len(text)+1)}
	for i := range l.at {
		l.at[i] = int32(i)
	}
	return l
}

// search marks in hidden, which has a place for each byte of the original or
// is still nil, where the key stands, looking through so many layers of
// escaping, in any order.
func (l textLayer) search(hidden []bool, key []byte, cut bool, layers int) []bool {
	hidden = l.mark(hidden, key, cut)
	if layers == 0 {
		return hidden
	}
	for _, escape := range escapes {
		if bytes.IndexByte(l.text, escape.sign) >= 0 {
			hidden = l.unescape(escape).search(hidden, key, cut, layers-1)
		}
	}
	return hidden
}

// mark marks where the layer spells the key.
func (l textLayer) mark(hidden []bool, key []byte, cut bool) []bool {
	for start := 0; ; {
		i := bytes.Index(l.text[start:], key)
		if i < 0 {
			break
		}
		hidden = l.hide(hidden, start+i, start+i+len(key))
		start += i + len(key)
	}
	if cut {
		if i := cutKey(l.text, key); i >= 0 {
			hidden = l.hide(hidden, i, len(l.text))
		}
	}
	return hidden
}

// hide marks what became the layer's bytes from start to end.
func (l textLayer) hide(hidden []bool, start, end int) []bool {
	if hidden == nil {
		hidden = make([]bool, l.at[len(l.text)])
	}
	for i := l.at[start]; i < l.at[end]; i++ {
		hidden[i] = true
	}
	return hidden
}

// cutKey is where at the end of text the key begins without being complete,
// perhaps followed by half an escape; -1 if it does not.
func cutKey(text, key []byte) int {
	ends := []int{len(text)}
	if i := bytes.LastIndexAny(text, `%\&`); i >= 0 && len(text)-i < len("&#x0000;") {
		ends = append(ends, i)
	}
	for _, end := range ends {
		for n := min(len(key)-1, end); n >= minSecret; n-- {
			if bytes.Equal(text[end-n:end], key[:n]) {
				return end - n
			}
		}
	}
	return -1
}

// unescape resolves one kind of escapes.
func (l textLayer) unescape(e escape) textLayer {
	out := textLayer{make([]byte, 0, len(l.text)), make([]int32, 0, len(l.at))}
	for i := 0; i < len(l.text); {
		char, n := l.text[i:i+1], 1
		if char[0] == e.sign {
			if c, m := e.decode(l.text[i:]); m > 0 {
				char, n = foldPlus(c), m
			}
		}
		for _, c := range char {
			out.text = append(out.text, c)
			out.at = append(out.at, l.at[i])
		}
		i += n
	}
	out.at = append(out.at, l.at[len(l.text)])
	return out
}

// escape is one way to write characters in other ones. decode returns what
// the escape at the beginning of text stands for and its length, 0 if there is
// none.
type escape struct {
	sign   byte
	decode func(text []byte) (char []byte, n int)
}

var escapes = []escape{{'%', decodePercent}, {'\\', decodeBackslash}, {'&', decodeReference}}

// decodePercent: %2F, as in a URL.
func decodePercent(text []byte) (char []byte, n int) {
	if len(text) < 3 {
		return nil, 0
	}
	b, err := strconv.ParseUint(string(text[1:3]), 16, 8)
	if err != nil {
		return nil, 0
	}
	return []byte{byte(b)}, 3
}

// decodeBackslash: \" and \u002f, as in JSON.
func decodeBackslash(text []byte) (char []byte, n int) {
	if len(text) >= 2 && strings.IndexByte(`"\/`, text[1]) >= 0 {
		return text[1:2], 2
	}
	if len(text) < 6 || text[1] != 'u' {
		return nil, 0
	}
	u, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return nil, 0
	}
	return utf8.AppendRune(nil, rune(u)), 6
}

// decodeReference: &quot; and &#34;, as in HTML.
func decodeReference(text []byte) (char []byte, n int) {
	end := bytes.IndexByte(text[:min(len(text), 12)], ';')
	if end < 2 {
		return nil, 0
	}
	reference := string(text[:end+1])
	plain := html.UnescapeString(reference)
	if plain == reference {
		return nil, 0
	}
	return []byte(plain), end + 1
}
