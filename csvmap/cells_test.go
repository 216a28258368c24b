package csvmap

import (
	"strings"
	"testing"

	"taskbatch/csvmap/words"
)

// TestCellToBody: what one CSV cell under one header does to the body.
func TestCellToBody(t *testing.T) {
	quoted := func(cell string) string { return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"` }
	tests := []struct {
		name, header, cell string
		opt                Options
		want               string // the body, or the kind of the error
	}{
		{"text as it stands", "title", "  a\tb ", Options{}, `{"title":"  a\tb "}`},
		{"empty keeps", "title", "", Options{}, `{}`},
		{"blanks are a text", "title", "  ", Options{}, `{"title":"  "}`},
		{"empty clears text", "title", "", Options{Empty: "clear"}, `{"title":""}`},
		{"empty clears list", "attachmentUrls", "", Options{Empty: "clear"}, `{"attachmentUrls":[]}`},
		{"empty clears metadata", "metadata", "", Options{Empty: "clear"}, `{"metadata":{}}`},
		{"empty clears key", "metadata.a", "", Options{Empty: "clear"}, `{"metadata":{"a":null}}`},
		{"mark clears text", "title", `""`, Options{}, `{"title":""}`},
		{"mark clears list", "attachmentUrls", `""`, Options{}, `{"attachmentUrls":[]}`},
		{"mark clears metadata", "metadata", `""`, Options{}, `{"metadata":{}}`},
		{"mark clears key", "metadata.a", `""`, Options{}, `{"metadata":{"a":null}}`},
		{"mark clears number key", "metadata.a:number", `""`, Options{}, `{"metadata":{"a":null}}`},
		{"mark clears json key", "metadata.a:json", `""`, Options{}, `{"metadata":{"a":null}}`},
		{"escaped mark", "title", `\""`, Options{}, `{"title":"\"\""}`},
		{"twice escaped mark", "title", `\\""`, Options{}, `{"title":"\\\"\""}`},
		{"empty text in a json key", "metadata.a:json", `\""`, Options{}, `{"metadata":{"a":""}}`},
		{"N/A", "title", "#N/A", Options{}, "spreadsheet error"},
		{"REF", "status", "#REF!", Options{}, "spreadsheet error"},
		{"VALUE", "metadata.a", "#VALUE!", Options{}, "spreadsheet error"},
		{"DIV", "metadata", "#DIV/0!", Options{}, "spreadsheet error"},
		{"NAME", "attachmentUrls", "#NAME?", Options{}, "spreadsheet error"},
		{"NULL", "title", "#NULL!", Options{}, "spreadsheet error"},
		{"NUM", "metadata.a:number", "#NUM!", Options{}, "spreadsheet error"},
		{"escaped N/A", "title", `\#N/A`, Options{}, `{"title":"#N/A"}`},
		{"twice escaped N/A", "title", `\\#N/A`, Options{}, `{"title":"\\#N/A"}`},
		{"part of a cell is no error", "title", "see #N/A", Options{}, `{"title":"see #N/A"}`},
		{"case matters", "title", "#n/a", Options{}, `{"title":"#n/a"}`},
		{"other backslashes stay", "title", `\n \\`, Options{}, `{"title":"\\n \\\\"}`},
		{"other hash stays", "title", `#1`, Options{}, `{"title":"#1"}`},
		{"formula stays", "title", "=1+1", Options{}, `{"title":"=1+1"}`},
		{"umlauts and emoji", "title", "Grüße 🎉", Options{}, `{"title":"Grüße 🎉"}`},
		{"quoted newline", "description", "a\r\nb\nc\rd", Options{}, `{"description":"a\r\nb\nc\rd"}`},

		{"one url", "attachmentUrls", "https://a.example/x", Options{}, `{"attachmentUrls":["https://a.example/x"]}`},
		{"urls", "attachmentUrls", " https://a.example/x | http://b.example ||", Options{}, `{"attachmentUrls":["https://a.example/x","http://b.example"]}`},
		{"urls on lines", "attachmentUrls", "https://a.example\r\nhttps://b.example\n", Options{}, `{"attachmentUrls":["https://a.example","https://b.example"]}`},
		{"own separator", "attachmentUrls", "https://a.example;https://b.example/|", Options{ListSeparator: ";"}, `{"attachmentUrls":["https://a.example","https://b.example/|"]}`},
		{"separator inside JSON", "attachmentUrls", `["https://a.example/|"]`, Options{}, `{"attachmentUrls":["https://a.example/|"]}`},
		{"empty JSON list clears", "attachmentUrls", `[]`, Options{}, `{"attachmentUrls":[]}`},
		{"only separators", "attachmentUrls", " | ", Options{}, "empty list"},
		{"no scheme", "attachmentUrls", "a.example/x", Options{}, "bad URL"},
		{"ftp", "attachmentUrls", "ftp://a.example/x", Options{}, "bad URL"},
		{"no host", "attachmentUrls", "https:///x", Options{}, "bad URL"},
		{"blank in a url", "attachmentUrls", "https://a.example/x y", Options{}, "bad URL"},
		{"second url bad", "attachmentUrls", "https://a.example|x", Options{}, "bad URL"},
		{"number in a list", "attachmentUrls", `["https://a.example",1]`, Options{}, "wrong type"},
		{"broken JSON list", "attachmentUrls", `["https://a.example"`, Options{}, "bad JSON"},

		{"metadata keeps digits", "metadata", `{ "n": 1.50e+10, "m": 12345678901234567890.10 }`, Options{}, `{"metadata":{"n":1.50e+10,"m":12345678901234567890.10}}`},
		{"metadata escapes", "metadata", `{"a":"\u00e9\/"}`, Options{}, `{"metadata":{"a":"é/"}}`},
		{"null in metadata", "metadata", `{"a":null}`, Options{}, `{"metadata":{"a":null}}`},
		{"empty metadata clears", "metadata", ` { } `, Options{}, `{"metadata":{}}`},
		{"metadata array", "metadata", `[1]`, Options{}, "wrong type"},
		{"metadata text", "metadata", `EU`, Options{}, "bad JSON"},
		{"double key", "metadata", `{"a":1,"a":2}`, Options{}, "duplicate key"},
		{"double nested key", "metadata", `{"b":{"a":1,"a":2}}`, Options{}, "duplicate key"},
		{"NUL in metadata", "metadata", `{"a":"x\u0000"}`, Options{}, "NUL"},
		{"no NUL in metadata", "metadata", `{"a":"x\\u0000"}`, Options{}, `{"metadata":{"a":"x\\u0000"}}`},
		{"lone surrogate", "metadata", `{"a":"\ud800"}`, Options{}, "lone surrogate"},
		{"text after JSON", "metadata", `{"a":1} x`, Options{}, "trailing text"},

		{"key text", "metadata.a", "007", Options{}, `{"metadata":{"a":"007"}}`},
		{"key nested", "metadata.a.b.c", "x", Options{}, `{"metadata":{"a":{"b":{"c":"x"}}}}`},
		{"key keeps its case", "Meta_Data.Région X", "x", Options{}, `{"metadata":{"Région X":"x"}}`},
		{"number", "metadata.a:number", "-0.50", Options{}, `{"metadata":{"a":-0.50}}`},
		{"number exponent", "metadata.a:number", "1E+05", Options{}, `{"metadata":{"a":1E+05}}`},
		{"number comma", "metadata.a:number", "1,5", Options{}, "bad number"},
		{"number zero", "metadata.a:number", "007", Options{}, "bad number"},
		{"number plus", "metadata.a:number", "+7", Options{}, "bad number"},
		{"number point", "metadata.a:number", "7.", Options{}, "bad number"},
		{"number exponent missing", "metadata.a:number", "7e", Options{}, "bad number"},
		{"number with a blank", "metadata.a:number", "7 ", Options{}, `bad number: "7 " is no JSON number; write it like 12 or -0.5, without the blanks around it (nothing is trimmed)`},
		{"number with a tab", "metadata.a:number", "\t7", Options{}, "bad number"},
		{"boolean with a blank", "metadata.a:boolean", " true", Options{}, `bad boolean: " true" is no boolean; write true or false, without the blanks around it (nothing is trimmed)`},
		{"json with blanks", "metadata.a:json", " 7 ", Options{}, `{"metadata":{"a":7}}`},
		{"boolean", "metadata.a:boolean", "true", Options{}, `{"metadata":{"a":true}}`},
		{"boolean of a spreadsheet", "metadata.a:boolean", "FALSE", Options{}, `{"metadata":{"a":false}}`},
		{"boolean yes", "metadata.a:boolean", "yes", Options{}, "bad boolean"},
		{"json", "metadata.a:json", `[1, {"x": null}]`, Options{}, `{"metadata":{"a":[1,{"x":null}]}}`},
		{"json broken", "metadata.a:json", `[1`, Options{}, "bad JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := "taskId,note," + quoted(test.header) + "\nT-1,x," + quoted(test.cell) + "\n"
			opt := test.opt
			opt.Ignore = []string{"note"}
			got := must(t, "a.csv", text, opt).one(t)
			if got != test.want && !strings.HasPrefix(got, test.want+": ") {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTaskID(t *testing.T) {
	long := strings.Repeat("x", 128)
	tests := []struct{ name, cell, want string }{
		{"plain", "AZaz09._~-", "AZaz09._~-"},
		{"blanks around", " \tT-1\t ", "T-1"},
		{"longest", long, long},
		{"too long", long + "x", "! bad taskId"},
		{"empty", "", "! no taskId"},
		{"blanks only", "  ", "! no taskId"},
		{"dot", ".", "! bad taskId"},
		{"dots", "..", "! bad taskId"},
		{"three dots", "...", "..."},
		{"blank inside", "T 1", "! bad taskId"},
		{"slash", "a/b", "! bad taskId"},
		{"percent", "a%2Fb", "! bad taskId"},
		{"umlaut", "Ä1", "! bad taskId"},
		{"no-break space", "\u00a0T-1", "! bad taskId"},
		{"error value", "#N/A", "! spreadsheet error"},
		{"mark", `""""""`, "! bad taskId"},
		{"newline", "\"T-1\n\"", "! bad taskId"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := must(t, "a.csv", "title,taskId\nx,"+test.cell+"\n", Options{}).rows[0]
			got := row.TaskID
			if row.Err != nil {
				got = "! " + row.Err.Kind
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestScientificTaskIDWarns(t *testing.T) {
	l := must(t, "a.csv", "taskId,title\n1.23457E15,x\n1E5,x\nE5,x\n1.2.3E4,x\n12e,x\nT1E5,x\n", Options{})
	var warned []string
	for _, row := range l.rows {
		if row.Warning != nil {
			warned = append(warned, row.TaskID)
		}
	}
	if got := strings.Join(warned, " "); got != "1.23457E15 1E5" {
		t.Errorf("warned of %s", got)
	}
	l = must(t, "a.csv", "taskId,title\n1.23457E+15,x\n", Options{})
	if got := l.one(t); !strings.Contains(got, "a spreadsheet has shortened") {
		t.Error(got)
	}
}

// TestMetadataAddsUp: the metadata column, columns for keys, and constants.
func TestMetadataAddsUp(t *testing.T) {
	tests := []struct {
		name, header, row string
		set               []string
		want              string
	}{
		{"both", "metadata,metadata.b", `"{""a"":1}",x`, nil, `{"metadata":{"a":1,"b":"x"}}`},
		{"key first", "metadata.b,metadata", `x,"{""a"":1}"`, nil, `{"metadata":{"a":1,"b":"x"}}`},
		{"nested", "metadata,metadata.a.y:number", `"{""a"":{""x"":1},""c"":2}",7`, nil, `{"metadata":{"a":{"x":1,"y":7},"c":2}}`},
		{"same key", "metadata,metadata.a", `"{""a"":1}",x`, nil, "same metadata key twice"},
		{"same nested key", "metadata,metadata.a.b", `"{""a"":{""b"":1}}",x`, nil, "same metadata key twice"},
		{"key below a number", "metadata,metadata.a.b", `"{""a"":1}",x`, nil, "same metadata key twice"},
		{"key above an object", "metadata,metadata.a", `"{""a"":{""b"":1}}",x`, nil, "same metadata key twice"},
		{"same key but empty", "metadata,metadata.a", `"{""a"":1}",`, nil, `{"metadata":{"a":1}}`},
		{"object empty", "metadata,metadata.a", `,x`, nil, `{"metadata":{"a":"x"}}`},
		{"object cleared", "metadata,metadata.a", `"""""",x`, nil, `{"metadata":{"a":"x"}}`},
		{"both empty", "metadata,metadata.a", `,`, nil, `{}`},
		{"interleaved", "metadata.a.x,metadata.b,metadata.a.y", `1,2,3`, nil, `{"metadata":{"a":{"x":"1","y":"3"},"b":"2"}}`},
		{"set adds", "metadata", `"{""a"":1}"`, []string{"metadata.r=EU"}, `{"metadata":{"a":1,"r":"EU"}}`},
		{"set beats the object's key", "metadata", `"{""r"":{""x"":1},""a"":1}"`, []string{"metadata.r=EU"}, `{"metadata":{"a":1,"r":"EU"}}`},
		{"set beats a nested key", "metadata", `"{""r"":{""x"":1,""y"":2}}"`, []string{"metadata.r.x:number=5"}, `{"metadata":{"r":{"y":2,"x":5}}}`},
		{"set beats the column", "metadata.r", `US`, []string{"metadata.r=EU"}, `{"metadata":{"r":"EU"}}`},
		{"set beats the column's type", "metadata.r:number", `x`, []string{"metadata.r=EU"}, `{"metadata":{"r":"EU"}}`},
		{"set clears", "metadata.r", `US`, []string{`metadata.r=""`}, `{"metadata":{"r":null}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.csv", "taskId,"+test.header+"\nT-1,"+test.row+"\n", Options{Set: test.set})
			if got := l.one(t); got != test.want && !strings.HasPrefix(got, test.want+": ") {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestSameMetadataKeyTwice: the message names the column, not a key above it.
func TestSameMetadataKeyTwice(t *testing.T) {
	tests := []struct {
		name, header, cell string
		opt                Options
		column, key        string
	}{
		{"column", "metadata.x", "a", Options{}, "metadata.x", "x"},
		{"column below", "metadata.x.y", "a", Options{}, "metadata.x.y", "x"},
		{"typed column far below", "Meta_Data.x.y.z:number", "1", Options{}, "Meta_Data.x.y.z:number", "x"},
		{"mapped column", "Region", "a", Options{Map: []string{"region=metadata.x.y"}}, "Region", "x"},
		{"constant below", "status", "a", Options{Set: []string{"metadata.x.y=1"}}, "metadata.x.y", "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := must(t, "a.csv", "taskId,metadata,"+test.header+"\nT-1,\"{\"\"x\"\":1}\","+test.cell+"\n", test.opt).rows[0]
			want := "the row's metadata has the key " + words.Quote(test.key) + ", which " + words.Quote(test.column) + " gives too; keep one of them"
			if row.Err == nil || row.Err.Column != test.column || row.Err.Reason != want {
				t.Errorf("%+v", row.Err)
			}
		})
	}
}
