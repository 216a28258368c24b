package csvmap

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

// nastyText is text as people really have it, and worse. It is never one that
// may be a protected cell: a row without a sum cannot tell.
func nastyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, 12, -1).Filter(func(s string) bool {
			_, protected := record.Unprotect(s)
			return !strings.Contains(s, "\x00") && !protected
		}),
		rapid.SampledFrom([]string{"", `""`, `\""`, `\\""`, "#N/A", `\#N/A`, "#REF!", " ", "\t", "a,b", "a;b|c", `say "hi"`, "a\nb", "a\r\nb", "a\rb",
			"=1+1", "-5", "@x", "ü€🎉", "[", "{", `\`, "'", "\uFEFF", "\u2028", "null", "true", "0012", "1E5"}),
	)
}

func jsonText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{`{}`, `[]`, `""`, ` "" `, `null`, `{"a": 1.50}`, `{"a":{"b":[1,2.0,"x\u00e9\/"]},"c":null}`, `{"k":"\u2028"}`, `1e400`, `"\ud83c\udf89"`,
			`{"a":1,"a":2}`, `{"x":"\u0000"}`, `{`, `[1,`, `{"deep":{"x":1}}`}),
		rapid.Custom(func(t *rapid.T) string {
			quoted := rapid.Custom(func(t *rapid.T) string { return jsonQuote(nastyText().Draw(t, "text")) })
			return "{" + quoted.Draw(t, "name") + " : " + quoted.Draw(t, "value") + "}"
		}),
	)
}

func jsonQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// genColumn is one column of a random input: its name, the flags that it
// needs, and its cells.
type genColumn struct {
	name  string
	cells *rapid.Generator[string]
}

// genColumns draws columns of different targets, some renamed or ignored.
func genColumns(t *rapid.T, opt *Options) []genColumn {
	urls := rapid.SampledFrom([]string{"", "https://a.example", "https://a.example/x?y=1;2 | http://b.example\n", `["https://a.example/|"]`, "[]", "x", " | ", `""`, "[1]"})
	pool := []struct {
		names  []string
		target string
		cells  *rapid.Generator[string]
	}{
		{[]string{"title", "Title", " TIT_LE "}, "title", nastyText()},
		{[]string{"description", "Descrip-tion"}, "description", nastyText()},
		{[]string{"status"}, "status", nastyText()},
		{[]string{"attachmentUrls", "attachment urls"}, "attachmentUrls", urls},
		{[]string{"metadata", "Meta Data"}, "metadata", jsonText()},
		{[]string{"metadata.a", "META-DATA.a"}, "metadata.a", nastyText()},
		{[]string{"metadata.b.c"}, "metadata.b.c", nastyText()},
		{[]string{"metadata.n:number", "metadata.n:Number"}, "metadata.n:number", rapid.SampledFrom([]string{"", "1.50", "-0", "x", " 7 ", `""`, "1E+5"})},
		{[]string{"metadata.ok:boolean"}, "metadata.ok:boolean", rapid.SampledFrom([]string{"", "true", "FALSE", "no", `""`})},
		{[]string{"metadata.b.j:json"}, "metadata.b.j:json", jsonText()},
	}
	columns := []genColumn{{rapid.SampledFrom([]string{"taskId", "ID", "task id"}).Draw(t, "id column"),
		rapid.SampledFrom([]string{"T-1", "T-2", " T-3 ", "T 4", "", "1E5", "#N/A", ".."})}}
	for _, i := range rapid.SliceOfDistinct(rapid.IntRange(0, len(pool)-1), rapid.ID).Draw(t, "fields") {
		p := pool[i]
		name := rapid.SampledFrom(p.names).Draw(t, "name")
		if rapid.IntRange(0, 4).Draw(t, "rename") == 0 {
			name = "col " + itoa(int64(i))
			opt.Map = append(opt.Map, name+"="+p.target)
		}
		columns = append(columns, genColumn{name, p.cells})
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Region", "_row", "_raw", "Priority", "title (ignored)", "a,b"}), 0, 3, rapid.ID).Draw(t, "ignored") {
		opt.Ignore = append(opt.Ignore, name)
		columns = append(columns, genColumn{name, nastyText()})
	}
	for range rapid.IntRange(0, 2).Draw(t, "nameless") {
		opt.IgnoreUnknown = true
		columns = append(columns, genColumn{"", rapid.SampledFrom([]string{"", "", "a,b", " "})})
	}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
	rng.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	return columns
}

// genCSV draws a whole file and the flags to read it with.
func genCSV(t *rapid.T) (text string, opt Options) {
	opt.Empty = rapid.SampledFrom([]string{"", "keep", "clear"}).Draw(t, "empty")
	opt.ListSeparator = rapid.SampledFrom([]string{"", ";", ", "}).Draw(t, "separator")
	opt.Set = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"status=DONE", `priority=""`, "metadata.a=EU", "metadata.deep.x:number=5", `type=\#N/A`, "attachmentUrls=https://s.example"}), 0, 3, rapid.ID).Draw(t, "set")
	columns := genColumns(t, &opt)
	delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter")
	newline := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "newline")
	var b strings.Builder
	if rapid.Bool().Draw(t, "sep line") {
		b.WriteString("sep=" + delimiter + newline)
	} else {
		opt.Delimiter = delimiter
	}
	cell := func(i int, s string) {
		if i > 0 {
			b.WriteString(delimiter)
		}
		if s != "" && (strings.ContainsAny(s, "\"\r\n"+delimiter) || rapid.Bool().Draw(t, "quote")) {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		b.WriteString(s)
	}
	for i, c := range columns {
		cell(i, c.name)
	}
	b.WriteString(newline)
	for range rapid.IntRange(0, 6).Draw(t, "rows") {
		short := rapid.IntRange(0, 9).Draw(t, "short") == 0
		for i, c := range columns {
			if short && i > 0 && i == len(columns)-1 {
				break
			}
			cell(i, c.cells.Draw(t, "cell"))
		}
		b.WriteString(newline)
	}
	text = b.String()
	switch rapid.IntRange(0, 3).Draw(t, "encoding") {
	case 0:
		return "\uFEFF" + text, opt
	case 1:
		return utf16Text(text, rapid.Bool().Draw(t, "big"), true), opt
	}
	return text, opt
}

// TestRerunSendsTheSame: whatever the input and the flags, its results file is
// read back without any flag to the same bodies and the same cells.
func TestRerunSendsTheSame(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		text, opt := genCSV(rt)
		opt.TempDir = dir
		compareRerun(t, rt, dir, "a.csv", text, opt)
	})
}

// TestJSONLRerunSendsTheSame is the same for JSONL.
func TestJSONLRerunSendsTheSame(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		opt := Options{TempDir: dir, IgnoreUnknown: rapid.Bool().Draw(rt, "ignore unknown"), Map: []string{"r=metadata.r"},
			Null: rapid.SampledFrom([]string{"", "keep", "clear"}).Draw(rt, "null"),
			Set:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"status=DONE", "metadata.a=EU", "metadata.deep.x:number=5"}), 0, 3, rapid.ID).Draw(rt, "set")}
		var b strings.Builder
		for range rapid.IntRange(0, 6).Draw(rt, "lines") {
			b.WriteString(`{"taskId":` + jsonQuote(rapid.SampledFrom([]string{"T-1", " T-2", "T 3", "#N/A"}).Draw(rt, "id")))
			for _, key := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"title", "description", "metadata", "attachmentUrls", "r", "other"}), rapid.ID).Draw(rt, "keys") {
				value := rapid.OneOf(jsonText(), rapid.Custom(func(t *rapid.T) string { return jsonQuote(nastyText().Draw(t, "text")) }),
					rapid.Just(`["https://a.example"]`)).Draw(rt, "value")
				b.WriteString("," + jsonQuote(key) + ":" + value)
			}
			b.WriteString("}\n")
		}
		if strings.HasPrefix(b.String(), "[") {
			return
		}
		compareRerun(t, rt, dir, "a.jsonl", b.String(), opt)
	})
}

