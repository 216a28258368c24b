package csvmap

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"taskbatch/csvmap/record"
)

// readAll reads all records of a text; err is the one that ended the reading.
func readAll(src io.Reader, delimiter, newline byte) (records [][]string, invalid bool, err error) {
	c := newCSVReader(src, delimiter, newline)
	for {
		rec, err := c.next()
		if err == io.EOF {
			return records, invalid, nil
		}
		if err != nil {
			return records, invalid, err
		}
		invalid = invalid || rec.err != nil
		records = append(records, rec.texts())
	}
}

// FuzzCSV compares the reader with encoding/csv, wherever that does not
// change a byte itself, and with itself when the text comes byte by byte.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\"\"b\",\"c\nd\"\r\n", "a\"b,c\n", "\"a\"b,c\n", "\"open\n", "\n\n,,\n", "a\rb\r", "\"a\"\r", "\x00", "\"a\r\nb\"", "a,b\r\n\"\",\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, invalid, err := readAll(strings.NewReader(text), ',', '\n')
		slow, slowInvalid, slowErr := readAll(iotest.OneByteReader(strings.NewReader(text)), ',', '\n')
		if !slices.EqualFunc(got, slow, slices.Equal) || invalid != slowInvalid || (err == nil) != (slowErr == nil) {
			t.Fatalf("%q: %q %v, byte by byte %q %v", text, got, err, slow, slowErr)
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = -1
		want, stdErr := std.ReadAll()
		if strings.ContainsAny(text, "\r\x00") { // encoding/csv changes CRLF in quotes and takes NUL
			return
		}
		want = slices.DeleteFunc(want, func(cells []string) bool { return strings.Join(cells, "") == "" })
		ok := err == nil && !invalid
		if ok != (stdErr == nil) || ok && !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q: %q %v %t, encoding/csv %q %v", text, got, err, invalid, want, stdErr)
		}
	})
}

// FuzzCellForm: every text has a cell that reads back to it, also through
// CSV; every cell that stands for a text is the cell of that text.
func FuzzCellForm(f *testing.F) {
	for _, seed := range []string{"", `""`, `\""`, `\\#N/A`, "#REF!", "a,b", " a", "a\r", "\"", "\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cell := escapeCell([]byte(text))
		if back, meaning := readCell(cell); text != "" && (meaning != textMeaning || string(back) != text) {
			t.Fatalf("%q became %q, then %q", text, cell, back)
		}
		if back, meaning := readCell([]byte(text)); meaning == textMeaning && string(escapeCell(back)) != text {
			t.Fatalf("the cell %q is not the cell of its text %q", text, back)
		}
		if strings.Contains(text, "\x00") {
			return
		}
		line := append(record.AppendCSV(append(record.AppendCSV(nil, text), ','), "x"), '\n')
		records, invalid, err := readAll(bytes.NewReader(line), ',', '\n')
		if err != nil || invalid || len(records) != 1 || !slices.Equal(records[0], []string{text, "x"}) {
			t.Fatalf("%q: %q %v", line, records, err)
		}
	})
}

// FuzzHeader: a header either gives a layout whose results header is read back
// to the same targets, or an InputError.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"taskId,title", "ID,metadata.a.b:number,metadata", "id,Task_ID", "id,metadata.a,metadata.a.b", "id,,x,", "id,_row,title (ignored)", "_outcome,_row,taskId,Title"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, header string, ignoreUnknown bool) {
		r, err := Options{IgnoreUnknown: ignoreUnknown, Set: []string{"status=x", "metadata.s=1"}}.compile()
		if err != nil {
			t.Fatal(err)
		}
		names := strings.Split(strings.ToValidUTF8(header, ""), ",")
		l, err := mapHeader(names, 1, r)
		var e *InputError
		if err != nil {
			if !errors.As(err, &e) || e.Msg == "" {
				t.Fatal(err)
			}
			return
		}
		again := slices.Clone(record.Names[:])
		for _, own := range l.own {
			again = append(again, own.name)
		}
		second, err := mapResults(again, 1, &rules{})
		if err != nil {
			t.Fatalf("%q: %v", again, err)
		}
		for i, own := range l.own {
			if second.own[i].name != own.name || second.own[i].target != own.target {
				t.Fatalf("%q: %s became %s", again, own.target, second.own[i].target)
			}
		}
	})
}

