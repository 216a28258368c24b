package csvmap

import (
	"cmp"
	"slices"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// Options says how an input is to be read. The zero value is the default.
type Options struct {
	Format    string // "", "auto", "csv" or "jsonl"
	Delimiter string // "", "auto", a delimiter or its name: comma, semicolon, tab, pipe
	Encoding  string // "", "auto" or the name of an encoding

	Columns       []string // names of the columns of a CSV without a header
	Map           []string // COLUMN=FIELD
	Set           []string // FIELD=VALUE, the value in the form of a cell
	Replace       []string // FIELD:FROM=TO, both in the form of a cell; in JSONL, texts
	Lookup        []string // FIELD=FILE, a CSV with the header from,to
	Ignore        []string // names of columns to carry along
	IgnoreUnknown bool

	Empty         string // of a CSV cell: "", "keep" or "clear"
	Null          string // of a JSONL null: "", "error", "keep" or "clear"
	ListSeparator string // between the items of a list cell; "" is |

	TempDir string // for spooled and sorted inputs; "" is os.TempDir
}

// Validate checks what can be known without the input. Its errors are
// *OptionError.
func (o Options) Validate() error {
	_, err := o.compile()
	return err
}

// rules is Options, checked and parsed.
type rules struct {
	format        string // "" is auto
	delimiter     byte   // 0 is auto
	encoding      *charset
	columns       []string
	maps          []mapping
	sets          []constant
	translations  []*translation
	ignore        []mapping // to nowhere
	ignoreUnknown bool
	emptyClears   bool
	null          string
	separator     string
	tempDir       string
}

// mapping is one --map or --ignore.
type mapping struct {
	column string
	target target
	used   bool // an --ignore has named a column or key
}

// constant is one --set.
type constant struct {
	target target
	value  value
}

func (o Options) compile() (*rules, error) {
	r := &rules{columns: o.Columns, ignoreUnknown: o.IgnoreUnknown, separator: o.ListSeparator, tempDir: o.TempDir}
	if r.separator == "" {
		r.separator = "|"
	}
	for _, name := range o.Ignore {
		if namingExactly(name, r.ignore) < 0 {
			r.ignore = append(r.ignore, mapping{column: name})
		}
	}
	empty, err := choice("empty", o.Empty, "keep", "clear")
	r.emptyClears = empty == "clear"
	errs := []error{err, nil, nil, nil, nil}
	r.null, errs[1] = choice("null", o.Null, "error", "keep", "clear")
	r.format, errs[2] = choice("format", o.Format, "auto", "csv", "jsonl")
	r.delimiter, errs[3] = parseDelimiter(o.Delimiter)
	r.encoding, errs[4] = parseEncoding(o.Encoding)
	errs = append(errs, r.parseMaps(o.Map), r.parseTranslations(o.Replace, o.Lookup), r.parseSets(o.Set))
	return r, cmp.Or(errs...) // the first
}

// choice checks a value from a short list; the first is the default.
func choice(flag, text string, values ...string) (string, error) {
	if text == "" {
		return values[0], nil
	}
	if slices.Contains(values, text) {
		return text, nil
	}
	return "", optionErrorf(flag, "%s is not possible; use %s%s", words.Quote(text), strings.Join(values, ", "), words.DidYouMean(text, values))
}

// parseDelimiter returns 0 for auto.
func parseDelimiter(text string) (byte, error) {
	if text == "" || text == "auto" {
		return 0, nil
	}
	for _, d := range delimiters {
		if text == d.name || text == string(rune(d.char)) || text == `\t` && d.char == '\t' {
			return d.char, nil
		}
	}
	return 0, optionErrorf("delimiter", "%s is not possible; use auto, comma, semicolon, tab or pipe%s", words.Quote(text),
		words.DidYouMean(text, []string{"comma", "semicolon", "tab", "pipe"}))
}

func (r *rules) parseMaps(texts []string) error {
	for _, text := range texts {
		i := strings.LastIndexByte(text, '=')
		if i <= 0 || i == len(text)-1 {
			return optionErrorf("map", "%s is not of the form COLUMN=FIELD", words.Quote(text))
		}
		m := mapping{column: strings.TrimSpace(text[:i])}
		var err error
		if m.target, err = flagTarget("map", text[i+1:]); err != nil {
			return err
		}
		if i := namingExactly(m.column, r.maps); i >= 0 {
			return optionErrorf("map", "the column %s is mapped twice, to %s and to %s", words.Quote(m.column), r.maps[i].target, m.target)
		}
		if r.ignores(m.column) {
			return optionErrorf("map", "the column %s is mapped to %s and ignored at the same time", words.Quote(m.column), m.target)
		}
		r.maps = append(r.maps, m)
	}
	return nil
}

func (r *rules) parseSets(texts []string) error {
	for _, text := range texts {
		name, cell, found := strings.Cut(text, "=")
		if !found || name == "" {
			return optionErrorf("set", "%s is not of the form FIELD=VALUE", words.Quote(text))
		}
		t, err := flagTarget("set", name)
		if err != nil {
			return err
		}
		if t.place == toTaskID {
			return optionErrorf("set", "the taskId must come from the input, not from a constant")
		}
		if cell == "" {
			return optionErrorf("set", `%s has an empty value; leave the flag away, or clear the field in every row with --set '%s=""'`, t, t)
		}
		y := typist{separator: r.separator} // its memory belongs to this value
		v, p := y.cell(t, nil, []byte(cell))
		if p != nil {
			return optionErrorf("set", "%s: %s", t, p.Reason)
		}
		for _, other := range r.sets {
			switch u := other.target; {
			case t.same(u):
				return optionErrorf("set", "%s is set twice", t.untyped())
			case t.under(u), u.under(t):
				return optionErrorf("set", "%s and %s exclude each other: one is inside the other", u, t)
			}
		}
		r.sets = append(r.sets, constant{t, v})
	}
	return r.checkMetadataSets()
}

// checkMetadataSets refuses a constant for metadata that has a key which
// another constant gives too.
func (r *rules) checkMetadataSets() error {
	l := &layout{}
	l.addOwn(r)
	var values []value
	for _, own := range l.own {
		values = append(values, *own.constant)
	}
	object := l.ownOf(target{place: toField, field: client.Metadata})
	if l.tree == nil || object < 0 || values[object].state != given {
		return nil
	}
	_, conflict := l.tree.merge(nil, values[object].text, values)
	if conflict == nil {
		return nil
	}
	return optionErrorf("set", "metadata has the key %s, which %s gives too; keep one of them",
		words.Quote(conflict.path), l.own[conflict.column].target)
}

// flagTarget parses the FIELD of --map and --set.
func flagTarget(flag, name string) (target, error) {
	t, ok, problem := parseTarget(strings.TrimSpace(name))
	if problem != "" {
		return target{}, optionErrorf(flag, "%s: %s", words.Quote(name), problem)
	}
	if !ok {
		advice := "; the fields are " + strings.Join(fieldNames(), ", ") + " and metadata.KEY"
		if near := nearestField(name); near != "" {
			advice = "; did you mean " + near + "?"
		}
		return target{}, optionErrorf(flag, "%s is no field%s", words.Quote(name), advice)
	}
	return t, nil
}

// constantFor returns the --set that replaces the target's cells.
func (r *rules) constantFor(t target) *constant {
	for i := range r.sets {
		if r.sets[i].target.same(t) {
			return &r.sets[i]
		}
	}
	return nil
}

// naming returns the index of the flag that names the column or key, -1 if none
// does: one that has its very name, else one that spells it in another way and
// is the very name of no other column.
func naming(name string, flags []mapping, columns []column) int {
	if i := namingExactly(name, flags); i >= 0 {
		return i
	}
	folded := words.Fold(name)
	return slices.IndexFunc(flags, func(m mapping) bool {
		return words.Fold(m.column) == folded && !slices.ContainsFunc(columns, func(c column) bool { return c.name == m.column })
	})
}

func namingExactly(name string, flags []mapping) int {
	return slices.IndexFunc(flags, func(m mapping) bool { return m.column == name })
}

func (r *rules) ignores(name string) bool { return naming(name, r.ignore, nil) >= 0 }
