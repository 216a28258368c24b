package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

func TestExcelForm(t *testing.T) {
	path := tempPath(t)
	r := newRecord(2)
	r.Error, r.Tail = "=1+1", tail("@task", "'-a;b\nc")
	writePartial(PartialName(path), []string{"taskId", "=x"}, r)
	must(order(t.Context(), PartialName(path), path, Form{Excel: true, Delimiter: ';'}))
	want := "\ufeff" + strings.ReplaceAll(headLine, ",", ";") + ";taskId;'=x\r\n" +
		"updated;2;200;1;20;2026-11-16T08:30:00.123Z;sandbox;'=1+1;s000000023c6ef372fe94f82a;'@task;\"''-a;b\nc\"\r\n"
	if got := string(must(os.ReadFile(path))); got != want {
		t.Errorf(" got %q\nwant %q", got, want)
	}
}

// Whatever the records, a file in the form for Excel reads as the same records,
// is ordinary CSV, holds no cell that is a formula, and can be gone on with.
func TestExcelFormIsReadBack(t *testing.T) {
	path := tempPath(t)
	rapid.Check(t, func(t *rapid.T) {
		form := Form{Excel: true, Delimiter: rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter")}
		var records []*Record
		for row := range rapid.Int64Range(0, 8).Draw(t, "records") {
			r := drawRecord(t, rapid.Just(row+2))
			cell := rapid.OneOf(rapid.StringMatching(`'{0,3}[=+@\t\r;|,-][^\x00]{0,3}`), rapid.StringMatching(`['"; \r\n]{0,4}`))
			r.Tail = tail(cell.Draw(t, "a"), cell.Draw(t, "b"))
			records = append(records, r)
		}
		columns := []string{"taskId", rapid.SampledFrom([]string{"title", "'-x", "=1", "a;b"}).Draw(t, "column")}
		writePartial(PartialName(path), columns, records...)
		want := inRowOrder(columns, records)
		must(order(t.Context(), PartialName(path), path, form))
		checkExcel(t, must(os.ReadFile(path)), form, len(records))
		r := must(OpenComplete(path))
		for range 2 {
			if err := r.Rewind(); err != nil {
				t.Fatal(err)
			}
			got := Header(r.Columns())
			for _, old := range must(readAll(r)) {
				got = append(got, old.Raw...)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("got %q\nwant %q", got, want)
			}
		}
		r.Close()
		if err := CopyToPartial(path, PartialName(path)); err != nil || !bytes.Equal(must(os.ReadFile(PartialName(path))), want) {
			t.Fatal("copied:", err)
		}
	})
}

func checkExcel(t *rapid.T, b []byte, form Form, records int) {
	text, found := bytes.CutPrefix(b, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = rune(form.Delimiter)
	rows, err := r.ReadAll()
	if !found || err != nil || len(rows) != records+1 {
		t.Fatalf("%q: %d rows, %v", b, len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row[record.NumHead:] {
			if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
				t.Fatalf("a formula: %q", cell)
			}
		}
	}
}

// Failures are written in the form that is wanted, whatever that of the results.
func TestFailuresForExcel(t *testing.T) {
	path := tempPath(t)
	failed := newRecord(3)
	failed.Outcome = record.Failed
	excel := Form{Excel: true, Delimiter: ';'}
	for _, form := range []Form{{}, excel} {
		writePartial(PartialName(path), twoColumns, newRecord(2), failed)
		must(order(t.Context(), PartialName(path), path, form))
		for _, wanted := range []Form{{}, excel} {
			var got bytes.Buffer
			must(0, CopyUnfinished(&got, path, wanted, nil))
			if want := wanted.encode(wanted.header(twoColumns), failed.append(nil)); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got %q\nwant %q", got.Bytes(), want)
			}
		}
	}
	var got bytes.Buffer
	must(0, CopyUnfinished(&got, path+".missing", excel, twoColumns))
	if want := excel.header(twoColumns); !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %q", got.Bytes())
	}
}

// Only the form exactly as it is written is gone on with.
func TestExcelFormOfOthers(t *testing.T) {
	excel := Form{Excel: true, Delimiter: ';'}
	whole := string(excel.encode(excel.header(twoColumns), newRecord(2).append(nil)))
	for name, text := range map[string]string{
		"LF":               strings.ReplaceAll(whole, "\r\n", "\n"),
		"LF in a record":   whole[:len(whole)-2] + "\n",
		"quoted":           strings.Replace(whole, "sandbox", `"sandbox"`, 1),
		"quoted header":    strings.Replace(whole, "taskId", `"taskId"`, 1),
		"unprotected":      strings.Replace(whole, "task-2", "=task-2", 1),
		"another mark":     strings.Replace(whole, ";task-2", ",task-2", 1),
		"a quote too many": strings.Replace(whole, ";task-2", `;"task-2`, 1),
		"a bad first cell": strings.Replace(whole, "updated", `up"da"ted`, 1),
		"only a mark":      "\ufeff_outcome",
		"a quote for one":  "\ufeff_outcome\"_row\r\n",
	} {
		var foreign *ForeignError
		if err := readComplete(t, filepath.Join(t.TempDir(), "r.csv"), text); !errors.As(err, &foreign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := readComplete(t, filepath.Join(t.TempDir(), "r.csv"), whole); err != nil && err != io.EOF {
		t.Error(err)
	}
}
