package csvmap

import (
	"bytes"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/csvmap/record"
)

// keyNode is a key of metadata that has a column of its own, or holds such
// keys. The order of the columns is the order of the keys.
type keyNode struct {
	path     string // from metadata down, for messages
	quoted   string // the key as canonical JSON
	own      int    // index of the column; -1: an object of further keys
	constant bool   // by --set: beats the same key in the metadata column
	text     bool   // the value is text, not JSON
	children []*keyNode
	index    map[string]*keyNode // children by quoted
}

// newKeyTree returns nil if there are no such columns.
func newKeyTree(own []ownColumn) *keyNode {
	root := &keyNode{own: -1}
	for i, o := range own {
		if o.target.place != toKey {
			continue
		}
		node, end := root, 0
		for part := range strings.SplitSeq(o.target.key, ".") {
			end += len(part)
			node = node.child(part, o.target.key[:end])
			end++
		}
		node.own, node.constant, node.text = i, o.constant != nil, !o.target.isJSON()
		root.constant = root.constant || node.constant
	}
	if len(root.children) == 0 {
		return nil
	}
	return root
}

func (n *keyNode) child(key, path string) *keyNode {
	quoted, _ := jsontext.AppendQuote(nil, key) // fails for invalid UTF-8 only, which a header never holds
	if c := n.index[string(quoted)]; c != nil {
		return c
	}
	if n.index == nil {
		n.index = map[string]*keyNode{}
	}
	c := &keyNode{path: path, quoted: string(quoted), own: -1}
	n.children, n.index[c.quoted] = append(n.children, c), c
	return c
}

// first returns the index of the first column in n that gives a value, -1 if
// none does.
func (n *keyNode) first(values []value) int {
	if n.own >= 0 && (values[n.own].state == given || values[n.own].state == cleared) {
		return n.own
	}
	for _, c := range n.children {
		if i := c.first(values); i >= 0 {
			return i
		}
	}
	return -1
}

// any tells whether a key of n gets a value.
func (n *keyNode) any(values []value) bool { return n.first(values) >= 0 }

// appendValue appends what the columns say about n.
func (n *keyNode) appendValue(dst []byte, values []value) []byte {
	if n.own < 0 {
		return append(n.appendKeys(append(dst, '{'), values, nil), '}')
	}
	switch v := values[n.own]; {
	case v.state == cleared:
		return append(dst, "null"...)
	case n.text:
		dst, _ = jsontext.AppendQuote(dst, v.text) // valid UTF-8, as above
		return dst
	default:
		return append(dst, v.text...)
	}
}

// appendKeys appends the keys of n that have a value and are not done.
func (n *keyNode) appendKeys(dst []byte, values []value, done map[*keyNode]bool) []byte {
	for _, c := range n.children {
		if c.any(values) && !done[c] {
			dst = c.appendValue(appendKey(dst, c.quoted), values)
		}
	}
	return dst
}

// appendKey appends a key, behind a comma unless its object has just begun.
func appendKey[T record.Text](dst []byte, quoted T) []byte {
	return append(append(appendComma(dst), quoted...), ':')
}

func appendComma(dst []byte) []byte {
	if dst[len(dst)-1] == '{' {
		return dst
	}
	return append(dst, ',')
}

// keyConflict is a metadata key that has a value in the object and in a
// column.
type keyConflict struct {
	path   string // of the key, from metadata down
	column int    // index of the column; its key may lie below the path
}

// merge appends the object base with the keys of n added, up to the first
// conflict.
func (n *keyNode) merge(dst, base []byte, values []value) (merged []byte, conflict *keyConflict) {
	dst = append(dst, '{')
	var done map[*keyNode]bool
	for name, raw := range members(base) {
		dst = appendKey(dst, name)
		c := n.index[string(name)]
		switch {
		case c == nil || !c.any(values):
			dst = append(dst, raw...)
			continue
		case c.own >= 0 || raw[0] != '{':
			return dst, &keyConflict{c.path, c.first(values)}
		case done == nil:
			done = map[*keyNode]bool{}
		}
		done[c] = true
		if dst, conflict = c.merge(dst, raw, values); conflict != nil {
			return dst, conflict
		}
	}
	return append(n.appendKeys(dst, values, done), '}'), nil
}

// without appends the object base without the keys that --set replaces.
func (n *keyNode) without(dst, base []byte) []byte {
	dst = append(dst, '{')
	for name, raw := range members(base) {
		c := n.index[string(name)]
		switch {
		case c == nil || !c.constant && (c.own >= 0 || raw[0] != '{'):
			dst = append(appendKey(dst, name), raw...)
		case !c.constant:
			dst = c.without(appendKey(dst, name), raw)
		}
	}
	return append(dst, '}')
}

// members yields the names, quoted, and the values of an object that is known
// to be canonical JSON.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, raw []byte) bool) {
		d := jsontext.NewDecoder(bytes.NewBuffer(object))
		_, err := d.ReadToken()
		for err == nil && d.PeekKind() == '"' {
			var name, raw []byte
			if name, err = readValue(d, object); err == nil {
				raw, err = readValue(d, object)
			}
			if err != nil || !yield(name, raw) {
				return
			}
		}
	}
}

// appendTranslated appends an object of metadata with the texts of its keys
// translated. path is the object's own, with a dot behind it.
func (r *rules) appendTranslated(dst, object []byte, path string) ([]byte, *RowError) {
	dst = append(dst, '{')
	for name, raw := range members(object) {
		dst = appendKey(dst, name)
		key := path + string(plainText(name))
		switch raw[0] {
		case '"':
			text, p := r.translating(target{place: toKey, key: key}).text(plainText(raw))
			if p != nil {
				return nil, p
			}
			dst, _ = jsontext.AppendQuote(dst, text) // valid UTF-8, as files and arguments are
		case '{':
			var p *RowError
			if dst, p = r.appendTranslated(dst, raw, key+"."); p != nil {
				return nil, p
			}
		default:
			dst = append(dst, raw...)
		}
	}
	return append(dst, '}'), nil
}