func compareRerun(t *testing.T, rt *rapid.T, dir, name, text string, opt Options) {
	path := filepath.Join(dir, name)
	read := func(path, text string, opt Options) *loaded {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
		l, err := loadPath(t, path, opt)
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		return l
	}
	first := read(path, text, opt)
	if len(first.rows) == 0 {
		return
	}
	results := resultsText(first)
	if rapid.Bool().Draw(rt, "sorted by a person") {
		results = reversed(first)
	}
	if rapid.Bool().Draw(rt, "for Excel") {
		results = forExcel(t, results)
	}
	second := read(filepath.Join(dir, "a.results.csv"), results, Options{TempDir: dir})
	if !slices.Equal(first.columns, second.columns) || len(first.rows) != len(second.rows) {
		rt.Fatalf("columns %q, then %q\n%s", first.columns, second.columns, results)
	}
	for i, a := range first.rows {
		b := second.rows[i]
		same := a.Number == b.Number && string(a.Body) == string(b.Body) && a.Set == b.Set && a.Cleared == b.Cleared && string(a.Tail) == string(b.Tail)
		if !same || (a.Err == nil) != (b.Err == nil) || a.Err == nil && a.TaskID != b.TaskID || b.Prior.Edited {
			rt.Fatalf("row %d:\n%+v %s %s\n%+v %s %s\n%s", a.Number, a.Err, a.Body, a.Tail, b.Err, b.Body, b.Tail, results)
		}
	}
}

