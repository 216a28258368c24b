// Command mutate puts faults into a package, one at a time, and counts those
// that its tests notice: a measure of the tests, not of the code.
//
//	go run ./testdata/mutate [flags] ./batch/pace
//
// A fault is a small change of the kind that hands make: a comparison that is
// off by one or turned round, a condition negated, a statement left out, a
// number one higher. The checkout is not touched: the changed file reaches the
// compiler as an overlay. Faults that do not compile do not count.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mutate: ")
	files := flag.String("files", ".", "only in files whose name matches this `regexp`")
	tests := flag.String("run", "", "only these tests, as in go test -run")
	also := flag.String("also", "", "comma-separated packages whose tests may notice, too")
	sample := flag.Int("sample", 0, "so many faults, picked by chance; 0 = all")
	seed := flag.Uint64("seed", 1, "of the choice")
	jobs := flag.Int("j", 2, "faults tried at the same time")
	timeout := flag.Duration("timeout", 2*time.Minute, "for the tests of one fault; beyond, it counts as noticed")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("name one package folder, such as ./batch/pace")
	}
	pattern, err := regexp.Compile(*files)
	if err != nil {
		log.Fatal(err)
	}
	faults, err := findFaults(flag.Arg(0), pattern)
	if err != nil {
		log.Fatal(err)
	}
	if *sample > 0 && *sample < len(faults) {
		r := rand.New(rand.NewPCG(*seed, 0))
		r.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
		faults = faults[:*sample]
	}
	t := trial{packages: []string{flag.Arg(0)}, run: *tests, timeout: *timeout}
	if *also != "" {
		t.packages = append(t.packages, strings.Split(*also, ",")...)
	}
	if verdict, err := t.try(nil); err != nil || verdict != survived {
		log.Fatalf("the tests must pass without a fault: %s %v", verdict, err)
	}
	t.all(faults, *jobs)
}

// verdict is what became of a fault.
type verdict string

const (
	survived verdict = "SURVIVED"
	noticed  verdict = "noticed"
	unbuilt  verdict = "does not compile"
)

// trial runs tests against faults.
type trial struct {
	packages []string
	run      string
	timeout  time.Duration
}

// all tries the faults and prints those that survive, and the share noticed.
func (t trial) all(faults []fault, jobs int) {
	var (
		mu     sync.Mutex
		counts = map[verdict]int{}
		work   = make(chan fault)
		group  sync.WaitGroup
	)
	for range jobs {
		group.Go(func() {
			for f := range work {
				v, err := t.try(&f)
				if err != nil {
					log.Fatal(err)
				}
				mu.Lock()
				counts[v]++
				if v == survived {
					fmt.Printf("%s %s\n", v, f)
				}
				mu.Unlock()
			}
		})
	}
	for _, f := range faults {
		work <- f
	}
	close(work)
	group.Wait()
	tried := counts[noticed] + counts[survived]
	fmt.Printf("%s: %d faults, %d noticed (%.0f%%), %d survived; %d more do not compile\n", t.packages[0],
		tried, counts[noticed], 100*float64(counts[noticed])/float64(max(1, tried)), counts[survived], counts[unbuilt])
}

// try runs the tests with the fault; nil: without any.
func (t trial) try(f *fault) (verdict, error) {
	args := []string{"test", "-count=1", "-failfast", "-vet=off", "-timeout=" + t.timeout.String()}
	if t.run != "" {
		args = append(args, "-run="+t.run)
	}
	if f != nil {
		dir, err := os.MkdirTemp("", "mutate-*")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		overlay, err := f.overlay(dir)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay="+overlay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append(args, t.packages...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case bytes.Contains(out, []byte("[build failed]")):
		return unbuilt, nil
	case errors.As(err, &exit), ctx.Err() != nil:
		return noticed, nil
	}
	return "", err
}

// overlay writes the changed file and the description by which the compiler
// finds it in place of the true one.
func (f fault) overlay(dir string) (string, error) {
	source, err := os.ReadFile(f.file)
	if err != nil {
		return "", err
	}
	path, err := filepath.Abs(f.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(dir, filepath.Base(f.file))
	source = slices.Concat(source[:f.from], []byte(f.text), source[f.to:])
	if err := os.WriteFile(changed, source, 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, overlay, 0o600)
}
