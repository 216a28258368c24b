package csvmap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskbatch/csvmap/words"
)

// TestHeaderAccepted: which results columns a header gives.
func TestHeaderAccepted(t *testing.T) {
	tests := []struct {
		name, header string
		opt          Options
		want         string
	}{
		{"exact", "taskId,title,attachmentUrls", Options{}, "taskId title attachmentUrls"},
		{"loose", "TASK_ID,Attachment URLs,assignee-id, Activity Id ,PRIORITY", Options{}, "taskId attachmentUrls assigneeId activityId priority"},
		{"alias", "Id,title", Options{}, "taskId title"},
		{"metadata", "id,meta_data.a.B,metadata.n:number,metadata", Options{}, "taskId metadata.a.B metadata.n:number metadata"},
		{"map", "Task No,Headline,Region", Options{Map: []string{"task_no=taskId", "Headline=title", "Region=metadata.region"}}, "taskId title metadata.region"},
		{"map a field's name", "id,title,text", Options{Map: []string{"title=description", "text=title"}}, "taskId description title"},
		{"map one of two spellings", "id,Status,status", Options{Map: []string{"Status=title"}}, "taskId title status"},
		{"map with = in the name", "id,a=b", Options{Map: []string{"a=b=title"}}, "taskId title"},
		{"ignore", "id,Region,title", Options{Ignore: []string{"region"}}, "taskId Region title"},
		{"ignore a field", "id,title,Status", Options{Ignore: []string{"status"}}, "taskId title Status (ignored)"},
		{"ignore one of two spellings", "id,title,Title", Options{Ignore: []string{"Title"}}, "taskId title Title (ignored)"},
		{"ignore two spellings", "id,NOTE,Note,title", Options{Ignore: []string{"note"}}, "taskId NOTE Note title"},
		{"ignore names of ours", "id,_row,_raw,_ignored,_mine", Options{IgnoreUnknown: true}, "taskId _row (ignored) _raw (ignored) _ignored (ignored) _mine"},
		{"ignored twice", "id,status,status (ignored)", Options{IgnoreUnknown: true, Ignore: []string{"status"}}, "taskId status (ignored) (ignored) status (ignored)"},
		{"ignored metadata", "id,metadata.x,metadata.", Options{Ignore: []string{"metadata.x", "metadata."}}, "taskId metadata.x (ignored) metadata. (ignored)"},
		{"ignored is never a field", "id,title (ignored)", Options{IgnoreUnknown: true}, "taskId title (ignored)"},
		{"mapped from ignored", "id,title (ignored)", Options{Map: []string{"title (ignored)=title"}}, "taskId title"},
		{"set adds", "id,title", Options{Set: []string{"status=PENDING", "metadata.a=x"}}, "taskId title status metadata.a"},
		{"set replaces", "id,title,status", Options{Set: []string{"title=x"}}, "taskId title status"},
		{"columns", "T-1,x,y", Options{Columns: []string{"id", "Title", "metadata.a"}}, "taskId title metadata.a"},
		{"trailing delimiters", "id,title,,", Options{}, "taskId title"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.csv", test.header+"\n", test.opt)
			if got := strings.Join(l.columns, " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestHeaderRefused: all mistakes at once, with the flags that help.
func TestHeaderRefused(t *testing.T) {
	tests := []struct {
		name, header string
		opt          Options
		parts        []string
	}{
		{"unknown", "id,Region", Options{}, []string{"line 1", "column 2", `"Region"`, `--ignore Region `, `--map Region=metadata.Region `}},
		{"misspelt", "id,Priorty", Options{}, []string{"did you mean priority?", `--map Priorty=priority `, `--ignore Priorty `}},
		{"swapped", "id,titel", Options{}, []string{"did you mean title?"}},
		{"all at once", "Nr,Regoin,status,Status,status", Options{}, []string{`"Nr"`, `"Regoin"`, "no column taskId", "both mean status", "both called"}},
		{"duplicate", "id,title,title", Options{}, []string{"columns 2 and 3", `"title"`}},
		{"duplicate ignored", "id,x,x", Options{IgnoreUnknown: true}, []string{"columns 2 and 3"}},
		{"two for one field", "id,title,Title", Options{}, []string{"both mean title"}},
		{"id and taskId", "id,taskId,title", Options{}, []string{"both mean taskId"}},
		{"mapped onto a column", "id,title,x", Options{Map: []string{"x=title"}}, []string{"both mean title"}},
		{"no taskId", "title,status", Options{}, []string{"no column taskId", "--map"}},
		{"no taskId, near", "Task Number,title", Options{IgnoreUnknown: true}, []string{`'Task Number=taskId'`}},
		{"no such mapped column", "id,Titel", Options{Map: []string{"Tittel=title"}, IgnoreUnknown: true}, []string{"--map", "no such column", "did you mean Titel?"}},
		{"key in key", "id,metadata.a,metadata.a.b", Options{}, []string{"inside the other"}},
		{"key in constant", "id,metadata.a", Options{Set: []string{"metadata.a.b=x"}}, []string{"inside the other"}},
		{"same key, two types", "id,metadata.a,metadata.a:number", Options{}, []string{"both mean metadata.a;"}},
		{"taskId ignored", "taskId,title,Parent Id", Options{Ignore: []string{"taskid"}, IgnoreUnknown: true}, []string{`no column taskId (or id); --ignore taskId takes it away`}},
		{"near, but ignored", "Task Number,title,Parent Id", Options{Ignore: []string{"Task Number"}, IgnoreUnknown: true}, []string{`perhaps 'Parent Id=taskId'`}},
		{"key type", "id,metadata.a:numbr", Options{}, []string{"no type", ":number"}},
		{"empty key", "id,metadata.", Options{}, []string{"key is empty"}},
		{"empty key part", "id,metadata.a..b", Options{}, []string{"key is empty"}},
		{"quotes", `id,"a ""b"" $c"`, Options{}, []string{`--ignore 'a "b" $c'`}},
		{"removed _row", "_outcome,_sum,taskId", Options{}, []string{"_outcome and _row"}},
		{"too few columns", "a,b,c", Options{Columns: []string{"id", "title"}}, []string{"--columns names 2 columns", "3 cells"}},
		{"columns but header", "taskId,title", Options{Columns: []string{"id", "title"}}, []string{"has a header"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, "a.csv", test.header+"\n", test.opt)
			if e := refused(t, err, test.parts...); e.Usage {
				t.Error("this is no mistake of usage")
			}
		})
	}
}

func TestUnnamedColumnMustStayEmpty(t *testing.T) {
	l := must(t, "a.csv", "id,,title,\nT-1,,x,\nT-2,,x,note\nT-3,y,x,\n", Options{})
	if got := l.in.Facts().Columns[1]; got != (ColumnFact{"", "ignored", "has no name: must stay empty"}) {
		t.Errorf("%+v", got)
	}
	want := "2@2 T-1 {\"title\":\"x\"}\n" +
		"3@3 T-2 ! column without a name line 3 column (column 4)\n" +
		"4@4 T-3 ! column without a name line 4 column (column 2)\n"
	if got := l.summary(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := string(l.rows[1].Tail); got != `,,,"T-2,,x,note"` {
		t.Error(got)
	}
}

// TestUnnamedColumnCarriedAlong: by --ignore-unknown, and in a results file
// always, as far as it has values.
func TestUnnamedColumnCarriedAlong(t *testing.T) {
	l := must(t, "a.csv", "id,,title,,column 2 (ignored)\nT-1,,x,,\nT-2,note,y,,\n", Options{IgnoreUnknown: true})
	if got := strings.Join(l.columns, ","); got != "taskId,column 2 (ignored) (ignored),title,column 2 (ignored)" {
		t.Error(got)
	}
	if got := string(l.rows[0].Tail) + string(l.rows[1].Tail); got != ",T-1,,x,"+",T-2,note,y," {
		t.Error(got)
	}
	if got := l.in.Facts().UnknownIgnored; !slices.Equal(got, []string{"column 2 (ignored)", "column 2 (ignored) (ignored)"}) {
		t.Errorf("%q", got)
	}
	l = must(t, "a.results.csv", "_outcome,_row,taskId,title,,\nupdated,2,T-1,x,,remark\nfailed,3,T-2,y,,\n", Options{Set: []string{"status=s"}})
	if got := strings.Join(l.columns, ","); got != "taskId,title,column 6 (ignored),status" {
		t.Error(got)
	}
	if got := string(l.rows[0].Tail) + string(l.rows[1].Tail); got != ",T-1,x,remark,"+",T-2,y,,s" {
		t.Error(got)
	}
	if l.rows[0].Err != nil || len(l.in.Facts().UnknownIgnored) != 0 {
		t.Errorf("%v %q", l.rows[0].Err, l.in.Facts().UnknownIgnored)
	}
}

func TestColumnsOption(t *testing.T) {
	l := must(t, "a.csv", "T-1,a\n\nT-2,b\nT-3\n", Options{Columns: []string{"id", "title"}})
	want := "1@1 T-1 {\"title\":\"a\"}\n3@3 T-2 {\"title\":\"b\"}\n4@4 T-3 ! too few cells line 4 column title\n"
	if got := l.summary(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if l.in.Facts().HasHeader {
		t.Error("there is no header")
	}
}

func TestOptionsRefused(t *testing.T) {
	tests := []struct {
		name, flag string
		opt        Options
		part       string
	}{
		{"format", "format", Options{Format: "cvs"}, "did you mean csv?"},
		{"delimiter", "delimiter", Options{Delimiter: "semicolom"}, "did you mean semicolon?"},
		{"encoding", "encoding", Options{Encoding: "windows-1225"}, "did you mean windows-125"},
		{"empty", "empty", Options{Empty: "erase"}, "keep, clear"},
		{"null", "null", Options{Null: "none"}, "error, keep, clear"},
		{"map without =", "map", Options{Map: []string{"Region"}}, "COLUMN=FIELD"},
		{"map without column", "map", Options{Map: []string{"=title"}}, "COLUMN=FIELD"},
		{"map without field", "map", Options{Map: []string{"a="}}, "COLUMN=FIELD"},
		{"map to no field", "map", Options{Map: []string{"a=titel"}}, "did you mean title?"},
		{"map to an ignored name", "map", Options{Map: []string{"a=metadata.x (ignored)"}}, "no field"},
		{"map twice", "map", Options{Map: []string{"a=title", "a=status"}}, "mapped twice"},
		{"map and ignore", "map", Options{Map: []string{"a=title"}, Ignore: []string{"A"}}, "ignored"},
		{"set without =", "set", Options{Set: []string{"status"}}, "FIELD=VALUE"},
		{"set no field", "set", Options{Set: []string{"statsu=x"}}, "did you mean status?"},
		{"set empty", "set", Options{Set: []string{"status="}}, "empty value"},
		{"set taskId", "set", Options{Set: []string{"id=T-1"}}, "taskId"},
		{"set twice", "set", Options{Set: []string{"status=a", "Status=b"}}, "set twice"},
		{"set key twice", "set", Options{Set: []string{"metadata.a=1", "metadata.a:number=2"}}, "metadata.a is set twice"},
		{"set key in key", "set", Options{Set: []string{"metadata.a=1", "metadata.a.b=2"}}, "exclude each other"},
		{"set number", "set", Options{Set: []string{"metadata.a:number=x"}}, "no JSON number"},
		{"set url", "set", Options{Set: []string{"attachmentUrls=x"}}, "http"},
		{"set metadata", "set", Options{Set: []string{"metadata=[1]"}}, "JSON object"},
		{"set error value", "set", Options{Set: []string{"title=#N/A"}}, "spreadsheet"},
		{"set metadata and its key", "set", Options{Set: []string{"metadata.x:number=1.50", `metadata={"x":1}`}}, `metadata has the key "x", which metadata.x:number gives too`},
		{"set metadata and a key below", "set", Options{Set: []string{`metadata={"x":1}`, "metadata.x.y.z=2"}}, `metadata has the key "x", which metadata.x.y.z gives too`},
		{"set metadata and a key above", "set", Options{Set: []string{`metadata={"x":{"y":1}}`, `metadata.x=""`}}, `metadata has the key "x", which metadata.x gives too`},
		{"set metadata and a nested key", "set", Options{Set: []string{`metadata={"x":{"y":1}}`, `metadata.x.y=""`}}, `the key "x.y", which metadata.x.y gives`},
		{"set key type", "set", Options{Set: []string{"metadata.a:int=1"}}, "no type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.opt.Validate()
			var e *OptionError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an OptionError", err)
			}
			if e.Flag != test.flag || !strings.Contains(e.Error(), test.part) || strings.Contains(e.Error(), "\n") {
				t.Errorf("got %v", e)
			}
			if _, err := Open("a.csv", nil, test.opt); !errors.As(err, &e) {
				t.Errorf("Open: %v", err)
			}
		})
	}
}

func TestSetValues(t *testing.T) {
	opt := Options{Set: []string{"attachmentUrls=https://a.example|https://b.example", `title=\#N/A`, `status=""`,
		"metadata.n:number=5.0", "metadata.ok:boolean=true", `metadata.list:json=[1, 2]`, "description=a=b"}}
	l := must(t, "a.csv", "id,title\nT-1,x\n", opt)
	want := `{"title":"#N/A","description":"a=b","status":"","attachmentUrls":["https://a.example","https://b.example"],"metadata":{"n":5.0,"ok":true,"list":[1,2]}}`
	if got := l.one(t); got != want {
		t.Errorf("got %s", got)
	}
	row := l.rows[0]
	tail := `,T-1,\#N/A,"[""https://a.example"",""https://b.example""]","""""",5.0,true,"[1,2]",a=b`
	if string(row.Tail) != tail {
		t.Errorf("got %s", row.Tail)
	}
}

// TestSetsAddUp: constants for metadata and for other keys of it.
func TestSetsAddUp(t *testing.T) {
	for _, set := range [][]string{
		{`metadata={"x":{"a":1}}`, "metadata.x.b=2"}, {"metadata.x.b=2", `metadata={"x":{"a":1}}`},
	} {
		l := must(t, "a.csv", "id\nT-1\n", Options{Set: set})
		if got := l.one(t); got != `{"metadata":{"x":{"a":1,"b":"2"}}}` {
			t.Error(got)
		}
	}
}

func TestFacts(t *testing.T) {
	l := must(t, "a.csv", "id;Headline;Note;Rest;metadata.a;\n", Options{
		Map: []string{"Headline=title"}, Ignore: []string{"note"}, IgnoreUnknown: true, Set: []string{"status=x"}, Null: "keep"})
	want := Facts{
		Path: l.in.path, Format: "csv", Encoding: "utf-8", Delimiter: "semicolon", Newline: "LF", HasHeader: true,
		Columns: []ColumnFact{
			{"id", "taskId", ""}, {"Headline", "title", "by --map"}, {"Note", "ignored", "by --ignore"},
			{"Rest", "ignored", "by --ignore-unknown"}, {"metadata.a", "metadata.a", ""},
			{"", "ignored", "by --ignore-unknown"}, {"", "status", "by --set"},
		},
		UnknownIgnored: []string{"Rest"},
		Hints:          []string{"--null has no effect on CSV"},
	}
	if d := cmp.Diff(want, l.in.Facts()); d != "" {
		t.Error(d)
	}
}

// TestIdleIgnores: an --ignore that names nothing is told, one given twice is
// not, if it names something.
func TestIdleIgnores(t *testing.T) {
	opt := Options{Ignore: []string{"regoin", "Note", "Gone"}}
	want := []string{`--ignore regoin: the file has no such column; did you mean Region?`, `--ignore Gone: the file has no such column`}
	l := must(t, "a.csv", "id,Region,NO_TE\nT-1,x,y\n", Options{Ignore: append(opt.Ignore, "Region", "Note")})
	if got := l.in.Facts().Hints; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	l = must(t, "a.jsonl", `{"taskId":"T-1","NO_TE":1}`+"\n"+`{"taskId":"T-1","title":1}`+"\n", Options{Ignore: append(opt.Ignore, "title", "title"), Delimiter: "comma"})
	want = []string{"--delimiter has no effect on JSONL", `--ignore regoin: the file has no such key`, `--ignore Gone: the file has no such key`}
	if got := l.in.Facts().Hints; !slices.Equal(got, want) || !slices.Equal(l.in.Facts().Hints, want) {
		t.Errorf("got %q", got)
	}
	l = must(t, "a.results.csv", "_outcome,_row,taskId\nfailed,2,T-1\n", opt)
	if got := l.in.Facts().Hints; len(got) != 1 || !strings.Contains(got[0], "--ignore has no effect") {
		t.Errorf("got %q", got)
	}
	in, err := Open(write(t, "a.jsonl", "{}\n"), nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if got := in.Facts().Hints; len(got) != 0 {
		t.Errorf("nobody knows before Check: %q", got)
	}
}

func TestSuggest(t *testing.T) {
	for name, want := range map[string]string{
		"titel": "title", "prio": "", "Staus": "status", "asignee_id": "assigneeId", "x": "", "attachmentUrl": "attachmentUrls", "metadat": "metadata",
	} {
		if got := words.Nearest(name, fieldNames()); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestUnknownAdvice: what the message offers is what was meant, and works.
func TestUnknownAdvice(t *testing.T) {
	for name, want := range map[string]string{
		"id": "id=taskId", "Title": "Title=title", "titel": "titel=title", "Region": "Region=metadata.Region",
		"metadata.region": "metadata.region=metadata.region", "metadat.x": "metadat.x=metadata.x", "Meta-Dta.a.b:number": "Meta-Dta.a.b:number=metadata.a.b:number",
		"metadat.a=b": "metadat.a=b=metadata.metadat_a_b", "metadat.": "metadat.=metadata.metadat_", "metadat.x (ignored)": "metadat.x (ignored)=metadata.metadat_x",
		"data.x": "data.x=metadata.data_x", "": "", " ": "",
	} {
		_, advice, found := strings.Cut(unknownAdvice(name), `--map `)
		got, _, _ := strings.Cut(advice, ` sends it`)
		got = strings.Trim(got, "'")
		if found != (want != "") || got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
		if err := (Options{Map: []string{got}}).Validate(); found && err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, err := load(t, "a.csv", "id,metadat.x\n", Options{})
	refused(t, err, `did you mean metadata.x? --map metadat.x=metadata.x `)
	l := must(t, "a.jsonl", `{"id":"T-1","title":"x"}`+"\n", Options{})
	if got := l.one(t); got != `unknown key: "id" is no field; did you mean taskId? --map id=taskId sends it as that, --ignore id carries it along unsent` {
		t.Error(got)
	}
}

func TestFieldsTable(t *testing.T) {
	var names []string
	for _, f := range Fields() {
		names = append(names, f.Name)
	}
	if want := append(fieldNames(), "metadata.KEY"); !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	for _, format := range []string{"csv", "jsonl"} {
		var b strings.Builder
		if err := WriteTemplate(&b, format); err != nil {
			t.Fatal(err)
		}
		l := must(t, "template."+format, b.String(), Options{})
		want := `{"title":"Check the contract, page 2","assigneeId":"USR-7","activityId":"ACT-12","description":"Call back before Friday.",` +
			`"type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH",` +
			`"attachmentUrls":["https://example.com/a.pdf","https://example.com/b.pdf"],"metadata":{"score":4.50}}`
		if got := l.one(t); got != want {
			t.Errorf("%s: got %s", format, got)
		}
	}
	if err := WriteTemplate(&strings.Builder{}, "xml"); err == nil {
		t.Error("xml is no format")
	}
}

// TestWideHeaders: the work for a header grows with its columns, not with
// their square.
func TestWideHeaders(t *testing.T) {
	header := func(n int, name func(i int) string) string {
		var b strings.Builder
		b.WriteString("taskId")
		for i := range n {
			b.WriteString("," + name(i))
		}
		return b.String() + "\nT-1" + strings.Repeat(",", n-1) + ",x\n"
	}
	tests := []struct {
		name string
		text string
		kind string
	}{
		{"keys", header(16_384, func(i int) string { return fmt.Sprintf("metadata.k%d", i) }), ""},
		{"nested keys", header(16_384, func(i int) string { return fmt.Sprintf("metadata.a.b%d.c", i) }), ""},
		{"unnamed", header(99_999, func(int) string { return "" }), "column without a name"},
		{"ignored", header(99_999, func(i int) string { return fmt.Sprintf("x%d", i) }), ""},
	}
	for _, test := range tests {
		opt := Options{IgnoreUnknown: test.name == "ignored"}
		l := must(t, "a.csv", test.text, opt)
		if err := l.rows[0].Err; (err == nil) != (test.kind == "") || err != nil && err.Kind != test.kind {
			t.Errorf("%s: %+v", test.name, err)
		}
	}
	_, err := load(t, "a.csv", header(100_000, func(int) string { return "" }), Options{})
	refused(t, err, "100,001 columns", "at most 100,000")
	_, err = load(t, "a.csv", "taskId,metadata"+strings.Repeat(".a", 101)+"\n", Options{})
	refused(t, err, "nests more than 100 levels")
}
