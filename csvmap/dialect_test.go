package csvmap

import (
	"strings"
	"testing"
)

// TestDialects: the same three rows, written down in many ways.
func TestDialects(t *testing.T) {
	const want = "2@2 T-1 {\"title\":\"a\"}\n3@3 T-2 {\"title\":\"b;c\"}\n4@4 T-3 {\"title\":\"d\"}\n"
	const plain = "taskId,title,status\nT-1,a,\nT-2,b;c,\nT-3,d,\n"
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(plain) }
	tests := []struct {
		name, file, text string
		opt              Options
		delimiter        string
		newline          string
	}{
		{"plain", "a.csv", plain, Options{}, "comma", "LF"},
		{"no last newline", "a.csv", strings.TrimSuffix(plain, "\n"), Options{}, "comma", "LF"},
		{"CRLF", "a.csv", replace("\n", "\r\n"), Options{}, "comma", "CRLF"},
		{"CRLF without the last LF", "a.csv", strings.TrimSuffix(replace("\n", "\r\n"), "\n"), Options{}, "comma", "CRLF"},
		{"CR", "a.csv", replace("\n", "\r"), Options{}, "comma", "CR"},
		{"CR without the last", "a.csv", strings.TrimSuffix(replace("\n", "\r"), "\r"), Options{}, "comma", "CR"},
		{"BOM", "a.csv", "\uFEFF" + plain, Options{}, "comma", "LF"},
		{"all quoted", "a.csv", "\"taskId\",\"title\",\"status\"\n\"T-1\",\"a\",\"\"\n\"T-2\",\"b;c\",\"\"\n\"T-3\",\"d\",\"\"", Options{}, "comma", "LF"},
		{"all quoted CRLF BOM", "a.csv", "\uFEFF\"taskId\",\"title\",\"status\"\r\n\"T-1\",\"a\",\"\"\r\n\"T-2\",\"b;c\",\"\"\r\n\"T-3\",\"d\",\"\"\r\n", Options{}, "comma", "CRLF"},
		{"semicolon", "a.csv", replace("b;c", `"b;c"`, ",", ";"), Options{}, "semicolon", "LF"},
		{"tab", "a.csv", replace(",", "\t"), Options{}, "tab", "LF"},
		{"tsv", "a.tsv", replace(",", "\t"), Options{}, "tab", "LF"},
		{"pipe", "a.txt", replace(",", "|"), Options{}, "pipe", "LF"},
		{"delimiters in quoted header", "a.csv", replace("taskId,title,status", `"Task,Id,",title,status`), Options{Map: []string{"Task,Id,=taskId"}}, "comma", "LF"},
		{"flag", "a.csv", replace("taskId,title,status", "taskId,a;b;c;d,status"), Options{Delimiter: "comma", Map: []string{"a;b;c;d=title"}}, "comma", "LF"},
		{"uppercase name", "A.CSV", plain, Options{}, "comma", "LF"},
		{"tsv with commas", "a.tsv", plain, Options{}, "comma", "LF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, test.file, test.text, test.opt)
			if got := l.summary(); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if f := l.in.Facts(); f.Delimiter != test.delimiter || f.Newline != test.newline {
				t.Errorf("facts: %s, %s", f.Delimiter, f.Newline)
			}
		})
	}
}

