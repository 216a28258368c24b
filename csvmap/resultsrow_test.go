package csvmap

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/client"
	"taskbatch/csvmap/record"
)

// TestLostZeros: a taskId of which a spreadsheet has made a number is another
// task; a corrected one is an edit.
func TestLostZeros(t *testing.T) {
	body := `{"title":"a"}`
	text := resultsHead + "taskId,title\n" +
		resultsLine("failed", 2, "00031", body, "31,a") +
		resultsLine("failed", 3, "00031", body, "31,b") +
		resultsLine("failed", 4, "31", body, "32,a") +
		resultsLine("failed", 5, "000", body, "0,a") +
		resultsLine("failed", 6, strings.Repeat("0", 20)+"7", body, "7,a") +
		resultsLine("failed", 7, strings.Repeat("0", 21)+"7", body, "7,a") +
		resultsLine("updated", 8, "00031", body, "31,a") +
		resultsLine("failed", 9, "", "", "31,a")
	l := must(t, "a.results.csv", text, Options{Set: []string{"status=DONE"}})
	want := []string{
		`00031 leading zeros lost: the taskId was "00031", of which a spreadsheet has made "31"; write it back, or empty the row's _sum if "31" is meant`,
		`00031 leading zeros lost: the taskId was "00031", of which a spreadsheet has made "31"; write it back, or empty the row's _sum if "31" is meant`,
		`32 {"title":"a","status":"DONE"}`,
		`000 leading zeros lost: the taskId was "000", of which a spreadsheet has made "0"; write it back, or empty the row's _sum if "0" is meant`,
		`000000000000000000007 leading zeros lost: the taskId was "000000000000000000007", of which a spreadsheet has made "7"; write it back, or empty the row's _sum if "7" is meant`,
		`7 {"title":"a","status":"DONE"}`,
		`00031 {"title":"a"}`,
		`31 {"title":"a","status":"DONE"}`,
	}
	for i, row := range l.rows {
		if got := row.TaskID + " " + said(row); got != want[i] {
			t.Errorf("row %d: got\n%s, want\n%s", row.Number, got, want[i])
		}
		if row.Err != nil && (row.Err.Column != "taskId" || !row.Prior.Edited || row.Body != nil) {
			t.Errorf("row %d: %+v %+v", row.Number, row.Err, row.Prior)
		}
	}
	if got := string(l.rows[0].Tail); got != ",31,a," {
		t.Errorf("the cells of the row are %s", got)
	}
}

// TestProtectedCells: the row's _sum tells whether its cells are protected,
// else the other rows of the file do.
func TestProtectedCells(t *testing.T) {
	line := func(row int, sent, cell string) string {
		return resultsLine("failed", row, "T", `{"title":`+jsonQuote(sent)+`}`, "T,"+cell+",'@x")
	}
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"as they stand", line(2, "'=a", "'=a"), []string{"'=a"}},
		{"protected", line(2, "=a", "'=a") + line(3, "''+a", "'''+a") + line(4, "'a", "'a") + line(5, "=b", "=b"), []string{"=a", "''+a", "'a", "=b"}},
		{"edited, nothing tells", line(2, "=a", "'=b"), []string{"=b"}},
		{"edited, another row tells", line(2, "=a", "'=b") + line(3, "'-c", "'-c"), []string{"'=b", "'-c"}},
		{"edited, another row tells the other", line(2, "=a", "'=b") + line(3, "-c", "'-c"), []string{"=b", "-c"}},
		{"each row by its own sum", line(2, "=a", "'=a") + line(3, "'-c", "'-c") + line(4, "x", "'@y"), []string{"=a", "'-c", "@y"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.results.csv", resultsHead+"taskId,title,Note\n"+test.text, Options{})
			for i, row := range l.rows {
				if got := said(row); got != `{"title":`+jsonQuote(test.want[i])+`}` {
					t.Errorf("row %d: got %s, want %s", row.Number, got, test.want[i])
				}
			}
		})
	}
	l := must(t, "a.results.csv", resultsHead+"taskId,title,Note\n"+line(2, "=a", "'=a"), Options{})
	if got := string(l.rows[0].Tail); got != ",T,=a,@x" {
		t.Errorf("the tail is %s: ignored cells are protected, too", got)
	}
}

func TestProtectAnyCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOfN(rapid.SampledFrom([]rune("'=+-@\t\rab")), 0, 6, -1).Draw(t, "cell")
		protected := record.Protect(cell)
		if protected != "" && strings.ContainsRune("=+-@\t\r", rune(protected[0])) {
			t.Errorf("%q becomes %q, which is a formula", cell, protected)
		}
		if plain, found := record.Unprotect(protected); plain != cell || found != (protected != cell) {
			t.Errorf("%q became %q, then %q", cell, protected, plain)
		}
	})
}

// TestRewrittenColumns: a column whose edited cells are all numbers or dates
// is named.
func TestRewrittenColumns(t *testing.T) {
	text := resultsHead + "taskId,title,description,metadata.n:number,activityId\n" +
		resultsLine("failed", 2, "001-2", `{"title":"2026-01-02"}`, "1. Feb,02.01.2026,x,,") +
		resultsLine("failed", 3, "T-1", `{"title":"1234567890123456","description":"1","metadata":{"n":1}}`, "T-2,1.23E+15,1,2,") +
		resultsLine("failed", 4, "T-3", `{"title":"three"}`, "T-3,three,,,")
	l := must(t, "a.results.csv", text, Options{})
	want := []string{"column title: in the edited rows it holds only numbers and dates (2 cells); a spreadsheet has probably rewritten it"}
	if got := l.in.Facts().Hints; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for cell, want := range map[string]bool{
		"31": true, "-1,5": true, "1.23E+15": true, "50%": true, "12/31/2026": true, "2026-11-23": true, "23.11.26 10:00": true, "5-Mar": true, "10:30": true,
		"T-1": false, "USR-7": false, "1 x": false, "": false, "March": false, "2026-11-23T": false, "Version 2": false,
	} {
		if got := isSpreadsheetCell([]byte(cell)); got != want {
			t.Errorf("%q: %t", cell, got)
		}
	}
}

// TestValues: what a row of Check sets its fields to.
func TestValues(t *testing.T) {
	in, err := Open(write(t, "a.csv", "taskId,status,attachmentUrls,metadata.a,title\nT-1,DONE,http://a|http://b,x,\"\"\"\"\"\"\nT-2,,,,\n"), nil, Options{Set: []string{"type=X"}})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var got []string
	err = visit(in.Check(t.Context()), func(row *Row) error {
		for f := range client.Field(client.NumFields) {
			if value := string(row.Value(f)); value != "" || row.Set.Has(f) {
				got = append(got, row.TaskID+" "+f.String()+" "+value)
			}
		}
		return nil
	})
	want := []string{"T-1 type X", "T-1 status DONE", `T-1 attachmentUrls ["http://a","http://b"]`, `T-1 metadata {"a":"x"}`, "T-2 type X"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := visit(in.Each(t.Context()), func(row *Row) error { row.Value(client.Type); return nil }); err != nil {
		t.Error(err)
	}
}
