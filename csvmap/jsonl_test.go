package csvmap

import (
	"strings"
	"testing"

	"taskbatch/csvmap/words"
)

// TestJSONLine: what one line of JSONL does.
func TestJSONLine(t *testing.T) {
	tests := []struct {
		name, line string
		opt        Options
		want       string // the body, or KIND column KEY
	}{
		{"all", `{"metadata":{"a":[1.50,null]},"attachmentUrls":["https://a.example"],"priority":"HIGH","taskId":"T-1","title":"a\nb","assigneeId":"u","activityId":"v","description":"d","type":"t","status":"s"}`, Options{},
			`{"title":"a\nb","assigneeId":"u","activityId":"v","description":"d","type":"t","status":"s","priority":"HIGH","attachmentUrls":["https://a.example"],"metadata":{"a":[1.50,null]}}`},
		{"nothing", `{"taskId":"T-1"}`, Options{}, `{}`},
		{"blanks", ` { "taskId" : "T-1" , "title" : " x " } `, Options{}, `{"title":" x "}`},
		{"empty values clear", `{"taskId":"T-1","title":"","attachmentUrls":[],"metadata":{}}`, Options{}, `{"title":"","attachmentUrls":[],"metadata":{}}`},
		{"escapes", `{"taskId":"T-1","title":"\u00fc\ud83c\udf89\/"}`, Options{}, `{"title":"ü🎉/"}`},
		{"escaped key", `{"taskId":"T-1","t\u0069tle":"x"}`, Options{}, `{"title":"x"}`},
		{"texts that are marks in CSV", `{"taskId":"T-1","title":"#N/A","status":"\"\""}`, Options{}, `{"title":"#N/A","status":"\"\""}`},
		{"blanks around the taskId", `{"taskId":" T-1\t","title":"x"}`, Options{}, `{"title":"x"}`},
		{"null refused", `{"taskId":"T-1","title":null}`, Options{}, "null column title"},
		{"null kept", `{"taskId":"T-1","title":null,"status":"x"}`, Options{Null: "keep"}, `{"status":"x"}`},
		{"null clears", `{"taskId":"T-1","title":null,"attachmentUrls":null,"metadata":null}`, Options{Null: "clear"}, `{"title":"","attachmentUrls":[],"metadata":{}}`},
		{"null taskId", `{"taskId":null}`, Options{Null: "keep"}, "no taskId column taskId"},
		{"no taskId", `{"title":"x"}`, Options{}, "no taskId column taskId"},
		{"unknown", `{"taskId":"T-1","Title":"x"}`, Options{}, "unknown key column Title"},
		{"alias is no JSONL key", `{"id":"T-1"}`, Options{}, "unknown key column id"},
		{"dotted key", `{"taskId":"T-1","metadata.a":"x"}`, Options{}, "unknown key column metadata.a"},
		{"duplicate", `{"taskId":"T-1","title":"a","title":"b"}`, Options{}, "duplicate key column title"},
		{"duplicate by escape", `{"taskId":"T-1","title":"a","t\u0069tle":"b"}`, Options{}, "duplicate key column title"},
		{"duplicate in metadata", `{"taskId":"T-1","metadata":{"a":{"b":1,"b":2}}}`, Options{}, "duplicate key column metadata"},
		{"bad UTF-8", "{\"taskId\":\"T-1\",\"title\":\"\xff\"}", Options{}, "bad UTF-8 column title"},
		{"lone surrogate", `{"taskId":"T-1","title":"\ud800x"}`, Options{}, "lone surrogate column title"},
		{"trailing text", `{"taskId":"T-1"} x`, Options{}, "trailing text column "},
		{"second value", `{"taskId":"T-1"} {"taskId":"T-2"}`, Options{}, "trailing text column "},
		{"trailing comma", `{"taskId":"T-1",}`, Options{}, "bad JSON column "},
		{"cut off", `{"taskId":"T-1","title":"x`, Options{}, "bad JSON column title"},
		{"not JSON", `taskId=T-1`, Options{}, "bad JSON column "},
		{"single quotes", `{'taskId':'T-1'}`, Options{}, "bad JSON column "},
		{"CSV", `2,y`, Options{}, "trailing text column "},
		{"CSV with quotes", `"2","y"`, Options{}, "trailing text column "},
		{"NUL in a text", `"\u0000"`, Options{}, "NUL column "},
		{"number", `5`, Options{}, "wrong type column "},
		{"text", `"T-1"`, Options{}, "wrong type column "},
		{"number for text", `{"taskId":"T-1","title":5}`, Options{}, "wrong type column title"},
		{"number for taskId", `{"taskId":5}`, Options{}, "wrong type column taskId"},
		{"text for list", `{"taskId":"T-1","attachmentUrls":"https://a.example"}`, Options{}, "wrong type column attachmentUrls"},
		{"object for list", `{"taskId":"T-1","attachmentUrls":{}}`, Options{}, "wrong type column attachmentUrls"},
		{"null in list", `{"taskId":"T-1","attachmentUrls":[null]}`, Options{}, "wrong type column attachmentUrls"},
		{"array for metadata", `{"taskId":"T-1","metadata":[]}`, Options{}, "wrong type column metadata"},
		{"text for metadata", `{"taskId":"T-1","metadata":"{}"}`, Options{}, "wrong type column metadata"},
		{"bad URL", `{"taskId":"T-1","attachmentUrls":["x"]}`, Options{}, "bad URL column attachmentUrls"},
		{"bad taskId", `{"taskId":"T 1"}`, Options{}, "bad taskId column taskId"},
		{"NUL", `{"taskId":"T-1","title":"a\u0000"}`, Options{}, "NUL column title"},
		{"NUL in metadata", `{"taskId":"T-1","metadata":{"a\u0000":1}}`, Options{}, "NUL column metadata"},
		{"ignored", `{"taskId":"T-1","Region":1,"title":"x"}`, Options{Ignore: []string{"region"}}, `{"title":"x"}`},
		{"ignored field", `{"taskId":"T-1","title":5}`, Options{Ignore: []string{"title"}}, `{}`},
		{"ignored, not the field", `{"taskId":"T-1","title":"x","Title":5}`, Options{Ignore: []string{"Title"}}, `{"title":"x"}`},
		{"ignored unknown", `{"taskId":"T-1","a":1}`, Options{IgnoreUnknown: true}, `{}`},
		{"mapped", `{"key":"T-1","head":"x","r":{"a":1}}`, Options{Map: []string{"key=taskId", "head=title", "r=metadata.region"}}, `{"title":"x","metadata":{"region":{"a":1}}}`},
		{"mapped onto a key given", `{"taskId":"T-1","title":"a","head":"b"}`, Options{Map: []string{"head=title"}}, "two keys for one field column head"},
		{"mapped onto metadata", `{"taskId":"T-1","metadata":{"a":1},"r":2}`, Options{Map: []string{"r=metadata.b"}}, `{"metadata":{"a":1,"b":2}}`},
		{"mapped onto the same key", `{"taskId":"T-1","metadata":{"a":1},"r":2}`, Options{Map: []string{"r=metadata.a"}}, "same metadata key twice column r"},
		{"mapped number", `{"taskId":"T-1","r":"2"}`, Options{Map: []string{"r=metadata.a:number"}}, "wrong type column r"},
		{"mapped boolean", `{"taskId":"T-1","r":"true"}`, Options{Map: []string{"r=metadata.a:boolean"}}, "wrong type column r"},
		{"set", `{"taskId":"T-1","title":5,"metadata":{"r":1,"x":2}}`, Options{Set: []string{"title=y", "metadata.r=EU"}}, `{"title":"y","metadata":{"x":2,"r":"EU"}}`},
		{"set empties", `{"taskId":"T-1","metadata":{"r":1}}`, Options{Set: []string{"metadata.r=EU"}}, `{"metadata":{"r":"EU"}}`},
		{"value too large", `{"taskId":"T-1","title":"` + strings.Repeat("x", inputLimits.cell+1) + `"}`, Options{}, "cell too large column title"},
		{"line too large", `{"taskId":"T-1","title":"` + strings.Repeat("x", 9<<20) + `"}`, Options{}, "row too large column "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.jsonl", "\n"+test.line+"\r\n\n{\"taskId\":\"T-9\"}", test.opt)
			if len(l.rows) != 2 || l.rows[0].Number != 2 || l.rows[1].Number != 4 || l.rows[1].TaskID != "T-9" && test.opt.Map == nil {
				t.Fatalf("got %s", l.summary())
			}
			got := string(l.rows[0].Body)
			if err := l.rows[0].Err; err != nil {
				got = err.Kind + " column " + err.Column
			}
			if got != test.want {
				t.Errorf("got %s, want %s (%+v)", words.Shorten(got, 300), test.want, l.rows[0].Err)
			}
		})
	}
}