// TestSepLine: Excel's sep=X is no row, but a physical line.
func TestSepLine(t *testing.T) {
	const want = "2@3 T-1 {\"title\":\"a,a,a\"}\n3@4 T-2 ! too few cells line 4 column title\n"
	const rows = "sep=;\ntaskId;title\nT-1;a,a,a\nT-2\n"
	tests := []struct {
		name, text string
		opt        Options
		want       string
	}{
		{"LF", rows, Options{}, want},
		{"CRLF", strings.ReplaceAll(rows, "\n", "\r\n"), Options{}, want},
		{"CR", strings.ReplaceAll(rows, "\n", "\r"), Options{}, want},
		{"BOM", "\uFEFF" + rows, Options{}, want},
		{"UTF-16", utf16Text(rows, false, true), Options{}, want},
		{"gzip", gzipped(t, rows), Options{}, want},
		{"against the header", "sep=;\n\"Task,a,b,c\";title\nT-1;a,a,a\nT-2\n", Options{Map: []string{"Task,a,b,c=taskId"}}, want},
		{"tab", strings.ReplaceAll(rows, ";", "\t"), Options{}, want},
		{"the flag wins", strings.Replace(rows, "sep=;", "sep=|", 1), Options{Delimiter: "semicolon"}, want},
		{"no header", "sep=;\nT-1;a,a,a\n", Options{Columns: []string{"id", "title"}}, "1@2 T-1 {\"title\":\"a,a,a\"}\n"},
		{"blank lines count", "sep=;\n\ntaskId;title\nT-1;x\n", Options{}, "3@4 T-1 {\"title\":\"x\"}\n"},
		{"results", "sep=;\n_outcome;_row;taskId;title\nfailed;9;T-9;x\nfailed;2;T-2;y\n", Options{TempDir: t.TempDir()}, "2@4 T-2 {\"title\":\"y\"}\n9@3 T-9 {\"title\":\"x\"}\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.csv", test.text, test.opt)
			if got := l.summary(); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
	for _, text := range []string{"sep=;", "sep=;\r\n", "sep=,\n\n"} {
		_, err := load(t, "a.csv", text, Options{})
		refused(t, err, "empty")
	}
	for _, text := range []string{"sep=;;\ntaskId\n", "\nsep=;\ntaskId\n", "sep=^\ntaskId\n", " sep=;\ntaskId\n", "SEP\ntaskId\n"} {
		_, err := load(t, "a.csv", text, Options{Delimiter: "comma"})
		refused(t, err, "no column taskId")
	}
	_, err := load(t, "a.csv", "sep=;\ntaskId;titel\n", Options{})
	refused(t, err, "line 2")
	_, err = load(t, "a.csv", "sep=;\ntaskId;title\nT-1;\xff\n", Options{})
	refused(t, err, "line 3, column 5")
}

func TestDelimiterTie(t *testing.T) {
	_, err := load(t, "a.csv", "taskId,title;status\n", Options{})
	refused(t, err, "comma", "semicolon", "--delimiter")
	must(t, "a.csv", "taskId\nT-1\n", Options{}) // one column has no delimiter
}

// TestRows: which records a text has, their numbers, lines and errors.
func TestRows(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"header only", "", ""},
		{"blank lines count", "\n\nT-1,a,x\n\n\nT-2,b,y\n", "4@4 T-1 {\"title\":\"a\",\"status\":\"x\"}\n7@7 T-2 {\"title\":\"b\",\"status\":\"y\"}\n"},
		{"only empty cells", ",,\nT-1,a,\n\"\",,\n,,,,,\nT-2,b,\n", "3@3 T-1 {\"title\":\"a\"}\n6@6 T-2 {\"title\":\"b\"}\n"},
		{"newline in quotes", "T-1,\"a\nb\r\nc\",\nT-2,b,\n", "2@2 T-1 {\"title\":\"a\\nb\\r\\nc\"}\n3@5 T-2 {\"title\":\"b\"}\n"},
		{"too few", "T-1,a\nT-2,b,\n", "2@2 T-1 ! too few cells line 2 column status\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"too many", "T-1,a,,\nT-2,b,\n", "2@2 T-1 ! too many cells line 2 column \n3@3 T-2 {\"title\":\"b\"}\n"},
		{"too many after a newline", "T-1,\"a\n\",,x\nT-2,b,\n", "2@2 T-1 ! too many cells line 3 column \n3@4 T-2 {\"title\":\"b\"}\n"},
		{"NUL", "T-1,a\x00,\nT-2,b,\n", "2@2 T-1 ! NUL line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"NUL in quotes", "T-1,\"x\n\",\"a\x00\"\nT-2,b,\n", "2@2 T-1 ! NUL line 3 column status\n3@4 T-2 {\"title\":\"b\"}\n"},
		{"stray quote", "T-1,5\" pipe,\nT-2,b,\n", "2@2 T-1 ! stray quote line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"text after a quote", "T-1,\"a\"b,\nT-2,b,\n", "2@2 T-1 ! text after a quote line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"undoubled quotes", "T-1,\"say \"hi, you\", bye\",x\nT-2,b,\n", "2@2 T-1 ! text after a quote line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"blank after a quote", "T-1,\"a\" ,\nT-2,b,\n", "2@2 T-1 ! text after a quote line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"lone CR", "T-1,a\rb,\nT-2,b,\n", "2@2 T-1 ! stray carriage return line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"CR after a quote", "T-1,\"a\"\rb,\nT-2,b,\n", "2@2 T-1 ! text after a quote line 2 column title\n3@3 T-2 {\"title\":\"b\"}\n"},
		{"lone CR in quotes", "T-1,\"a\rb\",\n", "2@2 T-1 {\"title\":\"a\\rb\"}\n"},
		{"doubled quotes", "T-1,\"\"\"a\"\" \"\"b\",\"\"\"\"\"\"\n", "2@2 T-1 {\"title\":\"\\\"a\\\" \\\"b\",\"status\":\"\"}\n"},
		{"quoted at the end", "T-1,a,\"x\"", "2@2 T-1 {\"title\":\"a\",\"status\":\"x\"}\n"},
		{"quoted with CR at the end", "T-1,a,\"x\"\r", "2@2 T-1 {\"title\":\"a\",\"status\":\"x\"}\n"},
		{"error on a later line", "T-1,\"a\n\n\",#N/A\n", "2@2 T-1 ! spreadsheet error line 4 column status\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := must(t, "a.csv", "taskId,title,status\n"+test.text, Options{}).summary(); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

// TestLoneCR: in a file of lone carriage returns a line feed is text only in
// quotes.
func TestLoneCR(t *testing.T) {
	l := must(t, "a.csv", "taskId,title\rT-1,\"a\r\nb\"\r\rT-2,x\r", Options{})
	want := "2@2 T-1 {\"title\":\"a\\r\\nb\"}\n4@5 T-2 {\"title\":\"x\"}\n"
	if got := l.summary(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, mixed := range []string{"T-1,a\nT-2,b\n", "T-1,\n"} {
		_, err := load(t, "a.csv", "taskId,title\r"+mixed, Options{})
		refused(t, err, "line 2", "line ends are mixed")
	}
}

func TestUnclosedQuote(t *testing.T) {
	_, err := load(t, "a.csv", "taskId,title\nT-1,a\nT-2,\"b\nc\nT-3,d\n", Options{})
	if e := refused(t, err, "never closed"); e.Line != 3 {
		t.Errorf("line %d", e.Line)
	}
	_, err = load(t, "a.csv", "taskId,title\nT-1,a\nT-2,\"x\ny\",\"b\nc\n", Options{})
	if e := refused(t, err, "never closed"); e.Line != 4 {
		t.Errorf("line %d", e.Line)
	}
	_, err = load(t, "a.csv", "taskId,\"title\nT-1,a\n", Options{})
	if e := refused(t, err, "never closed"); e.Line != 1 {
		t.Errorf("line %d", e.Line)
	}
}

// TestLimits: cells of 1 MiB and rows of 4 MiB, quoted or not.
func TestLimits(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	header := "taskId,title,description,assigneeId,activityId,type\n"
	next := "T-2,b,,,,\n"
	tests := []struct{ name, row, want string }{
		{"largest cell", "T-1," + text(inputLimits.cell) + ",,,,\n", ""},
		{"cell too large", "T-1," + text(inputLimits.cell+1) + ",,,,\n", "cell too large"},
		{"quoted largest cell", "T-1,\"" + text(inputLimits.cell-1) + `""",,,,` + "\n", ""},
		{"quoted cell too large", "T-1,\"" + text(inputLimits.cell) + `""",,,,` + "\n", "cell too large"},
		{"largest row", "TASK," + text(inputLimits.cell) + "," + text(inputLimits.cell) + "," + text(inputLimits.cell) + "," + text(inputLimits.cell-4) + ",\n", ""},
		{"row too large", "TASK," + text(inputLimits.cell) + "," + text(inputLimits.cell) + "," + text(inputLimits.cell) + "," + text(inputLimits.cell) + ",\n", "row too large"},
		{"quoted row", "TASK,\"" + strings.Repeat(`""`, inputLimits.cell) + "\"," + text(inputLimits.cell) + "," + text(inputLimits.cell) + "," + text(inputLimits.cell-4) + ",\n", ""},
		{"row far too large", "T-1," + strings.Repeat(text(inputLimits.cell)+",", 20) + "\n", "row too large"},
		{"unquoted cell far too large", "T-1," + text(20*inputLimits.cell) + "\n", "cell too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.csv", header+test.row+next, Options{})
			if len(l.rows) != 2 || l.rows[1].TaskID != "T-2" || l.rows[1].Line != 3 || l.rows[1].Err != nil {
				t.Fatalf("%d rows; the next row is not read", len(l.rows))
			}
			got := ""
			if err := l.rows[0].Err; err != nil {
				got = err.Kind
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(l.rows[0].Tail) > 6*inputLimits.cell {
				t.Errorf("the tail has %d bytes", len(l.rows[0].Tail))
			}
		})
	}
	_, err := load(t, "a.csv", header+"T-1,a,,,,\nT-2,\"b"+strings.Repeat("\nT-3,c,,,,", 600_000), Options{})
	if e := refused(t, err, "4 MiB"); e.Line != 3 {
		t.Errorf("line %d", e.Line)
	}
}

func TestEmptyInputs(t *testing.T) {
	for _, text := range []string{"", "\n", "\r\n\r\n", "\uFEFF", ",,\n"} {
		_, err := load(t, "a.csv", text, Options{})
		refused(t, err, "empty", "taskbatch fields --csv")
	}
	for _, text := range []string{"taskId,title\n", "taskId,title", "\n\ntaskId,title\n\n,\n"} {
		if l := must(t, "a.csv", text, Options{}); len(l.rows) != 0 {
			t.Errorf("%q has %d rows", text, len(l.rows))
		}
	}
	for _, text := range []string{"", "\n\n", "\uFEFF", " \r\n"} {
		if l := must(t, "a.jsonl", text, Options{}); len(l.rows) != 0 {
			t.Errorf("%q has %d rows", text, len(l.rows))
		}
	}
	l := must(t, "a.csv", "\n\ntaskId,title\nT-1,x\n", Options{})
	if got := l.summary(); got != "4@4 T-1 {\"title\":\"x\"}\n" {
		t.Error(got)
	}
}
