package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// prepare writes the input that all regimes use.
func (b *bench) prepare() error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	var input bytes.Buffer
	input.WriteString("taskId,title,description,type,status,priority\n")
	for n := range b.rows {
		u := row(n)
		fmt.Fprintf(&input, "T-%d,%s,%s,%s,%s,%s\n", n, u.Title, u.Description, u.Type, u.Status, u.Priority)
	}
	return os.WriteFile(b.input(), input.Bytes(), 0o644)
}

// row is what row n sets: a body of about 170 bytes.
func row(n int) update {
	return update{fmt.Sprintf("Call back about renewal %d", n), "Ask for the signed offer and the order number and then close", "FOLLOW_UP", "IN_PROGRESS", "HIGH"}
}

func (b *bench) input() string { return filepath.Join(b.dir, "in.csv") }

// clients are taskbatch, the reference, and those that are installed. Where
// answers fail, only the first two tell something.
func (b *bench) clients() []*client {
	list := []*client{{name: "taskbatch", command: b.taskbatch}, {name: "net/http", command: b.reference}}
	if b.errors > 0 {
		return list
	}
	taskbatch := list[0]
	for _, peer := range []*client{
		{name: "vegeta", command: b.vegeta},
		{name: "curl", command: b.curl},
		{name: "wrk", command: func(url string) []string { return b.wrk(url, taskbatch.took[len(taskbatch.took)-1]) }},
	} {
		if _, err := exec.LookPath(peer.name); err == nil {
			list = append(list, peer)
		}
	}
	return list
}

// taskbatch is a run from nothing.
func (b *bench) taskbatch(url string) []string {
	argv := []string{b.program, "update", "in.csv", "--yes", "--quiet", "--fresh", "--base-url", url, "--concurrency", fmt.Sprint(senders), "--results", "taskbatch.csv"}
	os.Remove(filepath.Join(b.dir, "taskbatch.csv")) // else --fresh keeps it
	if b.tls {
		argv = append(argv, "--ca-cert", b.certificate())
	}
	return argv
}

// reference is this program as the net/http loop.
func (b *bench) reference(url string) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	spec := referenceSpec{URL: url, Input: b.input(), Results: filepath.Join(b.dir, "reference.csv")}
	if b.tls {
		spec.Certificate = b.certificate()
	}
	return []string{self, "-reference", asJSON(spec)}
}

// vegeta sends as fast as its workers can.
func (b *bench) vegeta(url string) []string {
	var targets bytes.Buffer
	header := map[string][]string{"x-api-key": {benchKey}, "Content-Type": {"application/json"}}
	enc := json.NewEncoder(&targets)
	for n := range b.rows {
		enc.Encode(map[string]any{"method": "PUT", "url": target(url, n), "body": []byte(asJSON(row(n))), "header": header})
	}
	b.write("vegeta.jsonl", targets.Bytes())
	argv := []string{"vegeta", "attack", "-format=json", "-lazy", "-rate=0", fmt.Sprintf("-workers=%d", senders), fmt.Sprintf("-max-workers=%d", senders),
		"-targets=vegeta.jsonl", "-output=/dev/null"}
	if b.tls {
		argv = append(argv, "-root-certs="+b.certificate())
	}
	return argv
}

// curl sends from a configuration file, in which each request has all its
// options.
func (b *bench) curl(url string) []string {
	var config bytes.Buffer
	for n := range b.rows {
		if n > 0 {
			config.WriteString("next\n")
		}
		fmt.Fprintf(&config, "url = %q\nrequest = PUT\nheader = \"x-api-key: %s\"\nheader = \"Content-Type: application/json\"\ndata = %q\noutput = /dev/null\nhttp1.1\n",
			target(url, n), benchKey, asJSON(row(n)))
		if b.tls {
			fmt.Fprintf(&config, "cacert = %q\n", b.certificate())
		}
	}
	b.write("curl.cfg", config.Bytes())
	return []string{"curl", "--no-progress-meter", "--parallel", "--parallel-max", fmt.Sprint(senders), "--config", "curl.cfg"}
}

// wrk sends one and the same request for about so long.
func (b *bench) wrk(url string, duration time.Duration) []string {
	b.write("wrk.lua", fmt.Appendf(nil, "wrk.method = 'PUT'\nwrk.body = '%s'\nwrk.headers['x-api-key'] = '%s'\nwrk.headers['Content-Type'] = 'application/json'\n", asJSON(row(0)), benchKey))
	seconds := max(1, int(duration.Round(time.Second).Seconds()))
	return []string{"wrk", "--threads", "1", "--connections", fmt.Sprint(senders), "--duration", fmt.Sprintf("%ds", seconds), "--script", "wrk.lua", target(url, 0)}
}

func target(url string, n int) string { return fmt.Sprintf("%s/v1/accounts/tasks/T-%d", url, n) }

// write writes a file that a client reads; the client says if it is missing.
func (b *bench) write(name string, text []byte) {
	os.WriteFile(filepath.Join(b.dir, name), text, 0o644)
}
