package csvmap

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// checkJSONLines refuses files that hold JSON, but not a value a line.
func checkJSONLines(text []byte) error {
	body := bytes.TrimLeft(text, " \t\r\n")
	line := int64(1 + bytes.Count(text[:len(text)-len(body)], []byte("\n")))
	if bytes.HasPrefix(body, []byte("[")) {
		return &InputError{Line: line, Msg: "the file is one JSON array; one JSON object per line is needed",
			Hints: []string{"jq -c '.[]' FILE > FILE.jsonl"}}
	}
	first, _, _ := bytes.Cut(body, []byte("\n"))
	if !bytes.HasPrefix(body, []byte("{")) || !errors.Is(firstValue(first), io.ErrUnexpectedEOF) {
		return nil
	}
	if bytes.Equal(bytes.TrimSpace(first), []byte("{")) || firstValue(body) == nil {
		return &InputError{Line: line, Msg: "the JSON is pretty-printed, an object over several lines; one JSON object per line is needed",
			Hints: []string{"jq -c . FILE > FILE.jsonl"}}
	}
	return nil
}

// firstValue returns what is wrong with the first JSON value of text.
func firstValue(text []byte) error {
	_, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue()
	return err
}

// jsonlReader splits text into lines.
type jsonlReader struct {
	window
	newline byte
	entry   entry
}

func newJSONLReader(src io.Reader, newline byte) *jsonlReader {
	return &jsonlReader{window: window{src: src, buf: make([]byte, windowSize)}, newline: newline}
}

// next reads the next line that is not blank. io.EOF: there is none.
func (r *jsonlReader) next() (*entry, error) {
	for number := r.entry.number + 1; ; number++ {
		end, err := r.line(r.newline, inputLimits.row)
		if err != nil {
			return nil, err
		}
		r.entry = entry{number: number, line: number}
		if end < 0 {
			return &r.entry, r.skip()
		}
		r.entry.raw = r.take(min(end+1, len(r.text)))[:end]
		if len(bytes.TrimLeft(r.entry.raw, " \t\r")) > 0 {
			return &r.entry, nil
		}
	}
}

// skip goes over a line that is too large.
func (r *jsonlReader) skip() error {
	r.entry.raw = bytes.Clone(r.text[:maxRaw+1])
	r.entry.err = rowErrorf("row too large", "", "%s", tooLarge("the row", inputLimits.row))
	for {
		if end := bytes.IndexByte(r.text, r.newline); end >= 0 {
			r.take(end + 1)
			return nil
		}
		r.text = nil
		if more, err := r.more(); !more {
			return err
		}
	}
}

// maxNoted is the number of ignored keys that are remembered for Facts.
const maxNoted = 100

// mapJSONL makes the layout of a JSONL file: its results file has taskId and
// the nine fields; mapped keys and constants go into them.
func mapJSONL(r *rules) (*layout, error) {
	l := &layout{rules: r, keys: map[string]int{}, ignored: map[string]bool{}}
	for i, name := range fieldNames() {
		t, _, _ := parseTarget(name)
		l.own = append(l.own, ownColumn{name: name, target: t, cell: -1})
		if namingExactly(name, r.ignore) < 0 { // keys are exact, Title is not title
			l.keys[name] = i
		}
	}
	l.tail = len(l.own)
	add := func(t target) int {
		if i := l.ownOf(t); i >= 0 {
			return i
		}
		l.own = append(l.own, ownColumn{name: t.String(), target: t, cell: -1})
		return len(l.own) - 1
	}
	for _, m := range r.maps {
		if m.target.typ == textKey {
			m.target.typ = jsonKey // a JSON value says itself what it is
		}
		l.keys[m.column] = add(m.target)
		l.columns = append(l.columns, column{m.column, m.target, "by --map"})
	}
	if namingExactly(taskIDName, r.ignore) >= 0 && !slices.ContainsFunc(r.maps, func(m mapping) bool { return m.target.place == toTaskID }) {
		return nil, &InputError{Usage: true, Msg: "--ignore taskId: every row needs its task id; if another key holds it: --map \"NAME=taskId\""}
	}
	for i := range r.sets {
		set := &r.sets[i]
		own := &l.own[add(set.target)]
		own.target, own.constant = set.target, &set.value
		l.columns = append(l.columns, column{target: set.target, note: "by --set"})
	}
	for i, a := range l.own {
		for _, b := range l.own[:i] {
			if a.target.under(b.target) || b.target.under(a.target) {
				return nil, &InputError{Usage: true, Msg: a.name + " and " + b.name + " exclude each other: one is inside the other"}
			}
		}
	}
	for i := range l.own {
		l.own[i].translation = r.translating(l.own[i].target)
	}
	l.tree = newKeyTree(l.own)
	return l, nil
}

// ignores tells whether a key that means no field is carried along.
func (l *layout) ignores(key string) bool {
	if known, ok := l.ignored[key]; ok {
		return known
	}
	i := naming(key, l.rules.ignore, nil)
	if i >= 0 {
		l.rules.ignore[i].used = true
	}
	ignored := i >= 0 || l.rules.ignoreUnknown
	if len(l.ignored) < maxNoted {
		l.ignored[key] = ignored
		if ignored && i < 0 {
			l.unknown = append(l.unknown, key)
		}
	}
	return ignored
}
