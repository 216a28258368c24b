package client

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

// maxShown is how much of a server's value a warning shows.
const maxShown = 80

// sentField is a field of the update that the answer should show as it was
// sent. Values are raw JSON.
type sentField struct {
	*FieldInfo
	sent  []byte
	shown []byte // the value that the answer has in its place
	seen  bool   // what is to be seen of the field has been
}

// comparison holds what was sent against an answer.
type comparison struct {
	fields [NumFields]sentField
	n      int
	open   int // fields not seen yet
}

// compareAnswer names the fields whose value in the answer to an applied
// update is another than was sent, and what stands twice in its lists, "" if
// there is nothing to name. sent is a canonical
// body. An answer that cannot be read says nothing.
func compareAnswer(sent, answer []byte, key *secret) string {
	var c comparison
	for m, f := (scanner{b: sent}), 0; m.next(); {
		for f < NumFields && fields[f].Name != string(m.key) { // they stand in this order
			f++
		}
		if f < NumFields && (fields[f].Compared || fields[f].ListKey != "") {
			c.fields[c.n] = sentField{FieldInfo: &fields[f], sent: m.value}
			c.n++
		}
	}
	if !c.read(answer, true) {
		return ""
	}
	var w []string
	for _, f := range c.fields[:c.n] {
		if f.ListKey != "" {
			w = appendTwice(w, f.shown, key)
		} else if !f.seen && f.shown != nil {
			w = append(w, f.Name+" is "+show(f.shown, key)+" on the server")
		}
	}
	return strings.Join(w, "; ")
}

// read compares an answer, plain or wrapped in "data", until all is seen. It
// returns false if the answer cannot be read.
func (c *comparison) read(answer []byte, wrapped bool) bool {
	for i := range c.n {
		c.fields[i].shown, c.fields[i].seen = nil, false
	}
	c.open = c.n
	m := scanner{b: answer}
	var data []byte
	for c.open > 0 && m.next() {
		if wrapped && string(m.key) == "data" && m.value[0] == '{' {
			data = m.value
		} else {
			c.see(m.key, m.value)
		}
	}
	if m.complete && data != nil {
		return c.read(data, false)
	}
	return m.complete || c.open == 0
}

// see notes one member of the answer.
func (c *comparison) see(key, value []byte) {
	for i := range c.n {
		f := &c.fields[i]
		switch {
		case f.seen:
			continue
		case string(key) == f.Name:
			f.shown = value
		case f.ListKey != "" && string(key) == f.ListKey:
			f.shown = value
		case string(key) != f.IDKey:
			continue
		}
		if same(f.sent, value) {
			f.seen = true
			c.open--
		}
		return
	}
}

// appendTwice names what stands twice in a list of texts, or of objects with a
// url.
func appendTwice(w []string, list []byte, key *secret) []string {
	times := map[string]int{}
	for item := range items(list) {
		for m := (scanner{b: item}); m.next(); {
			if string(m.key) == "url" {
				item = m.value
			}
		}
		if text, ok := unquote(item); ok {
			if times[text]++; times[text] == 2 {
				w = append(w, "attachment "+show(item, key)+" is there twice on the server")
			}
		}
	}
	return w
}

// same compares a text sent with what the answer shows in its place. An
// object or an array says nothing; null stands for "".
func same(sent, shown []byte) bool {
	if shown[0] == '{' || shown[0] == '[' || bytes.Equal(sent, shown) {
		return true
	}
	if shown[0] == '"' && bytes.IndexByte(sent, '\\') < 0 && bytes.IndexByte(shown, '\\') < 0 {
		return !utf8.Valid(shown) // both are spelled in the only way there is
	}
	want, ok := unquote(sent)
	if !ok {
		return true
	}
	switch {
	case string(shown) == "null":
		return want == ""
	case shown[0] != '"':
		return want == string(shown)
	}
	got, ok := unquote(shown)
	return !ok || got == want
}

// show is a raw JSON value as a warning shows it, without the key.
func show(raw []byte, key *secret) string {
	text, ok := unquote(raw)
	if !ok {
		return words.Shorten(key.line(string(raw)), maxShown)
	}
	return `"` + words.Shorten(key.line(text), maxShown) + `"`
}
