package csvmap

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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
}

// newKeyTree returns nil if there are no such columns.
func newKeyTree(own []ownColumn) *keyNode {
	root := &keyNode{own: -1}
	for i, o := range own {
		if o.target.place != toKey {
			continue
		}
		node := root
		for part := range strings.SplitSeq(o.target.key, ".") {
			node = node.child(part)
		}
		node.own, node.constant, node.text = i, o.constant != nil, !o.target.isJSON()
	}
	if len(root.children) == 0 {
		return nil
	}
	return root
}

func (n *keyNode) child(key string) *keyNode {
	quoted, _ := jsontext.AppendQuote(nil, key) // fails for invalid UTF-8 only, which a header never holds
	for _, c := range n.children {
		if c.quoted == string(quoted) {
			return c
		}
	}
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	c := &keyNode{path: path, quoted: string(quoted), own: -1}
	n.children = append(n.children, c)
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
		return n.appendObject(dst, values)
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

// appendObject appends an object of the keys of n that have a value.
func (n *keyNode) appendObject(dst []byte, values []value) []byte {
	return append(n.appendKeys(append(dst, '{'), values, nil), '}')
}

// appendKeys appends the keys of n that have a value and are not in seen.
func (n *keyNode) appendKeys(dst []byte, values []value, seen []*keyNode) []byte {
	for _, c := range n.children {
		if !c.any(values) || contains(seen, c) {
			continue
		}
		dst = appendComma(dst)
		dst = append(dst, c.quoted...)
		dst = append(dst, ':')
		dst = c.appendValue(dst, values)
	}
	return dst
}

func contains(nodes []*keyNode, n *keyNode) bool {
	for _, m := range nodes {
		if m == n {
			return true
		}
	}
	return false
}

// appendComma appends a comma unless an object has just begun.
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
func (n *keyNode) merge(dst []byte, base string, values []value) (merged []byte, conflict *keyConflict) {
	dst = append(dst, '{')
	var seen []*keyNode
	for name, raw := range members(base) {
		dst = appendComma(dst)
		dst = append(dst, name...)
		dst = append(dst, ':')
		c := n.find(name)
		switch {
		case c == nil || !c.any(values):
			dst = append(dst, raw...)
			continue
		case c.own >= 0 || raw[0] != '{':
			return dst, &keyConflict{c.path, c.first(values)}
		}
		seen = append(seen, c)
		if dst, conflict = c.merge(dst, raw, values); conflict != nil {
			return dst, conflict
		}
	}
	return append(n.appendKeys(dst, values, seen), '}'), nil
}

// without appends the object base without the keys that --set replaces.
func (n *keyNode) without(dst []byte, base string) []byte {
	dst = append(dst, '{')
	for name, raw := range members(base) {
		c := n.find(name)
		if c != nil && c.constant {
			continue
		}
		dst = appendComma(dst)
		dst = append(dst, name...)
		dst = append(dst, ':')
		if c != nil && c.own < 0 && raw[0] == '{' {
			dst = c.without(dst, raw)
		} else {
			dst = append(dst, raw...)
		}
	}
	return append(dst, '}')
}

func (n *keyNode) find(quoted string) *keyNode {
	for _, c := range n.children {
		if c.quoted == quoted {
			return c
		}
	}
	return nil
}

// hasConstant tells whether --set gives a key of n.
func (n *keyNode) hasConstant() bool {
	if n.constant {
		return true
	}
	for _, c := range n.children {
		if c.hasConstant() {
			return true
		}
	}
	return false
}

// members yields the names, quoted, and the values of an object that is known
// to be canonical JSON.
func members(object string) func(yield func(name, raw string) bool) {
	return func(yield func(name, raw string) bool) {
		d := jsontext.NewDecoder(strings.NewReader(object))
		if _, err := d.ReadToken(); err != nil {
			return
		}
		for d.PeekKind() == '"' {
			name, err := d.ReadValue()
			if err != nil {
				return
			}
			quoted := string(name)
			raw, err := d.ReadValue()
			if err != nil || !yield(quoted, string(raw)) {
				return
			}
		}
	}
}