// forExcel is a results file with its cells protected, as Excel opens it.
func forExcel(t *testing.T, results string) string {
	records, invalid, err := readAll(strings.NewReader(results), ',', '\n')
	if invalid || err != nil {
		t.Fatal(invalid, err)
	}
	b := []byte(unicodes[0].bom)
	for _, cells := range records {
		for i, cell := range cells {
			if i >= record.NumHead {
				cell = record.Protect(cell)
			}
			if i > 0 {
				b = append(b, ';')
			}
			b = append(append(append(b, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
		}
		b = append(b, "\r\n"...)
	}
	return string(b)
}

// TestTranslatedByHand: a file is translated as if its cells had been replaced
// by hand before.
func TestTranslatedByHand(t *testing.T) {
	dir := t.TempDir()
	statuses := rapid.SampledFrom([]string{"", "Open", "open", "Done", `""`, `\""`, "#N/A", `\#N/A`, "a|b", " Open", "ü"})
	table := map[string]string{"Open": "PENDING", "Done": `""`, `\""`: `\\""`, "a|b": "http://a", "ü": "=x"}
	var lookup strings.Builder
	lookup.WriteString("from,to\n")
	for from, to := range table {
		fmt.Fprintf(&lookup, "%s,%s\n", csvQuote(from), csvQuote(to))
	}
	if err := os.WriteFile(filepath.Join(dir, "table.csv"), []byte(lookup.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		var before, after strings.Builder
		header := "taskId,status,metadata.k,metadata.j:json,attachmentUrls\n"
		before.WriteString(header)
		after.WriteString(header)
		useLookup := rapid.Bool().Draw(rt, "lookup")
		unknown := map[int]bool{}
		rows := rapid.IntRange(1, 8).Draw(rt, "rows")
		for i := range rows {
			line := func(status, key, item string) string {
				return fmt.Sprintf("T-%d,%s,%s,%s,%s\n", i, csvQuote(status), csvQuote(key), `"{""k"":1}"`, csvQuote("http://x;"+item))
			}
			status, key, item := statuses.Draw(rt, "status"), statuses.Draw(rt, "key"), rapid.SampledFrom([]string{"", "http://y", "a|b"}).Draw(rt, "item")
			translated := func(cell string) string {
				to, known := table[cell]
				if known {
					return to
				}
				if _, meaning := readCell([]byte(cell)); useLookup && meaning == textMeaning {
					unknown[i] = true
				}
				return cell
			}
			before.WriteString(line(status, key, item))
			status, key = translated(status), translated(key)
			if to, known := table[item]; known {
				item = to
			}
			after.WriteString(line(status, key, item))
		}
		opt := Options{TempDir: dir, ListSeparator: ";"}
		byHand := readBoth(rt, t, dir, after.String(), opt)
		if useLookup {
			opt.Lookup = []string{"status=" + filepath.Join(dir, "table.csv"), "metadata.k=" + filepath.Join(dir, "table.csv")}
			opt.Replace = []string{"attachmentUrls:a|b=http://a"}
		} else {
			for from, to := range table {
				opt.Replace = append(opt.Replace, "status:"+from+"="+to, "metadata.k:"+from+"="+to, "attachmentUrls:"+from+"="+to)
			}
		}
		got := readBoth(rt, t, dir, before.String(), opt)
		for i, a := range got.rows {
			b := byHand.rows[i]
			switch {
			case unknown[i]:
				if a.Err == nil {
					rt.Fatalf("row %d has an unknown value:\n%s", a.Number, before.String())
				}
			case string(a.Body) != string(b.Body) || !strings.HasPrefix(string(a.Tail), string(b.Tail)) || (a.Err == nil) != (b.Err == nil):
				rt.Fatalf("row %d: %v %s%s, by hand %v %s%s\n%s", a.Number, a.Err, a.Body, a.Tail, b.Err, b.Body, b.Tail, before.String())
			}
		}
		compareRerun(t, rt, dir, "a.csv", before.String(), opt)
	})
}

func csvQuote(cell string) string { return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"` }

func readBoth(rt *rapid.T, t *testing.T, dir, text string, opt Options) *loaded {
	path := filepath.Join(dir, "b.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		rt.Fatal(err)
	}
	l, err := loadPath(t, path, opt)
	if err != nil {
		rt.Fatalf("%v\n%s", err, text)
	}
	return l
}

// reversed is resultsText from its last row to its first.
func reversed(l *loaded) string {
	turned := *l
	turned.rows = slices.Clone(l.rows)
	slices.Reverse(turned.rows)
	return resultsText(&turned)
}
