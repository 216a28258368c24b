package csvmap

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
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
		var cells []string
		for _, cell := range rec.cells {
			cells = append(cells, strings.Clone(cell))
		}
		records = append(records, cells)
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
		cell := EscapeCell(text)
		if back, meaning := readCell(cell); text != "" && (meaning != textMeaning || back != text) {
			t.Fatalf("%q became %q, then %q", text, cell, back)
		}
		if back, meaning := readCell(text); meaning == textMeaning && EscapeCell(back) != text {
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
		b := newBuilder(l, r)
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
