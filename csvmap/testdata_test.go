package csvmap

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDemoFiles: the two clean files of the demonstration say the same, and the
// rows that fail in the third are those that shall.
func TestDemoFiles(t *testing.T) {
	bodies := map[string][]string{}
	for name, want := range map[string]struct{ rows, invalid, unchanged, twice, missing int }{
		"tasks.csv":        {40, 0, 1, 1, 0},
		"more-tasks.jsonl": {40, 0, 1, 1, 0},
		"mistakes.csv":     {8, 2, 0, 0, 2},
	} {
		l, err := loadPath(t, filepath.Join("..", "testdata", name), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, seen := want, map[string]bool{}
		got.rows, got.invalid, got.unchanged, got.twice, got.missing = len(l.rows), 0, 0, 0, 0
		for _, row := range l.rows {
			if seen[row.TaskID] {
				got.twice++
			}
			seen[row.TaskID] = true
			switch {
			case row.Err != nil:
				got.invalid++
			case string(row.Body) == "{}":
				got.unchanged++
			case strings.HasPrefix(row.TaskID, "missing-"):
				got.missing++
			}
			bodies[name] = append(bodies[name], row.TaskID+" "+string(row.Body))
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if !slices.Equal(bodies["tasks.csv"], bodies["more-tasks.jsonl"]) {
		t.Errorf("the files differ:\n%s\n\n%s", strings.Join(bodies["tasks.csv"], "\n"), strings.Join(bodies["more-tasks.jsonl"], "\n"))
	}
}

// TestOddInputs reads the files of testdata/inputs as plain update does.
func TestOddInputs(t *testing.T) {
	same := "T-1 {\"title\":\"Grüße aus Köln\",\"priority\":\"HIGH\"}\nT-2 {\"title\":\"zwei\\nZeilen\"}\n"
	wants := map[string]string{
		"excel-semicolon-crlf-bom.csv": same,
		"excel-sep-line.csv":           same,
		"excel-unicode-text.txt":       same,
		"old-mac-cr.csv":               strings.ReplaceAll(same, `\n`, `\r`),
		"tabs.tsv":                     same,
		"lines-crlf-bom.jsonl":         same,
		"windows-1252.csv":             "! line 1, column 21: bytes that are not valid utf-8",
		"array.json":                   "! the file is one JSON array; one JSON object per line is needed",
		"pretty.json":                  "! the JSON is pretty-printed, an object over several lines; one JSON object per line is needed",
		"open-quote.csv":               "! line 3: the quote that opens here is never closed",
		"workbook.xlsx":                "! this is an Excel workbook or a zip archive",
	}
	dir := filepath.Join("..", "testdata", "inputs")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
	}
	if want := slices.Sorted(maps.Keys(wants)); !slices.Equal(names, want) {
		t.Fatalf("the folder has %q, the test %q", names, want)
	}
	for name, want := range wants {
		t.Run(name, func(t *testing.T) {
			l, err := loadPath(t, filepath.Join(dir, name), Options{})
			if message, refused := strings.CutPrefix(want, "! "); refused {
				if err == nil || !strings.HasSuffix(err.Error(), message) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, row := range l.rows {
				got.WriteString(row.TaskID + " " + said(row) + "\n")
			}
			if got.String() != want {
				t.Errorf("got\n%swant\n%s", got.String(), want)
			}
		})
	}
}
