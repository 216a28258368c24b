package csvmap

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"taskbatch/csvmap/record"
)

const resultsHead = "_outcome,_row,_status,_attempts,_ms,_at,_target,_error,_sum,"

// resultsLine is a record of a results file, with the sum of what was sent.
func resultsLine(outcome string, row int, id, body, tail string) string {
	sum := ""
	if body != "" {
		sum = record.SumOf(id, []byte(body)).String()
	}
	return fmt.Sprintf("%s,%d,200,1,12,2026-11-23T10:00:00.000Z,http://127.0.0.1:8000,,%s,%s\n", outcome, row, sum, tail)
}

func TestResultsAsInput(t *testing.T) {
	text := resultsHead + "taskId,title,Region,title (ignored),metadata.n:number,Status\n" +
		resultsLine("updated", 2, "T-1", `{"title":"a","metadata":{"n":1.0}}`, "T-1,a,EU,old,1.0,s") +
		resultsLine("failed", 5, "T-2", `{"title":"b"}`, "T-2,b,,,,") +
		resultsLine("skipped", 6, "T-3", `{}`, "T-3,,,,,") +
		resultsLine("blocked", 9, "T-4", `{"title":"b"}`, `T-4,changed,,,,`)
	opt := Options{Set: []string{"status=DONE", "title=new"}, Map: []string{"Region=title"}, Ignore: []string{"x"}, Empty: "clear", ListSeparator: ";"}
	l := must(t, "a.results.csv", text, opt)
	if got := strings.Join(l.columns, ","); got != "taskId,title,Region,title (ignored),metadata.n:number,Status,status" {
		t.Error(got)
	}
	want := "2@2 T-1 {\"title\":\"a\",\"metadata\":{\"n\":1.0}}\n" +
		"5@3 T-2 {\"title\":\"new\",\"status\":\"DONE\"}\n" +
		"6@4 T-3 {}\n" +
		"9@5 T-4 {\"title\":\"new\",\"status\":\"DONE\"}\n"
	if got := l.summary(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	tails := []string{",T-1,a,EU,old,1.0,s,", ",T-2,new,,,,,DONE", ",T-3,,,,,,", ",T-4,new,,,,,DONE"}
	for i, row := range l.rows {
		if string(row.Tail) != tails[i] {
			t.Errorf("row %d: got %s, want %s", row.Number, row.Tail, tails[i])
		}
		if row.Prior == nil || row.Prior.Edited != (row.Number == 9) || row.Prior.Raw {
			t.Errorf("row %d: %+v", row.Number, row.Prior)
		}
	}
	head := l.rows[0].Prior.Head
	if head[0] != "updated" || head[1] != "2" || head[2] != "200" || head[5] != "2026-11-23T10:00:00.000Z" || head[6] != "http://127.0.0.1:8000" || len(head[8]) != 25 {
		t.Errorf("%q", head)
	}
	f := l.in.Facts()
	if !f.IsResults || len(f.Hints) != 1 || f.Hints[0] != "--map --ignore --empty --list-separator have no effect on a results file, which says itself what its columns mean" {
		t.Errorf("%+v", f)
	}
}

// TestFinishedRowsStayAsTheyAre: not even blanks in their JSON change.
func TestFinishedRowsStayAsTheyAre(t *testing.T) {
	text := resultsHead + "taskId,metadata,attachmentUrls\n" +
		"updated,2,,,,,,,,T-1,\"{ \"\"a\"\": 1 }\",https://a.example |\n" +
		"failed,3,,,,,,,,T-2,\"{ \"\"a\"\": 1 }\",https://a.example |\n"
	l := must(t, "a.results.csv", text, Options{})
	tails := []string{`,T-1,"{ ""a"": 1 }",https://a.example |`, `,T-2,"{""a"":1}","[""https://a.example""]"`}
	for i, row := range l.rows {
		if string(row.Tail) != tails[i] || string(row.Body) != `{"attachmentUrls":["https://a.example"],"metadata":{"a":1}}` {
			t.Errorf("got %s %s, want %s", row.Tail, row.Body, tails[i])
		}
	}
}

// TestResultsOfASpreadsheet: another dialect, another order, rows deleted,
// columns removed.
func TestResultsOfASpreadsheet(t *testing.T) {
	text := "\uFEFFtaskId;_row;_outcome;title\r\nT-9;9;failed;c\r\n;;;\r\nT-2;2;updated;a\r\nT-5;5;unsent;\"b\n;\"\r\n"
	for name, text := range map[string]string{"utf-8": text, "utf-16": utf16Text(strings.TrimPrefix(text, "\uFEFF"), false, true)} {
		t.Run(name, func(t *testing.T) {
			l := must(t, "a.results.csv", text, Options{TempDir: t.TempDir()})
			want := "2@4 T-2 {\"title\":\"a\"}\n5@5 T-5 {\"title\":\"b\\n;\"}\n9@2 T-9 {\"title\":\"c\"}\n"
			if got := l.summary(); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if p := l.rows[0].Prior; p.Edited || p.Head != (record.Head{"updated", "2"}) {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestResultsRefused(t *testing.T) {
	line := func(outcome, row, tail string) string { return outcome + "," + row + ",,,,,,,," + tail + "\n" }
	tests := []struct {
		name, text string
		set        []string
		usage      bool
		parts      []string
	}{
		{"doubled", line("failed", "2", "T-1,") + line("failed", "2", "T-1,"), nil, false, []string{"line 3", "line 2", "row 2", "twice"}},
		{"doubled far away", line("failed", "2", "T-1,") + line("failed", "4", "T-1,") + line("failed", "2", "T-1,"), nil, false, []string{"line 4", "line 2"}},
		{"missing", line("failed", "", "T-1,"), nil, false, []string{"line 2", "_row"}},
		{"malformed", line("failed", "2", "T-1,") + line("failed", "3.0", "T-1,") + line("failed", "x", "T-1,"), nil, false, []string{"lines 3", "4", `"3.0"`}},
		{"zero", line("failed", "0", "T-1,"), nil, false, []string{"line 2"}},
		{"sign", line("failed", "+2", "T-1,"), nil, false, []string{"line 2"}},
		{"leading zero", line("failed", "02", "T-1,"), nil, false, []string{"line 2"}},
		{"too large", line("failed", "99999999999999999999", "T-1,"), nil, false, []string{"line 2"}},
		{"outcome", line("done", "2", "T-1,"), nil, false, []string{"line 2", `"done"`, "updated, skipped"}},
		{"outcome case", line("Failed", "2", "T-1,"), nil, false, []string{"line 2", `"Failed"`}},
		{"outcome missing", line("", "2", "T-1,"), nil, false, []string{"line 2"}},
		{"many", strings.Repeat(line("failed", "", "T-1,"), 9), nil, false, []string{"lines 2", "and 4 more"}},
		{"finished row without cells", line("updated", "2", "T-1"), nil, false, []string{"line 2", "finished"}},
		{"set with another type", line("updated", "2", "T-1,"), []string{"metadata.n:number=5"}, true, []string{"metadata.n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := resultsHead + "taskId,metadata.n\n"
			_, err := load(t, "a.results.csv", header+test.text, Options{Set: test.set, TempDir: t.TempDir()})
			if e := refused(t, err, test.parts...); e.Usage != test.usage {
				t.Errorf("usage %t", e.Usage)
			}
		})
	}
	_, err := load(t, "a.results.csv", resultsHead+"title\n", Options{})
	refused(t, err, "no column taskId")
	_, err = load(t, "a.results.csv", resultsHead+"Task_Id\n", Options{}) // only exact names
	refused(t, err, "no column taskId")
}

// TestInvalidRowsComeBack: what cannot be sent stands in the results file so
// that it can be repaired, and stays invalid until it is.
func TestInvalidRowsComeBack(t *testing.T) {
	text := "id,title,attachmentUrls,Region,metadata\n" +
		"T-1,ok,https://a.example;https://b.example,EU,\n" +
		"T 2,x,,EU,\n" +
		"T-3,#N/A,,EU,\"{\"\"a\"\": 1}\"\n" +
		"T-4,x,https://a.example;nothing,EU,{\n" +
		"T-5,short\n" +
		"T-6,\"a\"b\\\t,,,\n"
	opt := Options{Ignore: []string{"Region"}, Empty: "clear", ListSeparator: ";"}
	first := must(t, "a.csv", text, opt)
	wantTails := []string{
		`,T-1,ok,"[""https://a.example"",""https://b.example""]",EU,{},`,
		`,T 2,x,[],EU,{},`,
		`,T-3,#N/A,[],EU,"{""a"":1}",`,
		`,T-4,x,"[""https://a.example"",""nothing""]",EU,{,`,
		`,,,,,,"T-5,short"`,
		`,,,,,,"T-6,""a""b\\\t,,,"`,
	}
	for i, row := range first.rows {
		if string(row.Tail) != wantTails[i] {
			t.Errorf("row %d: got %s, want %s", row.Number, row.Tail, wantTails[i])
		}
	}
	if first.rows[4].TaskID != "T-5" {
		t.Error("the task id of a short row can be read")
	}
	second := must(t, "a.results.csv", resultsText(first), Options{})
	kinds := []string{"", "bad taskId", "spreadsheet error", "bad URL", "not repaired", "not repaired"}
	for i, row := range second.rows {
		kind := ""
		if row.Err != nil {
			kind = row.Err.Kind
		}
		if kind != kinds[i] || row.Prior.Raw != (i >= 4) || row.Prior.Edited {
			t.Errorf("row %d: %q, %+v", row.Number, kind, row.Prior)
		}
		if string(row.Tail) != wantTails[i] {
			t.Errorf("row %d: got %s, want %s", row.Number, row.Tail, wantTails[i])
		}
	}
	repaired := strings.Replace(resultsText(first), `,,,,,,"T-5,short"`, `,T-5,short,,,,`, 1)
	row := must(t, "a.results.csv", repaired, Options{}).rows[4]
	if row.Err != nil || string(row.Body) != `{"title":"short"}` || row.Prior.Raw {
		t.Errorf("%+v %+v", row, row.Prior)
	}
}

// TestHalfRepaired: a row whose cells are filled, but whose _raw is not
// emptied, is told apart from one that nobody has touched.
func TestHalfRepaired(t *testing.T) {
	const filled = "its cells are filled; empty its _raw, then it is sent"
	const untouched = "the row could not be read in an earlier run; fill its cells and empty its _raw, then it is sent"
	const header = "taskId,title,Region,status,_raw"
	tests := []struct{ name, header, cells, reason, tail string }{
		{"untouched", header, ",,,,{raw}", untouched, ",,,,,{raw}"},
		{"only a remark beside it", header + ",", ",,,,{raw},remark", untouched, ",,,,,remark,{raw}"},
		{"filled", header, "T-1,a,,,{raw}", filled, ",T-1,a,,,{raw}"},
		{"only an ignored cell", header, ",,x,,{raw}", filled, ",,,x,,{raw}"},
		{"filled badly", header, "T 1,#N/A,,,{raw}", filled, ",T 1,#N/A,,,{raw}"},
		{"cut off", header, "T-1,a", `the row has 11 cells, the header 14; "Region" and what follows is missing`, `,,,,,"invalid,7,,0,,,,old,,T-1,a"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := resultsHead + test.header + "\ninvalid,7,,0,,,,old,," + test.cells + "\n"
			row := must(t, "a.results.csv", text, Options{Set: []string{"status=DONE"}}).rows[0]
			if row.Err == nil || row.Err.Reason != test.reason || row.Prior.Raw != (test.reason == untouched) || row.Prior.Edited {
				t.Errorf("%+v %+v", row.Err, row.Prior)
			}
			if got := string(row.Tail); got != test.tail {
				t.Errorf("got %s, want %s", got, test.tail)
			}
		})
	}
}

// TestEditedNeedsASum: only a sum that is there and differs tells of an edit.
func TestEditedNeedsASum(t *testing.T) {
	sum := record.SumOf("T-1", []byte(`{"title":"a"}`)).String()
	tests := []struct {
		name, sum, cells string
		want             bool
	}{
		{"fits", sum, "T-1,a", false},
		{"upper case", strings.ToUpper(sum), "T-1,a", false},
		{"other title", sum, "T-1,b", true},
		{"other task", sum, "T-2,a", true},
		{"not valid any more", sum, "T 1,a", true},
		{"other sum", "s0123456789abcdef01234567", "T-1,a", true},
		{"empty", "", "T-1,a", false},
		{"scientific", "1.23E+15", "T-1,a", false},
		{"leading zeros dropped", "123456789012345", "T-1,a", false},
		{"without its mark", sum[1:], "T-1,b", false},
		{"too long", sum + "0", "T-1,b", false},
		{"no hex", "s0x23456789abcdef01234567", "T-1,a", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.results.csv", resultsHead+"taskId,title\nfailed,2,,1,,,,,"+test.sum+","+test.cells+"\n", Options{})
			if got := l.rows[0].Prior.Edited; got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// resultsText is the results file of a run that has not sent anything.
func resultsText(l *loaded) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(resultsHead, ","))
	for _, name := range l.columns {
		b.WriteByte(',')
		b.Write(record.AppendCSV(nil, name))
	}
	b.WriteByte('\n')
	for _, row := range l.rows {
		outcome, sum := "unsent", record.SumOf(row.TaskID, row.Body).String()
		if row.Err != nil {
			outcome, sum = "invalid", ""
		}
		fmt.Fprintf(&b, "%s,%d,,0,,2026-11-23T10:00:00.000Z,sandbox,,%s%s\n", outcome, row.Number, sum, row.Tail)
	}
	return b.String()
}

// TestInvalidStaysInvalidWhenTooLarge: the limits are wider for a results
// file, but a row that was too large must not slip through.
func TestInvalidStaysInvalidWhenTooLarge(t *testing.T) {
	first := must(t, "a.csv", "taskId,title\nT-1,"+strings.Repeat("x", inputLimits.cell+1)+"\n", Options{})
	second := must(t, "a.results.csv", resultsText(first), Options{})
	if err := second.rows[0].Err; err == nil || err.Kind != "not repaired" {
		t.Errorf("%+v", err)
	}
	urls := strings.Repeat("http://a|", inputLimits.cell/9)
	first = must(t, "a.csv", "taskId,attachmentUrls\nT-1,"+urls+"\n", Options{})
	second = must(t, "a.results.csv", resultsText(first), Options{})
	if first.rows[0].Err != nil || second.rows[0].Err != nil {
		t.Errorf("a valid row must stay valid: %v", second.rows[0].Err)
	}
}

// TestSortManyRows sorts a results file that is larger than the memory for it.
func TestSortManyRows(t *testing.T) {
	const rows = 60_000
	filler := strings.Repeat("x", 400)
	var b strings.Builder
	b.WriteString("_outcome,_row,taskId,title\n")
	for i := range rows {
		fmt.Fprintf(&b, "failed,%d,T-%d,%s\n", (i*7919)%rows+1, (i*7919)%rows+1, filler)
	}
	in, err := Open(write(t, "a.csv", b.String()), nil, Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, pass := range []func(context.Context) iter.Seq2[*Row, error]{in.Check, in.Each} {
		next := int64(1)
		err := visit(pass(t.Context()), func(row *Row) error {
			if row.Number != next || row.TaskID != "T-"+itoa(next) || row.Err != nil {
				return fmt.Errorf("row %d came instead of %d", row.Number, next)
			}
			next++
			return nil
		})
		if err != nil || next != rows+1 {
			t.Fatal(next, err)
		}
	}
	stop := errors.New("stop")
	if err := visit(in.Each(t.Context()), func(*Row) error { return stop }); err != stop {
		t.Error(err)
	}
}

func TestIgnoredKeysStay(t *testing.T) {
	first := must(t, "a.jsonl", `{"taskId":"T-1","Region":{"x": 1.0},"a":null}`+"\n"+`{"taskId":"T-2"}`+"\n", Options{IgnoreUnknown: true})
	if got := first.in.Facts().UnknownIgnored; !slices.Equal(got, []string{"Region", "a"}) {
		t.Error(got)
	}
	text := resultsText(first)
	second := must(t, "a.results.csv", text, Options{Set: []string{"metadata.r=EU"}})
	if got := strings.Join(second.columns, ","); !strings.HasSuffix(got, ",metadata,metadata.r,_ignored") {
		t.Error(got)
	}
	if got := string(second.rows[0].Tail); !strings.HasSuffix(got, `,EU,"{""Region"":{""x"": 1.0},""a"":null}"`) {
		t.Error(got)
	}
}
