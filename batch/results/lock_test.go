package results

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// lockAndCount is the second process: it takes the lock, says so and holds it
// until its standard input ends.
func lockAndCount(path string) int {
	_, err := TakeLock(context.Background(), path, 0)
	var held *HeldError
	if errors.As(err, &held) {
		fmt.Println("held", held.PID)
		return 6
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
	return 0
}

// Of two processes started together exactly one gets the lock, and what one of
// them left behind when it was killed never hinders the next pair.
func TestLockAmongProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.results.csv.lock")
	for pair := range 50 {
		said := []string{}
		for _, line := range lockTogether(t, path) {
			said = append(said, strings.Fields(line)[0])
		}
		slices.Sort(said)
		if !slices.Equal(said, []string{"held", "locked"}) {
			t.Fatalf("pair %d: %q", pair, said)
		}
	}
}

// lockTogether starts two processes, returns what they said and kills them.
func lockTogether(t *testing.T, path string) []string {
	var cmds []*exec.Cmd
	var outputs []*bufio.Reader
	for range 2 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "RESULTS_TEST_LOCK="+path)
		stdin := must(cmd.StdinPipe())
		defer stdin.Close()
		outputs = append(outputs, bufio.NewReader(must(cmd.StdoutPipe())))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	var lines []string
	for _, output := range outputs {
		lines = append(lines, must(output.ReadString('\n')))
	}
	for _, cmd := range cmds {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return lines
}

func TestHeldLockNamesItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	first, err := TakeLock(t.Context(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = TakeLock(t.Context(), path, 0)
	var held *HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() || held.Host == "" || held.Start.IsZero() ||
		!strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("got %v", err)
	}
	if err := first.Release(); err != nil {
		t.Error(err)
	}
	again, err := TakeLock(t.Context(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("the lock file has to stay, for its user only:", info, err)
	}
}

func TestWaitForTheLock(t *testing.T) {
	for name, c := range map[string]struct {
		released, cancelled time.Duration // after that; 0 = not at all
		took                time.Duration
		want                string
	}{
		"released in time":  {released: 3 * time.Second, took: 3 * time.Second},
		"not released":      {took: 10 * time.Second, want: "another run"},
		"released too late": {released: 11 * time.Second, took: 10 * time.Second, want: "another run"},
		"cancelled":         {cancelled: time.Second, took: time.Second, want: "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x.lock")
				first := must(TakeLock(t.Context(), path, 0))
				released := make(chan struct{})
				go func() {
					time.Sleep(max(c.released, time.Duration(1)))
					if c.released > 0 {
						_ = first.Release()
					}
					close(released)
				}()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancelled > 0 {
					time.AfterFunc(c.cancelled, cancel)
				}
				start := time.Now()
				second, err := TakeLock(ctx, path, 10*time.Second)
				took := time.Since(start)
				if took < c.took || took > c.took+2*lockPoll {
					t.Errorf("waited %v", took)
				}
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got %v", err)
				}
				if second != nil {
					_ = second.Release()
				}
				<-released
				_ = first.Release()
			})
		})
	}
}

func TestLockThatCannotBeMade(t *testing.T) {
	_, err := TakeLock(t.Context(), filepath.Join(t.TempDir(), "missing", "x.lock"), time.Hour)
	if !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// What is no lock file of ours stays as it is, and so does what a link with its
// name points to.
func TestLockThatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	for name, make := range map[string]func(path string) error{
		"text":          func(path string) error { return os.WriteFile(path, []byte("keep\n"), 0o600) },
		"JSON":          func(path string) error { return os.WriteFile(path, []byte(`{"name":"x"}`), 0o600) },
		"folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"link":          func(path string) error { return os.Symlink("text.lock", path) },
		"dangling link": func(path string) error { return os.Symlink("new", path) },
		"hard link":     func(path string) error { return os.Link(filepath.Join(dir, "text.lock"), path) },
	} {
		t.Run(name, func(t *testing.T) {
			text := filepath.Join(dir, "text.lock")
			if err := os.WriteFile(text, []byte("keep\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name+".lock")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			if _, err := TakeLock(t.Context(), path, 0); err == nil || !strings.Contains(err.Error(), path+" is not a lock file of taskbatch") {
				t.Error(err)
			}
			if got := string(must(os.ReadFile(text))); got != "keep\n" {
				t.Errorf("the file now holds %q", got)
			}
			if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
				t.Error("a file was made behind the link")
			}
		})
	}
}

// What a killed run or a power cut left of a lock file hinders nobody.
func TestLockThatWasLeft(t *testing.T) {
	for _, left := range []string{"", `{"pid":1,"host":"a"`, "\x00\x00\x00", `{"pid":4711,"host":"a","start":"2026-11-16T08:30:00Z"}` + strings.Repeat(" ", 300)} {
		path := filepath.Join(t.TempDir(), "x.lock")
		if err := os.WriteFile(path, []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		lock, err := TakeLock(t.Context(), path, 0)
		if err != nil {
			t.Fatalf("%q: %v", left, err)
		}
		if text := string(must(os.ReadFile(path))); !strings.HasPrefix(text, fmt.Sprintf(`{"pid":%d,`, os.Getpid())) || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "}\n") {
			t.Errorf("%q became %q", left, text)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
		if text := must(os.ReadFile(path)); len(text) > 0 {
			t.Errorf("left %q", text)
		}
	}
}
