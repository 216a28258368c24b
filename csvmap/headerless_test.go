package csvmap

import (
	"strings"
	"testing"
)

// TestNoHeader: a first line that is no header is named as what it is, with the
// flag or the cure.
func TestNoHeader(t *testing.T) {
	tests := []struct {
		name, text string
		opt        Options
		want       []string
	}{
		{"rows", "T1,PENDING\nT2,COMPLETED\n", Options{}, []string{"line 1: the file has no header; its first line looks like a row: \"T1,PENDING\"", " --columns taskId,status"}},
		{"one row", "T1;HIGH;Call back today;https://a.example/x\n", Options{}, []string{"--columns taskId,priority,title,attachmentUrls"}},
		{"unknown columns", "T1,Zed,REVIEW,{}\n", Options{}, []string{"name its columns: --columns taskId,column2,type,metadata --ignore column2"}},
		{"an empty cell", "T1,\nT2,IN_PROGRESS\n", Options{}, []string{"--columns taskId,status"}},
		{"a title line", "Open tasks of November\n\nid;status\nT1;PENDING\n", Options{}, []string{`"Open tasks of November" is no header; the header stands in line 3`, "tail -n +3 "}},
		{"a title line with delimiters", "Report,,\nTask ID,Status,Title\nT1,PENDING,x\n", Options{}, []string{"the header stands in line 2"}},
		{"a title line above mapped names", "Report\nNummer,status\nT1,x\n", Options{Map: []string{"Nummer=taskId"}}, []string{"the header stands in line 2"}},
		{"another delimiter", "taskId;title\nT1;x\n", Options{Delimiter: "comma"}, []string{"not separated by comma but by semicolon", "--delimiter semicolon"}},
		{"all in one cell", "\"taskId,title\"\n\"T1,x\"\n", Options{}, []string{"all of the row stands in one cell", "a spreadsheet has opened the file with another delimiter"}},
		{"results in one cell", "\"_outcome,_row,_status,taskId\"\n\"failed,2,,T1\"\n", Options{}, []string{"all of the row stands in one cell"}},
		{"rows of results in one cell", "_outcome,_row,_status,taskId\n\"failed,2,,T1\"\n", Options{}, []string{"line 2: all of the row stands in one cell"}},
		{"just unknown names", "Nummer,Zustand\nT1,x\n", Options{}, []string{"the header has 3 problems", "all proposals at once: --ignore Nummer --ignore Zustand"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, "a.csv", test.text, test.opt)
			refused(t, err, test.want...)
		})
	}
	l := must(t, "a.csv", "taskId,title\n\"T1,x\"\n", Options{})
	if err := l.rows[0].Err; err == nil || err.Kind != "all in one cell" {
		t.Errorf("%+v", err)
	}
}

// TestProposals: with all the flags proposed the file can be read.
func TestProposals(t *testing.T) {
	for header, want := range map[string]string{
		"Task Number,Prio,Titel,Notes,It's": "T {\"title\":\"c\",\"priority\":\"b\"}",
		"id,Status,Staus":                   "T {\"status\":\"b\"}",
		"taskId,meta.region,desc":           "T {\"description\":\"c\"}",
		"taskId," + strings.Join(strings.Split("abcdefghijklmnopqrstuvwxyz", ""), "x,") + "x": "T {}",
	} {
		n := strings.Count(header, ",")
		row := "T" + ",b,c,d,e,f,g"[:min(2*n, 12)] + strings.Repeat(",", max(0, n-6)) + "\n"
		path := write(t, "my tasks.csv", header+"\n"+row)
		_, err := loadPath(t, path, Options{})
		e := refused(t, err, "all proposals at once: --")
		var opt Options
		for i, flag := range e.Flags {
			switch flag {
			case "--map":
				opt.Map = append(opt.Map, e.Flags[i+1])
			case "--ignore":
				opt.Ignore = append(opt.Ignore, e.Flags[i+1])
			case "--ignore-unknown":
				opt.IgnoreUnknown = true
			}
		}
		l, err := loadPath(t, path, opt)
		if err != nil {
			t.Errorf("%q: %v", e.Flags, err)
			continue
		}
		if got := l.rows[0].TaskID + " " + said(l.rows[0]); got != want {
			t.Errorf("%q: got %s, want %s", e.Flags, got, want)
		}
	}
}

// TestNearFields: what a flag's field was meant to be, else all of them.
func TestNearFields(t *testing.T) {
	for name, want := range map[string]string{
		"prio": "did you mean priority?", "desc": "did you mean description?", "Assignee": "did you mean assigneeId?",
		"t": "the fields are taskId, title,", "zzz": "priority, attachmentUrls, metadata and metadata.KEY",
	} {
		err := Options{Map: []string{"X=" + name}}.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Options{Encoding: "ansi"}).Validate(); err == nil || !strings.Contains(err.Error(), "windows-1252 in Western Europe") {
		t.Error(err)
	}
}

// TestMisreadText: UTF-8 that was read as another encoding is odd, and what
// people write is not.
func TestMisreadText(t *testing.T) {
	for text, want := range map[string]bool{
		"GrÃ¼ÃŸe": true, "donâ€™t": true, "ZÃ¼rich": true, "10Â°": true, "a Â\u00a0b": true, "Ã€": true, "Ã\u00a0": true,
		"Grüße": false, "AMANHÃ": false, "SÃO PAULO": false, "“AMANHÃ”": false, "Â": false, "âge": false, "€": false, "Ã": false, "": false,
	} {
		file := "taskId,title,status\nT-1,\"" + text + "\",x\n"
		l := must(t, "a.csv", file, Options{})
		w := l.rows[0].Warning
		if (w != nil) != want || w != nil && (w.Column != "title" || w.Value != text || w.Kind != misreadKind) {
			t.Errorf("%q: %+v", text, w)
		}
	}
	l := must(t, "a.jsonl", `{"taskId":"T-1","metadata":{"k":"Ã¼"}}`, Options{})
	if w := l.rows[0].Warning; w == nil || w.Column != "metadata" {
		t.Errorf("%+v", w)
	}
	text := resultsHead + "taskId,title\n" + resultsLine("failed", 2, "T", `{"title":"ü"}`, "T,Ã¼") + resultsLine("failed", 3, "T", `{"title":"Ã¼"}`, "T,Ã¼")
	if got := must(t, "a.results.csv", text, Options{}).in.Facts().Hints; len(got) != 1 || !strings.HasPrefix(got[0], "1 edited row with text that was UTF-8") {
		t.Errorf("%q", got)
	}
}
