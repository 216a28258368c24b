//go:build linux

package batch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"taskbatch/csvmap/record"
)

// TestDiskFull runs a real process whose results go to a real, small disk: it
// stops sending with exit 7, the .partial stays readable, and every answer
// stands in it or on stderr. With room again the same command completes.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	bin := build(t, dir)
	box := startSandbox(t, bin, "--latency", "1ms")
	input := filepath.Join(dir, "d.csv")
	const rows = 2000
	writeRows(t, input, "disk", rows)
	results := filepath.Join(disk, "d.results.csv")

	cmd := box.update(bin, input, "-o", results)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	partial, err := os.ReadFile(results + ".partial")
	if err != nil {
		t.Fatal(err)
	}
	var unwritten strings.Builder
	for line := range strings.Lines(stderr.String()) {
		if !strings.HasPrefix(line, "taskbatch: ") {
			unwritten.WriteString(line)
		}
	}
	recorded := map[string]bool{}
	for _, r := range append(wholeRecords(partial), wholeRecords([]byte("header\n"+unwritten.String()))...) {
		recorded[r[len(r)-1]] = true
	}
	sent, _ := box.counted(t)
	for title := range sent {
		if !recorded[title] {
			t.Errorf("%q was sent, but its answer is nowhere", title)
		}
	}
	if len(sent) == 0 || len(sent) == rows {
		t.Fatalf("%d rows were sent", len(sent))
	}

	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	again := box.update(bin, input, "-o", results)
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	if records := wholeRecords(data); len(records) != rows {
		t.Errorf("%d of %d rows have a record", len(records), rows)
	}
}

// TestNoRoomToContinue: without room for the temporary file that reading a
// .partial needs, nothing is sent, exit 7.
func TestNoRoomToContinue(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	bin := build(t, dir)
	box := startSandbox(t, bin)
	input := filepath.Join(dir, "d.csv")
	writeRows(t, input, "disk", 10)
	results := filepath.Join(disk, "d.results.csv")
	partial := strings.Join(record.Names[:], ",") + ",taskId,title\n"
	for row := int64(2); row < 10_000_000; row += 10_000 { // their places do not fit in memory
		partial += "failed," + strconv.FormatInt(row, 10) + ",,1,1,,,,,T,x\n"
	}
	if err := os.WriteFile(results+".partial", []byte(partial), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(filepath.Join(disk, "full"), make([]byte, 64<<10), 0o600)

	cmd := box.update(bin, input, "-o", results)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 7 || !strings.Contains(string(out), "taskbatch: hint: make room") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if sent, _ := box.counted(t); len(sent) > 0 {
		t.Errorf("%d rows were sent", len(sent))
	}
	if left, err := os.ReadFile(results + ".partial"); err != nil || string(left) != partial {
		t.Error("the .partial was changed:", err)
	}
}
