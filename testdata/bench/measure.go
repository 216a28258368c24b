package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// benchKey is the API key of all clients.
const benchKey = "bench-key"

// bound is how long a client may take.
const bound = 2 * time.Minute

// client is a program that sends, and what was measured of it.
type client struct {
	name    string
	command func(url string) []string
	took    []time.Duration
	cpu     []time.Duration // of the client, for each row
	rate    []float64       // answers 2xx a second, start and end included
	sending []float64       // the same while it was sending
	last    stats
}

// bench is one regime.
type bench struct {
	dir, program string
	regime
}

// measure runs the client once against a new server.
func (b *bench) measure(c *client) error {
	url, server, err := b.startServer()
	if err != nil {
		return err
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	argv := pinned(0, c.command(url))
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "THENA_API_KEY="+benchKey)
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("%w: %.300s", err, bytes.TrimSpace(said.Bytes()))
	}
	if c.last, err = readStats(url); err != nil {
		return err
	}
	if c.last.OK == 0 {
		return errors.New("no request got through")
	}
	state := cmd.ProcessState
	c.took = append(c.took, took)
	c.rate = append(c.rate, float64(c.last.OK)/took.Seconds())
	c.sending = append(c.sending, float64(c.last.OK)/(c.last.Span+b.latency).Seconds())
	c.cpu = append(c.cpu, (state.UserTime()+state.SystemTime())/time.Duration(c.last.Requests))
	return nil
}

// startServer starts this program as the server.
func (b *bench) startServer() (url string, server *exec.Cmd, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	spec := serverSpec{Latency: b.latency, Errors: int64(b.errors)}
	scheme := "http://"
	if b.tls {
		spec.Certificate, scheme = b.certificate(), "https://"
	}
	argv := pinned(1, []string{self, "-serve", asJSON(spec)})
	server = exec.Command(argv[0], argv[1:]...)
	out, err := server.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("start the server: %w", err)
	}
	url = scheme + strings.TrimSpace(address)
	_, err = readStats(url) // it answers, and the certificate is written
	return url, server, err
}

// certificate is the file that the server writes its certificate to.
func (b *bench) certificate() string { return filepath.Join(b.dir, "cert.pem") }

// readStats asks the server what it counted.
func readStats(url string) (s stats, err error) {
	t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer t.CloseIdleConnections()
	resp, err := (&http.Client{Transport: t}).Get(url + "/stats")
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// pinned puts a command on a core, if that can be done.
func pinned(core int, argv []string) []string {
	taskset, err := exec.LookPath("taskset")
	if err != nil || runtime.NumCPU() < 2 {
		return argv
	}
	return append([]string{taskset, "-c", fmt.Sprint(core)}, argv...)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// table shows the medians; plain is what taskbatch took for as many rows
// without errors, 0 if unknown.
func (b *bench) table(clients []*client, plain time.Duration) string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s: %d rows, %d in flight, medians of %d runs in turn\n", b.name, b.rows, senders, len(clients[0].took))
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trows/s\tCPU µs/row\tconnections\ttaskbatch is\t")
	own := clients[0]
	for _, c := range clients {
		ratio := ""
		if c != own {
			ratio = fmt.Sprintf("%.2fx as fast, %.2fx the CPU", median(own.rate)/median(c.rate), float64(median(own.cpu))/float64(median(c.cpu)))
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%d\t%s\t\n", c.name, median(c.rate), float64(median(c.cpu).Nanoseconds())/1000, c.last.Connections, ratio)
	}
	w.Flush()
	if b.latency > 0 && b.errors == 0 {
		ideal := float64(senders) / b.latency.Seconds()
		fmt.Fprintf(&text, "ideal: %.0f rows/s; while sending, taskbatch reaches %.1f%% of it, net/http %.1f%%\n",
			ideal, 100*median(own.sending)/ideal, 100*median(clients[1].sending)/ideal)
	}
	if b.errors > 0 && plain > 0 {
		fmt.Fprintf(&text, "taskbatch took %.2f times as long as without errors, with %d requests\n", median(own.took).Seconds()/plain.Seconds(), own.last.Requests)
	}
	return text.String()
}

// median is the middle value, of two the lower.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