// FuzzJSONL: a line either is an invalid row, or its results row has the same
// body.
func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{`{"taskId":"T-1","title":"x"}`, `{"taskId":"T-1","metadata":{"a":[1.0,null]}}`, `{"taskId":"T-1","attachmentUrls":["http://a"]}`,
		`{"taskId":"T-1","title":null}`, `{"taskId":"T-1"} {}`, `{"taskId":"\ud800"}`, `{"a":1,"a":2}`, "{\"taskId\":\"\xff\"}", `[`, `{"taskId":"T-1","x":{"y":1}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkJSONLines([]byte(text)) != nil || strings.ContainsAny(text, "\n") {
			return
		}
		options := Options{IgnoreUnknown: true, Null: "clear", Set: []string{"metadata.s=1"}}
		r, err := options.compile()
		if err != nil {
			t.Fatal(err)
		}
		l, err := mapJSONL(r)
		if err != nil {
			t.Fatal(err)
		}
		b := newBuilder(l)
		line, err := newJSONLReader(strings.NewReader(text), '\n').next()
		if err != nil {
			return
		}
		b.jsonRow(line)
		first := &loaded{rows: []Row{b.row}}
		for _, own := range l.own[:l.tail] {
			first.columns = append(first.columns, own.name)
		}
		first.columns = append(first.columns, record.IgnoredName, record.RawName)
		first.rows[0].Tail = b.appendTail(nil, nil, true, true)
		second := must(t, "a.results.csv", resultsText(first), Options{}).rows[0]
		if (second.Err == nil) != (b.row.Err == nil) || string(second.Body) != string(b.row.Body) || second.Prior.Edited {
			t.Fatalf("%s: %s %+v, then %s %+v", text, b.row.Body, b.row.Err, second.Body, second.Err)
		}
	})
}

// FuzzFile: whatever a file holds, it is refused with words or both passes see
// the same rows, and a rerun of its results sends the same.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"taskId,title\nT1,Open\n", "T1,PENDING\nT2,x\n", "Title\nid;status\nT1;Open\n", "\"taskId,title\"\n\"T1,x\"\n", "taskId,Prio,x\nT,a,b\n",
		resultsHead + "taskId,title\n" + resultsLine("failed", 2, "007", `{"title":"=x"}`, "7,'=x"), resultsHead + "taskId,title\n\"failed,2,,,,,,,,T,x\"\n",
		"taskId,title\nT,Ã¼\n", "taskId,attachmentUrls,metadata\nT,Open|x,\"{\"\"k\"\":\"\"Open\"\"}\"\n",
		"\xFF\xFEt\x00a\x00s\x00k\x00I\x00d\x00\n\x00T\x00", "P*M\x18\x00\x00\x00\x00(\xb5/\xfd",
	} {
		f.Add(seed, false)
	}
	f.Add(`{"taskId":"T","title":"Open","attachmentUrls":["Open"],"metadata":{"k":"Open"}}`, true)
	table := filepath.Join(f.TempDir(), "table.csv")
	if err := os.WriteFile(table, []byte("from,to\nOpen,http://a\nT,T-1\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, jsonl bool) {
		opt := Options{Replace: []string{"title:Open=x", "metadata.k:Open=y"}, Lookup: []string{"attachmentUrls=" + table}, Format: formatCSV}
		if jsonl {
			opt.Format = formatJSONL
		}
		l, err := load(t, "a", text, opt)
		var input *InputError
		if err != nil && !errors.As(err, &input) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil || len(l.rows) == 0 || l.in.Facts().IsResults {
			return
		}
		again, err := load(t, "a.results.csv", resultsText(l), Options{})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for i, row := range l.rows {
			if string(again.rows[i].Body) != string(row.Body) || (row.Err == nil) != (again.rows[i].Err == nil) {
				t.Fatalf("%q: row %d was %v %s, becomes %v %s", text, row.Number, row.Err, row.Body, again.rows[i].Err, again.rows[i].Body)
			}
		}
	})
}

// FuzzLookupFile: a lookup file is refused with words, or every entry of it is
// found.
func FuzzLookupFile(f *testing.F) {
	for _, seed := range []string{"from,to\na,b\n", "to;from;x\r\nb;a;\r\n", "from,to\na,b\na,c\n", "from,to\na,\n", "from,to\n\"a\"\"\",\"b\nc\"\n", "from\n", "sep=;\nfrom;to\n;b\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := openLookup(write(t, "a.csv", text), &rules{})
		var input *InputError
		if err != nil {
			if !errors.As(err, &input) || input.Msg == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for i := range l.entries() {
			if to, known := l.find(l.cell(2 * i)); !known || !bytes.Equal(to, l.cell(2*i+1)) || len(to) == 0 {
				t.Fatalf("%q: %q becomes %q", text, l.cell(2*i), to)
			}
		}
		if _, known := l.find([]byte(text)); known {
			return
		}
		if p := l.unknown(text); p.Kind == "" || !p.untranslated {
			t.Fatalf("%q: %+v", text, p)
		}
	})
}
