package csvmap

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

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
		if tr.path == "" {
			continue
		}
		if tr.table, err = openLookup(tr.path, r); err != nil {
			return err
		}
	}
	return nil
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
