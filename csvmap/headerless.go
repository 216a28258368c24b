package csvmap

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// explain says what a first record is of which no cell names a field: the cells
// of a header run together, text above the header, or a row. It returns nil if
// it is just a header of unknown names. c stands behind the record.
func (in *Input) explain(cells []string, raw string, line int64, c *csvReader) error {
	if in.knows(cells) {
		return nil
	}
	if strings.HasPrefix(raw, `"`) {
		if in.headerDelimiter(cells[0]) != 0 {
			return mergedCells(line)
		}
	}
	if delimiter := in.headerDelimiter(raw); delimiter != 0 && delimiter != c.delimiter {
		return &InputError{Line: line, Msg: fmt.Sprintf("the header is not separated by %s but by %s", delimiterName(c.delimiter), delimiterName(delimiter)),
			Hints: []string{"--delimiter " + delimiterName(delimiter)}}
	}
	const below = 10
	var second []string
	for i := range below {
		rec, err := c.next()
		if err != nil {
			break
		}
		if i == 0 {
			second = rec.texts()
		}
		if in.headerDelimiter(string(rec.raw)) != 0 {
			return &InputError{Line: line, Msg: fmt.Sprintf("%s is no header; the header stands in line %d", words.Quote(raw), rec.line),
				Hints: []string{fmt.Sprintf("delete what stands above it: tail -n +%d %s", rec.line, words.Shell(in.path))}}
		}
	}
	if names, ignored := guessColumns(cells, second); names != nil {
		return &InputError{Line: line, Msg: fmt.Sprintf("the file has no header; its first line looks like a row: %s", words.Quote(raw)),
			FlagsDo: "name its columns", Flags: append([]string{"--columns", strings.Join(names, ",")}, ignored...)}
	}
	return nil
}

// isMerged tells whether all cells of a record seem to stand in the first one.
func (rec *entry) isMerged(width int, delimiter byte) bool {
	return rec.count == 1 && width > 1 && rec.err == nil && bytes.IndexByte(rec.cells[0], delimiter) >= 0
}

// mergedCells is about a file whose rows a spreadsheet took for one cell each.
func mergedCells(line int64) *InputError {
	return &InputError{Line: line, Msg: "all of the row stands in one cell: a spreadsheet has opened the file with another delimiter and saved it so",
		Hints: []string{"take the file as it was before; a spreadsheet opens it by its import, with the right delimiter, or by a double click when it was written with --excel"}}
}

// knows tells whether one of the names is known, be it by a flag.
func (in *Input) knows(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF"))
		_, ok, problem := parseTarget(name)
		return ok || problem != "" || isReserved(name) || name != "" && in.rules.ignores(name) || naming(name, in.rules.maps, nil) >= 0
	})
}

// headerDelimiter is the delimiter by which a text is a header with a task id, 0
// if it is none.
func (in *Input) headerDelimiter(text string) byte {
	isTaskID := func(name string) bool {
		t, _, _ := parseTarget(name)
		i := naming(name, in.rules.maps, nil)
		return t.place == toTaskID || i >= 0 && in.rules.maps[i].target.place == toTaskID
	}
	for _, d := range delimiters {
		names := strings.Split(text, string(rune(d.char)))
		for i := range names {
			names[i] = strings.Trim(names[i], "\" \r")
		}
		if len(names) > 1 && (isResultsHeader(names) || slices.ContainsFunc(names, isTaskID)) {
			return d.char
		}
	}
	return 0
}

// guessColumns names the columns of a file without a header by what its first
// two rows hold, and says which flags carry the others along; nil if the first
// one does not look like a row.
func guessColumns(first, second []string) (names, flags []string) {
	taken := map[string]bool{}
	data := false
	for i, cell := range first {
		name := guessColumn(cell, taken)
		if name == "" && i < len(second) && cell == "" {
			name = guessColumn(second[i], taken)
		}
		if name == "" {
			name = fmt.Sprintf("column%d", i+1)
			flags = append(flags, "--ignore", name)
		} else {
			data = data || name != client.Title.String() && name != client.Description.String()
		}
		taken[name] = true
		names = append(names, name)
	}
	if !data || !taken[taskIDName] || len(first) != len(second) && second != nil {
		return nil, nil
	}
	return names, flags
}

