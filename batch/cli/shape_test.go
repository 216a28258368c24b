package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImportsRunOneWay holds the shape of the program: each package imports
// only what stands below it.
func TestImportsRunOneWay(t *testing.T) {
	allowed := map[string][]string{
		"taskbatch":                        {"taskbatch/batch/cli"},
		"taskbatch/batch/cli":              {"taskbatch/batch", "taskbatch/batch/manual", "taskbatch/batch/report", "taskbatch/batch/results", "taskbatch/batch/pace", "taskbatch/csvmap", "taskbatch/csvmap/record", "taskbatch/csvmap/words", "taskbatch/client", "taskbatch/client/sandbox"},
		"taskbatch/batch":                  {"taskbatch/batch/results", "taskbatch/batch/pace", "taskbatch/csvmap", "taskbatch/csvmap/record", "taskbatch/csvmap/words", "taskbatch/client"},
		"taskbatch/batch/manual":           {"taskbatch/csvmap/record", "taskbatch/csvmap/words"},
		"taskbatch/batch/report":           {"taskbatch/batch/results", "taskbatch/csvmap", "taskbatch/csvmap/record", "taskbatch/csvmap/words"},
		"taskbatch/batch/results":          {"taskbatch/csvmap", "taskbatch/csvmap/record", "taskbatch/csvmap/rowindex", "taskbatch/csvmap/words", "taskbatch/client"},
		"taskbatch/batch/pace":             {"taskbatch/client"},
		"taskbatch/csvmap":                 {"taskbatch/csvmap/rowindex", "taskbatch/csvmap/record", "taskbatch/csvmap/words", "taskbatch/client"},
		"taskbatch/csvmap/record":          {},
		"taskbatch/csvmap/rowindex":        {},
		"taskbatch/csvmap/words":           {},
		"taskbatch/client":                 {"taskbatch/csvmap/words"},
		"taskbatch/client/sandbox":         {"taskbatch/client"},
		"taskbatch/client/sandbox/apitest": {"taskbatch/client"}, // only for tests
		"taskbatch/client/sandbox/real":    {},                   // nothing but tests
	}
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "taskbatch/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; seen++ {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		below, known := allowed[pkg.ImportPath]
		if !known {
			t.Errorf("package %s is not part of the shape", pkg.ImportPath)
		}
		for _, path := range pkg.Imports {
			if strings.HasPrefix(path, "taskbatch") && !slices.Contains(below, path) {
				t.Errorf("%s imports %s", pkg.ImportPath, path)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d packages were listed", seen)
	}
}

// TestStreamsAreOnlyInMain: nothing but main.go exits or names the standard
// streams.
func TestStreamsAreOnlyInMain(t *testing.T) {
	names := regexp.MustCompile(`\bos\.(Exit|Stdout|Stderr)\b`)
	seen := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == "main.go" || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		seen++
		text, err := os.ReadFile(filepath.Join("../..", path))
		if found := names.Find(text); found != nil {
			t.Errorf("%s uses %s", path, found)
		}
		return err
	})
	if err != nil || seen < 50 {
		t.Errorf("%d files were read: %v", seen, err)
	}
}
