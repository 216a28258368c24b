package csvmap

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const costInput = "CSVMAP_TEST_INPUT" // the file that TestReadOneInput reads

// TestReadOneInput reads the input that TestMemory measures, in a process of
// its own.
func TestReadOneInput(t *testing.T) {
	path := os.Getenv(costInput)
	if path == "" {
		t.Skip("serves TestMemory")
	}
	in, err := Open(path, nil, Options{IgnoreUnknown: true})
	if err != nil {
		t.Log(err)
		return
	}
	defer in.Close()
	if err := visit(in.Check(t.Context()), none); err != nil {
		t.Log(err)
		return
	}
	if err := visit(in.Each(t.Context()), none); err != nil {
		t.Error(err)
	}
}

// TestMemory: no input makes the process larger than 64 MiB.
func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("measures with Linux's rusage")
	}
	repeat := func(text string, n int) func(io.Writer) {
		return func(w io.Writer) {
			for range n {
				io.WriteString(w, text)
			}
		}
	}
	const mib = 1 << 20
	commas := strings.Repeat(",", mib)
	results := "_outcome,_row,_status,_attempts,_ms,_at,_target,_error,_sum,taskId,title\nfailed,2,,,,,,,,T-1,"
	inputs := []struct {
		name string
		text []func(io.Writer)
	}{
		{"delimiters.csv", []func(io.Writer){repeat("taskId,title\nT-1,", 1), repeat(commas, 9), repeat("\nT-2,x\n", 1)}},
		{"quoted.csv", []func(io.Writer){repeat("taskId,title\nT-1,", 1), repeat(strings.Repeat(`"",`, mib), 3), repeat("\nT-2,x\n", 1)}},
		{"results.csv", []func(io.Writer){repeat(results, 1), repeat(commas, 34), repeat("\n", 1)}},
		{"header.csv", []func(io.Writer){repeat("taskId", 1), repeat(commas, 4), repeat("\nT-1\n", 1)}},
		{"columns.csv", []func(io.Writer){repeat("taskId", 1), repeat(",", 99_999), repeat("\nT-1", 1), repeat(",", 99_999)}},
		{"nested.csv", []func(io.Writer){repeat("taskId,metadata.a", 1), repeat(".a", mib), repeat("\nT-1,x\n", 1)}},
		{"cells.csv", []func(io.Writer){repeat("taskId,title,description,metadata\nT-1,", 1), repeat("x", mib), repeat(",", 1), repeat("y", mib), repeat(`,"{""a"":""`, 1), repeat("z", mib-100), repeat("\"\"}\"\n", 1)}},
		{"lines.jsonl", []func(io.Writer){repeat(`{"taskId":"T-1","x":"`, 1), repeat("x", 4*mib), repeat("\"}\n", 1)}},
		{"arrays.jsonl", []func(io.Writer){repeat(`{"taskId":"T-1","metadata":{"a":`, 1), repeat("[", 9_000), repeat("]", 9_000), repeat("}}\n", 1)}},
		{"bomb.csv.gz", []func(io.Writer){repeat("taskId,title\nT-1,", 1), repeat(strings.Repeat("x", mib), 100), repeat("\n", 1)}},
		{"bomb.csv.zst", []func(io.Writer){repeat("taskId,title\nT-1,", 1), repeat(strings.Repeat("x", mib), 100), repeat("\n", 1)}},
	}
	for _, input := range inputs {
		t.Run(input.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), input.name)
			file, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			packed := packer(t, file, filepath.Ext(path))
			w := bufio.NewWriter(packed)
			for _, part := range input.text {
				part(w)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := packed.Close(); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestReadOneInput$", "-test.v")
			cmd.Env = append(os.Environ(), costInput+"="+path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
			t.Logf("%d MiB", used)
			if used > 64 {
				t.Errorf("%d MiB\n%s", used, out)
			}
		})
	}
}

// packer returns w, packed as a file of this extension is.
func packer(t *testing.T, w io.WriteCloser, extension string) io.WriteCloser {
	switch extension {
	case ".gz":
		return gzip.NewWriter(w)
	case ".zst":
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	return w
}

// TestWideHeaders: the work for a header grows with its columns, not with
// their square.
func TestWideHeaders(t *testing.T) {
	header := func(n int, name func(i int) string) string {
		var b strings.Builder
		b.WriteString("taskId")
		for i := range n {
			b.WriteString("," + name(i))
		}
		return b.String() + "\nT-1" + strings.Repeat(",", n-1) + ",x\n"
	}
	tests := []struct {
		name string
		text string
		kind string
	}{
		{"keys", header(16_384, func(i int) string { return fmt.Sprintf("metadata.k%d", i) }), ""},
		{"nested keys", header(16_384, func(i int) string { return fmt.Sprintf("metadata.a.b%d.c", i) }), ""},
		{"unnamed", header(99_999, func(int) string { return "" }), "column without a name"},
		{"ignored", header(99_999, func(i int) string { return fmt.Sprintf("x%d", i) }), ""},
	}
	for _, test := range tests {
		opt := Options{IgnoreUnknown: test.name == "ignored"}
		l := must(t, "a.csv", test.text, opt)
		if err := l.rows[0].Err; (err == nil) != (test.kind == "") || err != nil && err.Kind != test.kind {
			t.Errorf("%s: %+v", test.name, err)
		}
	}
	_, err := load(t, "a.csv", header(100_000, func(int) string { return "" }), Options{})
	refused(t, err, "100,001 columns", "at most 100,000")
	_, err = load(t, "a.csv", "taskId,metadata"+strings.Repeat(".a", 101)+"\n", Options{})
	refused(t, err, "nests more than 100 levels")
}
