package csvmap

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"taskbatch/csvmap/words"
)

// translation is what --replace and --lookup say of the cells of one target. A
// nil translation leaves all as it is.
type translation struct {
	target  target
	replace map[string][]byte
	path    string  // of the lookup file; "" is none
	table   *lookup // read by Open
}

// parseTranslations reads --replace FIELD:FROM=TO and --lookup FIELD=FILE.
func (r *rules) parseTranslations(replace, lookups []string) error {
	for _, text := range replace {
		name, change, found := strings.Cut(text, ":")
		from, to, changes := strings.Cut(change, "=")
		if !found || !changes || name == "" {
			return optionErrorf("replace", "%s is not of the form FIELD:FROM=TO", words.Quote(text))
		}
		if to == "" {
			return optionErrorf("replace", `%s replaces by nothing; to clear the field write %s`, words.Quote(text), words.Shell(text+`""`))
		}
		tr, err := r.translationOf("replace", name)
		if err != nil {
			return err
		}
		if other, known := tr.replace[from]; known {
			return optionErrorf("replace", "%s is replaced twice in %s, by %s and by %s", words.Quote(from), tr.target, words.Quote(string(other)), words.Quote(to))
		}
		tr.replace[from] = []byte(to)
	}
	for _, text := range lookups {
		name, path, found := strings.Cut(text, "=")
		if !found || name == "" || path == "" {
			return optionErrorf("lookup", "%s is not of the form FIELD=FILE", words.Quote(text))
		}
		tr, err := r.translationOf("lookup", name)
		if err != nil {
			return err
		}
		if tr.path != "" {
			return optionErrorf("lookup", "%s has two files, %s and %s", tr.target, words.Quote(tr.path), words.Quote(path))
		}
		tr.path = path
	}
	return nil
}

// translationOf returns the translation of the field of that name.
func (r *rules) translationOf(flag, name string) (*translation, error) {
	t, err := flagTarget(flag, name)
	if err != nil {
		return nil, err
	}
	if tr := r.translating(t); tr != nil {
		return tr, nil
	}
	tr := &translation{target: t.untyped(), replace: map[string][]byte{}}
	r.translations = append(r.translations, tr)
	return tr, nil
}

// translating returns the translation of a target's cells, nil if there is
// none.
func (r *rules) translating(t target) *translation {
	i := slices.IndexFunc(r.translations, func(tr *translation) bool { return tr.target.same(t) })
	if i < 0 {
		return nil
	}
	return r.translations[i]
}

// openLookups reads the lookup files.
func (r *rules) openLookups() (err error) {
	for _, tr := range r.translations {
		if tr.path != "" && err == nil {
			tr.table, err = openLookup(tr.path, r)
		}
	}
	return err
}

// text translates a text. An empty one that is not translated stays empty.
func (tr *translation) text(text []byte) ([]byte, *RowError) {
	if tr == nil {
		return text, nil
	}
	if to, known := tr.replace[string(text)]; known {
		text = to
	}
	if tr.table == nil {
		return text, nil
	}
	to, known := tr.table.find(text)
	switch {
	case known:
		return to, nil
	case len(text) == 0:
		return nil, nil
	}
	return nil, tr.table.unknown(string(text))
}

// cell translates a CSV cell. A clearing mark or a spreadsheet's error that is
// not translated stays what it is.
func (tr *translation) cell(cell []byte) ([]byte, *RowError) {
	to, p := tr.text(cell)
	if p == nil {
		return to, nil
	}
	if _, meaning := readCell(cell); meaning != textMeaning {
		return cell, nil
	}
	return nil, p
}

// lookup is a file that says what the values of a field become. An entry costs
// 16 to 24 bytes beside its two texts.
type lookup struct {
	path  string
	seed  maphash.Seed
	text  []byte   // from and to of each entry, one behind the other
	ends  []uint32 // where they end in text
	slots []uint32 // a hash table of the entries by their from, counted from 1; a power of two

	reasons map[string]string // why the values that were not found are not known
	effort  int               // entries that may still be compared for suggestions
}

const (
	lookupText   = 1 << 30 // most bytes of a lookup file's texts
	lookupEffort = 4_000_000
	lookupGroups = 100 // values that are not known and are told one by one
)

// openLookup reads a CSV with the header from,to in any of the dialects that
// an input can have.
func openLookup(path string, r *rules) (*lookup, error) {
	l, err := readLookup(path, &rules{format: formatCSV, tempDir: r.tempDir})
	if invalid := (*InputError)(nil); r.encoding != nil && errors.As(err, &invalid) {
		l, err = readLookup(path, &rules{format: formatCSV, tempDir: r.tempDir, encoding: r.encoding})
	}
	return l, err
}

func readLookup(path string, r *rules) (*lookup, error) {
	if path == "-" {
		return nil, optionErrorf("lookup", "a lookup file cannot be standard input")
	}
	src, err := openSource(path, nil, r.tempDir)
	if err != nil {
		return nil, optionErrorf("lookup", "%v", err)
	}
	defer src.close()
	in := &Input{path: path, source: src, rules: r}
	l := newLookup(path)
	return l, in.named(in.readHeader(l.read))
}