func TestJSONLTaskIDIgnored(t *testing.T) {
	_, err := load(t, "a.jsonl", "{\"taskId\":\"T-1\"}\n", Options{Ignore: []string{"taskId"}})
	if e := refused(t, err, "--ignore taskId", "every row needs its task id"); !e.Usage {
		t.Error("the file is fine")
	}
	l := must(t, "a.jsonl", "{\"taskId\":\"T-1\",\"key\":\"T-2\"}\n", Options{Ignore: []string{"taskId"}, Map: []string{"key=taskId"}})
	if l.rows[0].TaskID != "T-2" {
		t.Error(l.summary())
	}
}

// TestJSONLReasons: what people read about a line.
func TestJSONLReasons(t *testing.T) {
	tests := []struct {
		name, line string
		opt        Options
		want       string
	}{
		{"number for taskId", `{"taskId":9}`, Options{}, "wrong type: taskId must be a text in quotes, not 9"},
		{"object for text", "{\"taskId\":\"T-1\",\"title\":{\t\"a\": \"\\\"\u0085\"}}", Options{}, `wrong type: title must be a text in quotes, not {\t"a": "\"\u0085"}`},
		{"text for list", `{"taskId":"T-1","attachmentUrls":"http://a"}`, Options{}, `wrong type: attachmentUrls must be an array of texts, not "http://a"`},
		{"CSV", `2,y`, Options{}, "trailing text: text follows after the end of the JSON value, at character 2"},
		{"two keys", `{"taskId":"T-1","r":1,"s":2}`, Options{Map: []string{"r=metadata.a", "s=metadata.a"}}, "two keys for one field: the row has a second key that means metadata.a"},
		{"long", `{"taskId":"T-1","metadata":"` + strings.Repeat("x", 99) + `"}`, Options{}, `wrong type: metadata must be a JSON object, not "` + strings.Repeat("x", 56) + "..."},
		{"largest text", `{"taskId":"T-1","title":"` + strings.Repeat(`\n`, 1<<20) + `"}`, Options{}, `{"title":"` + strings.Repeat(`\n`, 1<<20) + `"}`},
		{"text too large", `{"taskId":"T-1","title":"` + strings.Repeat("x", 1<<20+1) + `"}`, Options{}, "cell too large: the value is larger than 1 MiB"},
		{"text for number", `{"taskId":"T-1","r":"2"}`, Options{Map: []string{"r=metadata.a:number"}}, `wrong type: metadata.a:number must be a JSON number, not "2"`},
		{"text for boolean", `{"taskId":"T-1","r":"true"}`, Options{Map: []string{"r=metadata.a:boolean"}}, `wrong type: metadata.a:boolean must be true or false, not "true"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := must(t, "a.jsonl", test.line+"\n", test.opt).one(t); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestJSONLTail(t *testing.T) {
	text := `{"taskId":"T-1","title":"#N/A","metadata":{"a":1},"Region":{"x": 1.0},"attachmentUrls":[]}` + "\n" +
		`{"taskId":"T-2","titel":"x"}` + "\n" +
		`{"taskId":"T 3","title":"x"}` + "\n" +
		`{"taskId":"T-4","attachmentUrls":["x"],"metadata":{}}` + "\n"
	l := must(t, "a.jsonl", text, Options{Ignore: []string{"Region"}, Set: []string{"metadata.s=1"}})
	if got := strings.Join(l.columns, ","); got != "taskId,title,assigneeId,activityId,description,type,status,priority,attachmentUrls,metadata,_ignored,_raw" {
		t.Error(got)
	}
	want := []string{
		`,T-1,\#N/A,,,,,,,[],"{""a"":1,""s"":""1""}","{""Region"":{""x"": 1.0}}",`,
		`,,,,,,,,,,,,"{""taskId"":""T-2"",""titel"":""x""}"`,
		`,T 3,x,,,,,,,,"{""s"":""1""}",,`,
		`,T-4,,,,,,,,"[""x""]","{""s"":""1""}",,`,
	}
	for i, row := range l.rows {
		if string(row.Tail) != want[i] {
			t.Errorf("row %d: got %s, want %s", row.Number, row.Tail, want[i])
		}
	}
	if l.rows[1].TaskID != "T-2" {
		t.Error("the task of an invalid row must be known: later rows of it are blocked")
	}
}

func TestJSONLWholeFileMistakes(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"array", "a.jsonl", `[{"taskId":"T-1"}]`, "one JSON array"},
		{"array over lines", "a.jsonl", "\n [\n{\"taskId\":\"T-1\"}\n]", "one JSON array"},
		{"array by content", "-", "[]", "one JSON array"},
		{"pretty", "a.jsonl", "{\n  \"taskId\": \"T-1\"\n}\n", "pretty-printed"},
		{"pretty, key on the first line", "a.jsonl", "{\"taskId\": \"T-1\",\n  \"title\": \"x\"\n}\n", "pretty-printed"},
		{"pretty CRLF", "a.txt", "{\r\n  \"taskId\": \"T-1\"\r\n}\r\n", "pretty-printed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.file, test.text, Options{})
			refused(t, err, test.want, "jq -c")
		})
	}
	// A first line that is cut off is one invalid row, no more.
	l := must(t, "a.jsonl", "{\"taskId\":\"T-1\",\"title\":\"x\n{\"taskId\":\"T-2\"}\n", Options{})
	if got := l.summary(); got != "1@1  ! bad JSON line 1 column title\n2@2 T-2 {}\n" && !strings.HasPrefix(got, "1@1 T-1 ! bad JSON") {
		t.Error(got)
	}
}

