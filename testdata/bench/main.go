// Command bench measures taskbatch beside what else could send the same
// requests: a bare net/http loop, and wrk, vegeta and curl if they are
// installed.
//
//	go run ./testdata/bench [flags]
//
// The server is this program, too, in a process of its own, on a core of its
// own if taskset is there and the machine has two. It answers at once, or after
// -latency, with the task as it was sent. All clients are measured in turn, so
// that a machine that gets slower slows down all of them, and the table shows
// medians and the ratio of taskbatch to each. What each client does:
//
//	taskbatch  the whole job with all features
//	net/http   the whole job without features: reads the CSV file, marshals, sends, writes a results row; no retry
//	vegeta     sends ready-made requests
//	curl       sends ready-made requests (-Z, one process)
//	wrk        sends one request over and over, for as long as taskbatch took last
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// senders is how many requests are in flight.
const senders = 64

// regime is a way in which the server behaves.
type regime struct {
	name    string
	rows    int
	latency time.Duration
	tls     bool
	errors  int // every so many answers a 503, none if 0
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	runs := flag.Int("runs", 5, "runs of each client in each regime")
	rows := flag.Int("rows", 100_000, "rows at 0 ms; the other regimes take a part of them")
	latency := flag.Duration("latency", 20*time.Millisecond, "of the slower regimes")
	only := flag.String("regime", "", "only the regimes whose name holds this `text`")
	serve := flag.String("serve", "", "be the server: a `spec`, for bench itself")
	reference := flag.String("reference", "", "be the net/http loop: a `spec`, for bench itself")
	flag.Parse()
	switch {
	case *serve != "":
		log.Fatal(runServer(*serve))
	case *reference != "":
		if err := runReference(*reference); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "taskbatch-bench-")
	if err != nil {
		log.Fatal(err)
	}
	err = measureAll(dir, *runs, *only, []regime{
		{name: "0 ms", rows: *rows},
		{name: "0 ms, TLS", rows: *rows / 2, tls: true},
		{name: latency.String(), rows: *rows / 5, latency: *latency},
		{name: latency.String() + ", 5% of the answers 503", rows: *rows / 5, latency: *latency, errors: 20},
	})
	os.RemoveAll(dir)
	if err != nil {
		log.Fatal(err)
	}
}

// measureAll measures the regimes one after the other.
func measureAll(dir string, runs int, only string, regimes []regime) error {
	program := filepath.Join(dir, "taskbatch")
	if out, err := exec.Command("go", "build", "-o", program, "taskbatch").CombinedOutput(); err != nil {
		return fmt.Errorf("build taskbatch: %w: %s", err, out)
	}
	var plain time.Duration // what taskbatch took without errors
	for i, r := range regimes {
		if !strings.Contains(r.name, only) {
			continue
		}
		b := &bench{dir: filepath.Join(dir, fmt.Sprint(i)), program: program, regime: r}
		if err := b.prepare(); err != nil {
			return err
		}
		clients := b.clients()
		for range runs {
			for _, c := range clients {
				if err := b.measure(c); err != nil {
					return fmt.Errorf("%s, %s: %w", r.name, c.name, err)
				}
			}
		}
		fmt.Print(b.table(clients, plain))
		if r.errors == 0 {
			plain = median(clients[0].took)
		}
	}
	return nil
}
