package csvmap

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTranslations: what becomes of cells and of JSONL strings.
func TestTranslations(t *testing.T) {
	statuses := write(t, "statuses.csv", "from,to\nOpen,PENDING\nDone,COMPLETED\nGone,\"\"\"\"\"\"\nx y,A\n")
	tasks := write(t, "tasks.csv", "to;from\r\nT-1;alpha\r\nT-2;beta\r\n")
	tests := []struct {
		name, file, text string
		opt              Options
		want             string
	}{
		{"replace", "a.csv", "taskId,status\nT,Open\n", Options{Replace: []string{"status:Open=PENDING", "status:PENDING=no"}}, `T {"status":"PENDING"}`},
		{"replace, not exactly", "a.csv", "taskId,status\nT,open\n", Options{Replace: []string{"Status:Open=PENDING"}}, `T {"status":"open"}`},
		{"replace an empty cell", "a.csv", "taskId,status\nT,\n", Options{Replace: []string{"status:=PENDING"}}, `T {"status":"PENDING"}`},
		{"replace an escaped cell", "a.csv", "taskId,status\nT,\\#N/A\n", Options{Replace: []string{`status:\#N/A=PENDING`}}, `T {"status":"PENDING"}`},
		{"replace an error", "a.csv", "taskId,status\nT,#N/A\n", Options{Replace: []string{`status:#N/A=\#N/A`}}, `T {"status":"#N/A"}`},
		{"replace by a clearing mark", "a.csv", "taskId,status\nT,-\n", Options{Replace: []string{`status:-=""`}}, `T {"status":""}`},
		{"lookup", "a.csv", "taskId,status,title\nT,Open,Open\n", Options{Lookup: []string{"status=" + statuses}}, `T {"title":"Open","status":"PENDING"}`},
		{"lookup, an empty cell", "a.csv", "taskId,status\nT,\n", Options{Lookup: []string{"status=" + statuses}}, `T {}`},
		{"lookup, a mark", "a.csv", "taskId,status\nT,\"\"\"\"\"\"\n", Options{Lookup: []string{"status=" + statuses}}, `T {"status":""}`},
		{"lookup, an error", "a.csv", "taskId,status\nT,#N/A\n", Options{Lookup: []string{"status=" + statuses}}, `T spreadsheet error`},
		{"lookup to a mark", "a.csv", "taskId,status\nT,Gone\n", Options{Lookup: []string{"status=" + statuses}}, `T {"status":""}`},
		{"replace first", "a.csv", "taskId,status\nT,o\n", Options{Replace: []string{"status:o=Open"}, Lookup: []string{"status=" + statuses}}, `T {"status":"PENDING"}`},
		{"unknown", "a.csv", "taskId,status\nT,Opne\n", Options{Lookup: []string{"status=" + statuses}}, `T "Opne" is not in ` + statuses + `; did you mean "Open"?`},
		{"unknown, nothing near", "a.csv", "taskId,status\nT,Zzzzzz\n", Options{Lookup: []string{"status=" + statuses}}, `T "Zzzzzz" is not in ` + statuses},
		{"taskId", "a.csv", "id,title\nalpha,x\n", Options{Lookup: []string{"taskId=" + tasks}}, `T-1 {"title":"x"}`},
		{"unknown taskId", "a.csv", "id,title\ngamma,x\n", Options{Lookup: []string{"taskId=" + tasks}}, ` "gamma" is not in ` + tasks},
		{"taskId of a row with too few cells", "a.csv", "id,title\nbeta\n", Options{Lookup: []string{"taskId=" + tasks}}, `T-2 too few cells`},
		{"key", "a.csv", "taskId,metadata.r:number\nT,one\n", Options{Replace: []string{"metadata.r:one=1"}}, `T {"metadata":{"r":1}}`},
		{"key in an object", "a.csv", "taskId,metadata\nT,\"{\"\"r\"\":{\"\"s\"\":\"\"one\"\",\"\"t\"\":\"\"one\"\"},\"\"s\"\":\"\"one\"\"}\"\n", Options{Replace: []string{"metadata.r.s:one=\"1\""}}, `T {"metadata":{"r":{"s":"\"1\"","t":"one"},"s":"one"}}`},
		{"object", "a.csv", "taskId,metadata\nT,none\n", Options{Replace: []string{"metadata:none={}"}}, `T {"metadata":{}}`},
		{"list", "a.csv", "taskId,attachmentUrls\nT, a | b |http://c\n", Options{Replace: []string{"attachmentUrls:a=http://a", "attachmentUrls:b=http://b"}}, `T {"attachmentUrls":["http://a","http://b","http://c"]}`},
		{"list as JSON", "a.csv", "taskId,attachmentUrls\nT,\"[\"\"a\"\"]\"\n", Options{Replace: []string{"attachmentUrls:a=http://a"}}, `T {"attachmentUrls":["http://a"]}`},
		{"unknown item", "a.csv", "taskId,attachmentUrls\nT,Open|Opne\n", Options{Lookup: []string{"attachmentUrls=" + statuses}}, `T "Opne" is not in ` + statuses + `; did you mean "Open"?`},
		{"constant", "a.csv", "taskId,title\nT,x\n", Options{Set: []string{"status=Open"}, Lookup: []string{"status=" + statuses}}, `T {"title":"x","status":"Open"}`},
		{"mapped column", "a.csv", "taskId,State\nT,Done\n", Options{Map: []string{"State=status"}, Lookup: []string{"status=" + statuses}}, `T {"status":"COMPLETED"}`},
		{"JSONL", "a.jsonl", `{"taskId":"alpha","status":"Open","attachmentUrls":["a"],"metadata":{"r":"one","n":1}}`,
			Options{Lookup: []string{"taskId=" + tasks, "status=" + statuses}, Replace: []string{"attachmentUrls:a=http://a", "metadata.r:one=two"}},
			`T-1 {"status":"PENDING","attachmentUrls":["http://a"],"metadata":{"r":"two","n":1}}`},
		{"JSONL texts have no marks", "a.jsonl", `{"taskId":"T","status":"Gone"}`, Options{Lookup: []string{"status=" + statuses}}, `T {"status":"\"\""}`},
		{"JSONL, empty and null", "a.jsonl", `{"taskId":"T","status":"","title":null}`, Options{Null: "keep", Lookup: []string{"status=" + statuses, "title=" + statuses}}, `T {"status":""}`},
		{"JSONL, unknown", "a.jsonl", `{"taskId":"T","status":"Opne"}`, Options{Lookup: []string{"status=" + statuses}}, `T "Opne" is not in ` + statuses + `; did you mean "Open"?`},
		{"JSONL, mapped key", "a.jsonl", `{"taskId":"T","r":"one","s":"one"}`, Options{Map: []string{"r=metadata.r", "s=metadata.s"}, Replace: []string{"metadata.r:one=two"}}, `T {"metadata":{"r":"two","s":"one"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, test.file, test.text+"\n", test.opt)
			row := l.rows[0]
			got := row.TaskID + " " + string(row.Body)
			if row.Err != nil {
				got = row.TaskID + " " + row.Err.Kind
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestUntranslatedStaysInvalid: a rerun, which translates nothing, must not
// send a value that was in no lookup file.
func TestUntranslatedStaysInvalid(t *testing.T) {
	table := write(t, "s.csv", "from,to\nOpen,PENDING\n")
	for file, text := range map[string]string{
		"a.csv":   "taskId,status,attachmentUrls,metadata\nT,Opne,,\nU,,Opne,\nV,,,\"{\"\"k\"\":\"\"Opne\"\"}\"\n",
		"a.jsonl": `{"taskId":"T","status":"Opne"}` + "\n" + `{"taskId":"U","attachmentUrls":["Opne"]}` + "\n" + `{"taskId":"V","metadata":{"k":"Opne"}}` + "\n",
	} {
		first := must(t, file, text, Options{Lookup: []string{"status=" + table, "attachmentUrls=" + table, "metadata.k=" + table}})
		second := must(t, "a.results.csv", resultsText(first), Options{})
		for i, row := range second.rows {
			if first.rows[i].Err == nil || row.Err == nil || !row.Prior.Raw {
				t.Errorf("%s, row %d: %v, then %v", file, row.Number, first.rows[i].Err, row.Err)
			}
		}
	}
}

// TestUnknownValuesAreGrouped: by value, up to a bound.
func TestUnknownValuesAreGrouped(t *testing.T) {
	table := write(t, "s.csv", "from,to\nOpen,PENDING\n")
	var b strings.Builder
	b.WriteString("taskId,status\n")
	for i := range 3 * lookupGroups {
		fmt.Fprintf(&b, "T,v%d\nT,v%d\n", i, i%2)
	}
	kinds := map[string]int{}
	for _, row := range must(t, "a.csv", b.String(), Options{Lookup: []string{"status=" + table}}).rows {
		kinds[row.Err.Kind]++
	}
	if n := len(kinds); n != lookupGroups+1 || kinds[`"v1" is not in `+table] != 3*lookupGroups/2+1 || kinds["not in "+table] != 2*lookupGroups {
		t.Errorf("%d kinds: %v", n, kinds)
	}
}

func TestTranslationsRefused(t *testing.T) {
	file := func(text string) []string { return []string{"status=" + write(t, "s.csv", text)} }
	for name, test := range map[string]struct {
		opt  Options
		line int64
		want string
	}{
		"no change":          {Options{Replace: []string{"status:Open"}}, 0, "--replace: \"status:Open\" is not of the form FIELD:FROM=TO"},
		"no field":           {Options{Replace: []string{"stat:a=b"}}, 0, "--replace: \"stat\" is no field"},
		"empty TO":           {Options{Replace: []string{"status:a="}}, 0, `to clear the field write 'status:a=""'`},
		"replaced twice":     {Options{Replace: []string{"status:a=b", "Status:a=c"}}, 0, "replaced twice"},
		"no file":            {Options{Lookup: []string{"status"}}, 0, "--lookup: \"status\" is not of the form FIELD=FILE"},
		"two files":          {Options{Lookup: []string{"status=a", "status=b"}}, 0, "status has two files"},
		"missing file":       {Options{Lookup: []string{"status=" + filepath.Join(t.TempDir(), "no.csv")}}, 0, "--lookup: open "},
		"stdin":              {Options{Lookup: []string{"status=-"}}, 0, "cannot be standard input"},
		"empty file":         {Options{Lookup: file("")}, 0, "needs the header from,to"},
		"no header":          {Options{Lookup: file("Open,PENDING\n")}, 1, "needs the header from,to"},
		"two to":             {Options{Lookup: file("from,to\na,b\n\na,c\n")}, 4, `"a" stands here a second time, with another to: "b" and "c"`},
		"empty to":           {Options{Lookup: file("from,to\nb,c\na,\n")}, 3, `"a" has an empty to`},
		"too few cells":      {Options{Lookup: file("from,to\na\n")}, 2, "the row has 1 cell, the header 2"},
		"open quote":         {Options{Lookup: file("from,to\n\"a,b\n")}, 2, "never closed"},
		"not in the charset": {Options{Lookup: file("from,to\na,\xfc\n")}, 2, "not valid utf-8"},
	} {
		_, err := load(t, "a.csv", "taskId,status\nT,a\n", test.opt)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var input *InputError
		if errors.As(err, &input) != strings.Contains(err.Error(), "s.csv") || input != nil && input.Line != test.line {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

// TestLookupFiles: packed, in another encoding, the same entry twice.
func TestLookupFiles(t *testing.T) {
	want := `{"status":"Grün"}`
	for name, text := range map[string]string{
		"s.csv.gz": gzipped(t, "from,to\nä,Grün\nä,Grün\n"), "bom.csv": "\uFEFFFrom;To;Note\nä;Grün;x\n", "latin.csv": "from,to\n\xe4,Gr\xfcn\n", "tabs.txt": "from\tto\nä\tGrün\n",
	} {
		opt := Options{Lookup: []string{"status=" + write(t, name, text)}, Encoding: "windows-1252"}
		if got := must(t, "a.csv", "taskId,status\nT,\xe4\n", opt).one(t); got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestIdleTranslations(t *testing.T) {
	table := write(t, "s.csv", "from,to\na,b\n")
	opt := Options{Replace: []string{"status:a=b", "metadata.k:a=b"}, Lookup: []string{"title=" + table}, Set: []string{"title=x"}}
	got := must(t, "a.csv", "taskId,metadata\nT,\n", opt).in.Facts().Hints
	want := []string{"--replace or --lookup of status: the file has no such column", "--replace or --lookup of title: its values come from --set, which is not translated"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
	l := must(t, "a.results.csv", resultsHead+"taskId,status\n"+resultsLine("failed", 2, "T", `{"status":"a"}`, "T,a"), opt)
	if got := l.in.Facts().Hints; len(got) != 1 || !strings.HasPrefix(got[0], "--replace --lookup have no effect on a results file") {
		t.Errorf("got %q", got)
	}
	if got := l.one(t); got != `{"title":"x","status":"a"}` {
		t.Error(got)
	}
}

// TestLookupOfAnyTexts: a lookup file with any texts finds just its entries.
func TestLookupOfAnyTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.StringN(0, 6, -1), rapid.StringN(1, 6, -1), 0, 200).Draw(t, "entries")
		l := newLookup("s.csv")
		for from, to := range want {
			if err := l.add([]byte(from), []byte(to)); err != nil {
				t.Fatal(err)
			}
		}
		for from, to := range want {
			if got, known := l.find([]byte(from)); !known || string(got) != to {
				t.Fatalf("%q: got %q %t, want %q", from, got, known, to)
			}
		}
		other := rapid.String().Draw(t, "other")
		if to, known := l.find([]byte(other)); known && want[other] != string(to) {
			t.Fatalf("%q: %q", other, to)
		}
	})
}

// BenchmarkLookupFile tells what an entry costs.
func BenchmarkLookupFile(b *testing.B) {
	const entries = 1_000_000
	var text strings.Builder
	text.WriteString("from,to\n")
	for i := range entries {
		fmt.Fprintf(&text, "user%07d@example.com,USR-%07d\n", i, i)
	}
	path := filepath.Join(b.TempDir(), "users.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l, err := openLookup(path, &rules{})
		if err != nil || l.entries() != entries {
			b.Fatal(err)
		}
		b.ReportMetric(float64(cap(l.text)+4*cap(l.ends)+4*len(l.slots))/entries, "bytes/entry")
	}
}