func newLookup(path string) *lookup {
	return &lookup{path: path, seed: maphash.MakeSeed(), slots: make([]uint32, 16), reasons: map[string]string{}, effort: lookupEffort}
}

// read reads the entries.
func (l *lookup) read(c *csvReader) error {
	header, err := c.next()
	if err == io.EOF {
		return &InputError{Msg: "the lookup file is empty; it needs the header from,to"}
	}
	if err != nil {
		return err
	}
	name := func(want string) int {
		return slices.IndexFunc(header.texts(), func(cell string) bool { return words.Fold(strings.TrimPrefix(cell, "\uFEFF")) == want })
	}
	from, to, width := name("from"), name("to"), len(header.cells)
	if header.err != nil || from < 0 || to < 0 {
		return &InputError{Line: header.line, Msg: "a lookup file needs the header from,to"}
	}
	c.width = width
	for {
		rec, err := c.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case rec.err != nil:
			return &InputError{Line: rec.err.Line, Msg: rec.err.Reason}
		case rec.count != width:
			return &InputError{Line: rec.line, Msg: fmt.Sprintf("the row has %s, the header %d", words.Plural(rec.count, "cell"), width)}
		case len(rec.cells[to]) == 0:
			return &InputError{Line: rec.line, Msg: fmt.Sprintf("%s has an empty to; to clear the field write a cell of two quote characters, in the file \"\"\"\"\"\"", words.Quote(string(rec.cells[from])))}
		}
		if err := l.add(rec.cells[from], rec.cells[to]); err != nil {
			err.Line = rec.line
			return err
		}
	}
}

// add adds an entry.
func (l *lookup) add(from, to []byte) *InputError {
	if other, known := l.find(from); known {
		if !bytes.Equal(other, to) {
			return &InputError{Msg: fmt.Sprintf("%s stands here a second time, with another to: %s and %s", words.Quote(string(from)), words.Quote(string(other)), words.Quote(string(to)))}
		}
		return nil
	}
	if len(l.text)+len(from)+len(to) > lookupText {
		return &InputError{Msg: fmt.Sprintf("the lookup file is too large; at most %d MiB of text are possible", lookupText>>20)}
	}
	for _, text := range [...][]byte{from, to} {
		l.text = append(l.text, text...)
		l.ends = append(l.ends, uint32(len(l.text)))
	}
	if n := l.entries(); n > len(l.slots)/2 {
		l.slots = make([]uint32, 2*len(l.slots))
		for i := range n {
			l.place(i)
		}
	} else {
		l.place(n - 1)
	}
	return nil
}

func (l *lookup) entries() int { return len(l.ends) / 2 }

// place puts an entry into the hash table.
func (l *lookup) place(i int) {
	slot := l.slot(l.cell(2 * i))
	for l.slots[slot] != 0 {
		slot = l.after(slot)
	}
	l.slots[slot] = uint32(i + 1)
}

func (l *lookup) slot(from []byte) int { return int(maphash.Bytes(l.seed, from)) & (len(l.slots) - 1) }

func (l *lookup) after(slot int) int { return (slot + 1) & (len(l.slots) - 1) }

// cell returns the from of entry i at 2i, its to at 2i+1.
func (l *lookup) cell(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = l.ends[i-1]
	}
	return l.text[start:l.ends[i]:l.ends[i]]
}

// find returns what a value becomes.
func (l *lookup) find(from []byte) (to []byte, known bool) {
	for slot := l.slot(from); l.slots[slot] != 0; slot = l.after(slot) {
		if i := int(l.slots[slot]) - 1; bytes.Equal(l.cell(2*i), from) {
			return l.cell(2*i + 1), true
		}
	}
	return nil, false
}

// unknown is why a value that is not in the file makes its row invalid. The
// first values are told one by one, so that their rows are counted by value.
func (l *lookup) unknown(value string) *RowError {
	reason := fmt.Sprintf("%s is not in %s", words.Quote(value), l.path)
	kind, told := l.reasons[value]
	switch {
	case told:
		reason = kind
	case len(l.reasons) < lookupGroups:
		if near := l.nearest(value); near != "" {
			reason += fmt.Sprintf("; did you mean %s?", words.Quote(near))
		}
		kind, l.reasons[value] = reason, reason
	default:
		kind = "not in " + l.path
	}
	return &RowError{Kind: kind, Value: words.Shorten(value, 100), Reason: reason, untranslated: true}
}

// nearest is the from that a value was probably meant to be. Only so many
// entries are compared in all.
func (l *lookup) nearest(value string) string {
	const longer = 8 // more than what words.Nearest takes for near, with blanks
	if l.effort -= l.entries(); l.effort < 0 {
		return ""
	}
	var near []string
	for i := range l.entries() {
		if from := l.cell(2 * i); max(len(from)-len(value), len(value)-len(from)) <= longer {
			near = append(near, string(from))
		}
		if len(near) == 1000 {
			near = append(near[:0], words.Nearest(value, near))
		}
	}
	return words.Nearest(value, near)
}