// guessColumn is the field that a cell looks like a value of, "" if it looks
// like none.
func guessColumn(cell string, taken map[string]bool) string {
	for f := range client.Field(client.NumFields) {
		if slices.Contains(f.Info().Values, cell) && !taken[f.String()] {
			return f.String()
		}
	}
	_, p := readTaskID([]byte(cell))
	blanks := strings.Contains(strings.TrimSpace(cell), " ")
	var name string
	switch {
	case strings.HasPrefix(cell, "http://"), strings.HasPrefix(cell, "https://"):
		name = client.AttachmentURLs.String()
	case strings.HasPrefix(cell, "{"):
		name = client.Metadata.String()
	case p == nil && strings.ContainsAny(cell, "0123456789") && !spreadsheetDate.MatchString(cell):
		name = taskIDName
	case blanks && !taken[client.Title.String()]:
		name = client.Title.String()
	case blanks:
		name = client.Description.String()
	}
	if taken[name] {
		return ""
	}
	return name
}

// unknownAdvice says which flags make a column or key known.
func unknownAdvice(name string) string {
	ignore := "--ignore " + words.Shell(name)
	if strings.TrimSpace(name) == "" { // cannot be mapped
		return fmt.Sprintf("; %s carries it along unsent", ignore)
	}
	meant := meantTarget(name)
	if meant != "" && meant != name {
		return fmt.Sprintf("; did you mean %s? --map %s sends it as that, %s carries it along unsent", meant, words.Shell(name+"="+meant), ignore)
	}
	meant = cmp.Or(meant, client.Metadata.String()+"."+keyFor(name))
	return fmt.Sprintf("; %s carries it along unsent, --map %s sends it", ignore, words.Shell(name+"="+meant))
}

// meantTarget returns the field or metadata key that a name was probably meant
// to be, "" if none is near. A JSONL key may be what only a CSV header can say.
func meantTarget(name string) string {
	head, key, dotted := strings.Cut(name, ".")
	if dotted && words.Nearest(head, []string{client.Metadata.String()}) != "" {
		name = client.Metadata.String() + "." + key
		if strings.Contains(key, "=") { // --map would split it there
			return ""
		}
	}
	t, ok, problem := parseTarget(name)
	switch {
	case ok:
		return t.String()
	case problem != "":
		return ""
	default:
		return nearestField(name)
	}
}

// nearestField is the field that a name was probably meant to be: the nearest
// one, or else the only one that begins so.
func nearestField(name string) string {
	const enough = 3 // characters
	if near := words.Nearest(name, fieldNames()); near != "" {
		return near
	}
	folded := words.Fold(name)
	begin := slices.DeleteFunc(fieldNames(), func(field string) bool { return !strings.HasPrefix(words.Fold(field), folded) })
	if len(folded) >= enough && len(begin) == 1 {
		return begin[0]
	}
	return ""
}

// proposals are flags under which a header can be read: what its names were
// probably meant to be, the others ignored.
func proposals(columns []column, r *rules) []string {
	const listed = 20
	var maps, ignores []string
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c.target.untyped().String()] = c.target.sent() || taken[c.target.untyped().String()]
	}
	taskID := ""
	if !taken[taskIDName] {
		taskID = guessTaskID(columns, r)
	}
	for _, c := range columns {
		if c.name == "" || c.target.place != nowhere || c.note != "" {
			continue
		}
		meant := meantTarget(c.name)
		if c.name == taskID {
			meant = taskIDName
		}
		if meant == "" || taken[meant] {
			ignores = append(ignores, "--ignore", c.name)
			continue
		}
		taken[meant] = true
		maps = append(maps, "--map", c.name+"="+meant)
	}
	if len(ignores) > 2*listed {
		ignores = []string{"--ignore-unknown"}
	}
	return append(maps, ignores...)
}

// keyFor makes a metadata key of a column's name.
func keyFor(name string) string {
	return strings.NewReplacer(ignoredSuffix, "", ".", "_", ":", "_", "=", "_").Replace(name)
}
