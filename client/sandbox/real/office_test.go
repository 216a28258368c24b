//go:build unix

package real

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskbatch/client/sandbox"
)

// saveForm is a form in which people save a table; filter is LibreOffice's
// word for it: delimiter, quote, character set.
type saveForm struct {
	name, filter string
	flags        []string // that the rerun needs
}

var saveForms = []saveForm{
	{"comma", "44,34,76,1", nil},
	{"semicolon", "59,34,76,1", nil},
	{"tab", "9,34,76,1", nil},
	{"utf-16", "9,34,65535,1", nil},
	{"windows-1252", "59,34,1,1", []string{"--encoding", "windows-1252"}},
}

// A results file that a spreadsheet has opened and saved, in whatever form,
// sends the same bytes as the first run.
func TestLibreOffice(t *testing.T) {
	t.Parallel()
	office := need(t, "soffice", "libreoffice")
	for _, excel := range []bool{false, true} {
		t.Run(fmt.Sprintf("excel %v", excel), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, sandbox.Config{})
			a.refuse = func(string) bool { return true }
			dir := t.TempDir()
			flags, open := []string{"update", "in.csv", "--base-url", a.server.URL, "-y", "--json"}, "44,34,76,1"
			if excel {
				flags, open = append(flags, "--excel"), "59,34,76,1"
			}
			writeTable(t, filepath.Join(dir, "in.csv"), excel)
			if e := run(t, dir, flags...); e.code != 1 {
				t.Fatalf("exit %d, stderr: %s", e.code, e.stderr)
			}
			want := bodies(a.since(0))
			if len(want) != 8 {
				t.Fatalf("%d tasks were sent: %v", len(want), want)
			}
			a.refuse = nil
			for _, form := range saveForms {
				sent := len(a.since(0))
				saved := filepath.Join(dir, form.name)
				save(t, office, filepath.Join(dir, "in.results.csv"), open, saved, form.filter)
				again := run(t, saved, append([]string{"update", "in.results.csv", "--base-url", a.server.URL, "-y", "--json"}, form.flags...)...)
				if again.code != 0 {
					t.Errorf("%s: exit %d, stderr: %s", form.name, again.code, again.stderr)
				}
				if diff := cmp.Diff(want, bodies(a.since(sent))); diff != "" {
					t.Errorf("%s: the rerun sent other bytes: %s", form.name, diff)
				}
			}
		})
	}
}

// writeTable writes an input of what spreadsheets are tempted to change. Cells
// that they would run are only safe in the form that is made for them.
func writeTable(t *testing.T, path string, excel bool) {
	t.Helper()
	rows := [][]string{
		{"taskId", "title", "description", "attachmentUrls", "metadata", "metadata.note"},
		{"T-1", `Müller "quoted", and; more`, "line one\nline two", "https://a.example/1|https://a.example/2", "", ""},
		{"T-2", "10 € – now", " blanks around ", "", `{"score":1.50,"big":12345678901234567890}`, ""},
		{"T-3", `""`, "", `""`, "", `""`},
		{"T-4", `\#N/A`, "tab\there", "", `{"a":["b",null]}`, "x"},
		{"T-5", "'ticked", "it's", "", "", ""},
		{"T-6", "TRUE enough", "semi;colon", "", "", "ends with \\"},
		{"T-7", "May the 4th", "2 of 3", "", "", ""},
		{"T-8", "plain", "", "", "", ""},
	}
	if excel {
		rows[8] = []string{"T-8", "=1+1", "+49 30 123456", "", "", "@home"}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if excel {
		w.Comma = ';'
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.String())
}

// bodies is what was sent last for each task.
func bodies(requests []request) map[string]string {
	sent := map[string]string{}
	for _, r := range requests {
		sent[r.task] = r.body
	}
	return sent
}

// save lets LibreOffice open a file and save it, under its name, in a folder.
func save(t *testing.T, office, path, open, dir, filter string) {
	t.Helper()
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(filepath.Dir(path), "profile"), "--headless",
		"--infilter=CSV:"+open, "--convert-to", "csv:Text - txt - csv (StarCalc):"+filter, "--outdir", dir, path)
	cmd.Env = append(environment(), "HOME="+filepath.Dir(path))
	out, err := cmd.CombinedOutput()
	if _, missing := os.Stat(filepath.Join(dir, filepath.Base(path))); err != nil || missing != nil {
		t.Fatalf("LibreOffice: %v, %v: %s", err, missing, out)
	}
}
