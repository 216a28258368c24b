// The race detector takes memory of its own.
//go:build !race

package csvmap

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
	defer func() { // rusage would count the parent's memory, too
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Error(err)
		}
		t.Log(regexp.MustCompile(`VmHWM:.*`).FindString(string(status)))
	}()
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
	if testing.Short() {
		t.Skip("takes seconds")
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
		{"disorder.csv", []func(io.Writer){repeat(results, 1), repeat("x", 2*mib), repeat("\nfailed,1,,,,,,,,T-1,", 1), repeat("x", 2*mib)}},
		{"header.csv", []func(io.Writer){repeat("taskId", 1), repeat(commas, 4), repeat("\nT-1\n", 1)}},
		{"columns.csv", []func(io.Writer){repeat("taskId", 1), repeat(",", 99_999), repeat("\nT-1", 1), repeat(",", 99_999)}},
		{"nested.csv", []func(io.Writer){repeat("taskId,metadata.a", 1), repeat(".a", mib), repeat("\nT-1,x\n", 1)}},
		{"cells.csv", []func(io.Writer){repeat("taskId,title,description,metadata\nT-1,", 1), repeat("x", mib), repeat(",", 1), repeat("y", mib), repeat(`,"{""a"":""`, 1), repeat("z", mib-100), repeat("\"\"}\"\n", 1)}},
		{"lines.jsonl", []func(io.Writer){repeat(`{"taskId":"T-1","x":"`, 1), repeat("x", 4*mib), repeat("\"}\n", 1)}},
		{"keys.jsonl", []func(io.Writer){repeat(`{"taskId":"T-1"`, 1), func(w io.Writer) {
			for i := range 100_000 {
				fmt.Fprintf(w, `,"%d":1`, i)
			}
		}, repeat("}\n", 1)}},
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
			used, out := memoryOf(t, path)
			t.Logf("%d MiB", used)
			if used > 64 {
				t.Errorf("%d MiB\n%s", used, out)
			}
		})
	}
}

// memoryOf reads an input in a process of its own and returns the most memory
// that it had, in MiB.
func memoryOf(t *testing.T, path string) (mib int64, out []byte) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestReadOneInput$", "-test.v")
	cmd.Env = append(os.Environ(), costInput+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	most := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(out)
	if most == nil {
		t.Fatalf("the process does not tell\n%s", out)
	}
	kib, err := strconv.ParseInt(string(most[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10, out
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
