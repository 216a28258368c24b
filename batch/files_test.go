package batch

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Results for Excel are in the form that it opens.
func TestExcelResults(t *testing.T) {
	b := newBench(t, tasks("a", "b"))
	b.cfg.Excel = true
	b.cfg.Failures = filepath.Join(b.dir, "failed.csv")
	b.run(perTask(map[string][]step{"a": {bad400}}), nil)
	for path, lines := range map[string]int{b.cfg.Results: 3, b.cfg.Failures: 2} {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(text, []byte("\ufeff_outcome,_row,")) || bytes.Count(text, []byte("\r\n")) != lines {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
}
