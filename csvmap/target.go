package csvmap

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// place is where the value of a column goes.
type place uint8

const (
	nowhere place = iota // carried along
	toTaskID
	toField
	toKey   // one key of metadata
	unnamed // no name in the header: must stay empty
	ours    // one of a results file's own columns, _raw or _ignored
)

// keyType is the type of the value of one metadata key.
type keyType uint8

const (
	textKey keyType = iota
	numberKey
	booleanKey
	jsonKey
)

var keyTypeNames = [...]string{textKey: "", numberKey: "number", booleanKey: "boolean", jsonKey: "json"}

// target is what a column stands for.
type target struct {
	key   string // of toKey: the path, joined by dots
	place place
	field client.Field // of toField
	typ   keyType      // of toKey
}

// String is the target's name in a results file and on the command line.
func (t target) String() string {
	switch t.place {
	case toTaskID:
		return taskIDName
	case toField:
		return t.field.String()
	case toKey:
		name := client.Metadata.String() + "." + t.key
		if t.typ != textKey {
			name += ":" + keyTypeNames[t.typ]
		}
		return name
	case ours:
		return "results"
	default:
		return "ignored"
	}
}

// same tells whether two targets take the same value of the body; the type of
// a key does not matter.
func (t target) same(u target) bool {
	return t.untyped() == u.untyped()
}

// untyped is the target as a key's path, whatever the type of its value.
func (t target) untyped() target {
	t.typ = textKey
	return t
}

// under tells whether t is a key inside the value of the key u.
func (t target) under(u target) bool {
	return t.place == toKey && u.place == toKey && strings.HasPrefix(t.key, u.key+".")
}

// isJSON tells whether the target's cells hold JSON in a results file.
func (t target) isJSON() bool {
	return t.kind() != client.Text || t.place == toKey && t.typ != textKey
}

// kind is the kind of the field; that of all other targets is text.
func (t target) kind() client.Kind {
	if t.place != toField {
		return client.Text
	}
	return t.field.Kind()
}

// ignoredSuffix marks a column of a results file that is never a field.
const ignoredSuffix = " (ignored)"

// parseTarget finds the field that a name means; ok is false if it means none.
// problem says what is wrong with a name that clearly means a metadata key.
func parseTarget(name string) (t target, ok bool, problem string) {
	if strings.HasSuffix(name, ignoredSuffix) {
		return target{}, false, ""
	}
	if head, key, dotted := strings.Cut(name, "."); dotted && words.Fold(head) == client.Metadata.String() {
		return parseKey(key)
	}
	folded := words.Fold(name)
	if folded == words.Fold(taskIDName) || folded == taskIDAlias {
		return target{place: toTaskID}, true, ""
	}
	for f := range client.Field(client.NumFields) {
		if folded == words.Fold(f.String()) {
			return target{place: toField, field: f}, true, ""
		}
	}
	return target{}, false, ""
}

// parseExactTarget is parseTarget for results files, which only know the exact
// names.
func parseExactTarget(name string) (target, bool) {
	t, ok, _ := parseTarget(name)
	return t, ok && t.String() == name
}

// maxNesting is the most levels of a metadata key with dots.
const maxNesting = 100

// parseKey parses what follows "metadata." in a name.
func parseKey(key string) (t target, ok bool, problem string) {
	t = target{place: toKey, key: key}
	if i := strings.LastIndexByte(key, ':'); i >= 0 {
		typ := slices.Index(keyTypeNames[:], words.Fold(key[i+1:]))
		if typ <= 0 {
			return target{}, false, fmt.Sprintf("%s is no type of a metadata key; the types are :number, :boolean and :json, a plain name is text", words.Quote(key[i+1:]))
		}
		t.key, t.typ = key[:i], keyType(typ)
	}
	if strings.Count(t.key, ".") >= maxNesting {
		return target{}, false, fmt.Sprintf("the metadata key nests more than %d levels", maxNesting)
	}
	for part := range strings.SplitSeq(t.key, ".") {
		if strings.TrimSpace(part) == "" {
			return target{}, false, "the metadata key is empty"
		}
	}
	if strings.ContainsRune(t.key, 0) {
		return target{}, false, "the metadata key holds a NUL"
	}
	return t, true, ""
}

// FieldInfo describes one column that an input can have.
type FieldInfo struct {
	Name        string   // as in the API's JSON, and in results files
	Type        string   // what its cells hold
	Aliases     []string // other names that a CSV header may use
	Example     string   // a CSV cell
	ExampleJSON string   // the same as a JSON value
	Description string
}

// kindNames says what the cells of a field hold.
var kindNames = [...]string{client.Text: "text", client.List: "list of URLs", client.Object: "JSON object"}

// Fields is the table of all columns: taskId first, then the fields of the
// body in the API's order, then the form of a column for one metadata key.
func Fields() []FieldInfo {
	list := []FieldInfo{{taskIDName, "task id", []string{taskIDAlias}, "TASK-1001", `"TASK-1001"`,
		"the task to update: 1 to 128 of A-Z a-z 0-9 . _ ~ -"}}
	for f := range client.Field(client.NumFields) {
		info := f.Info()
		list = append(list, FieldInfo{info.Name, kindNames[info.Kind], nil, exampleCell(info), info.Example, info.Description})
	}
	return append(list, FieldInfo{"metadata.KEY", "text", nil, "EU", `"EU"`,
		"CSV only: one key of metadata; dots nest; metadata.KEY:number, :boolean and :json give the other types"})
}

// exampleCell is a field's example as a CSV cell.
func exampleCell(f *client.FieldInfo) string {
	switch f.Kind {
	case client.Text:
		return strings.Trim(f.Example, `"`)
	case client.List:
		return strings.ReplaceAll(strings.Trim(f.Example, `["]`), `","`, "|")
	}
	return f.Example
}

// taskIDName and its alias are the only names of columns that are not fields
// of the body.
const (
	taskIDName  = "taskId"
	taskIDAlias = "id"
)

// fieldNames is every name that a column can have, for suggestions.
func fieldNames() []string {
	names := []string{taskIDName}
	for f := range client.Field(client.NumFields) {
		names = append(names, f.String())
	}
	return names
}

// WriteTemplate writes a file to begin with, in the format csv or jsonl: all
// fields, and one row of examples. It is a valid input.
func WriteTemplate(w io.Writer, format string) error {
	var names, cells, members []string
	for _, f := range Fields()[:1+client.NumFields] {
		names = append(names, f.Name)
		cells = append(cells, string(record.AppendCSV(nil, f.Example)))
		members = append(members, fmt.Sprintf("%q:%s", f.Name, f.ExampleJSON))
	}
	var err error
	switch format {
	case formatCSV:
		_, err = fmt.Fprintf(w, "%s\n%s\n", strings.Join(names, ","), strings.Join(cells, ","))
	case formatJSONL:
		_, err = fmt.Fprintf(w, "{%s}\n", strings.Join(members, ","))
	default:
		err = fmt.Errorf("write template: no format %q", format)
	}
	return err
}