func TestFormatByNameAndContent(t *testing.T) {
	const json, csv = `{"taskId":"T-1"}` + "\n", "taskId\nT-1\n"
	tests := []struct {
		name, file, text, flag, want string
	}{
		{"jsonl", "a.jsonl", json, "", "jsonl"},
		{"ndjson", "A.NDJSON", json, "auto", "jsonl"},
		{"json by content", "a.json", json, "", "jsonl"},
		{"none by content", "a", "\n\n " + json, "", "jsonl"},
		{"none by content, CSV", "a", csv, "", "csv"},
		{"txt", "a.txt", csv, "", "csv"},
		{"flag beats the name", "a.csv", json, "jsonl", "jsonl"},
		{"flag beats the name, CSV", "a.jsonl", csv, "csv", "csv"},
		{"UTF-8 BOM", "a.jsonl", "\uFEFF" + json, "", "jsonl"},
		{"lone CR", "a.jsonl", strings.ReplaceAll(json+json, "\n", "\r"), "", "jsonl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, test.file, test.text, Options{Format: test.flag})
			if got := l.in.Facts().Format; got != test.want {
				t.Errorf("got %s", got)
			}
			if len(l.rows) == 0 || l.rows[0].TaskID != "T-1" {
				t.Error(l.summary())
			}
		})
	}
}
