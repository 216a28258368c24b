package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap/words"
)

// target is where the updates go.
type target struct {
	name    string // as results record it
	baseURL string // "" before the sandbox is there
	client  *client.Client
	demo    *sandbox.Server // nil: a real server
}

func (t *target) close() {
	if t.demo != nil {
		t.demo.Close()
	}
}

// local tells whether the updates stay on this machine.
func (t *target) local() bool {
	u, err := url.Parse(t.baseURL)
	if err != nil {
		return false
	}
	return client.IsLoopback(u.Hostname())
}

// sandboxTarget is the name of the embedded sandbox in results.
const sandboxTarget = "sandbox"

// label is the target as messages name it.
func (j *job) label() string {
	if j.set.sandbox {
		return "the sandbox"
	}
	return j.target.baseURL
}

// findTarget checks the address and the certificate, and names the flag or
// variable of a value that the client refuses.
func (j *job) findTarget() error {
	cfg := client.Config{Key: "any long key", BaseURL: j.set.client.BaseURL, InsecureHTTP: j.set.client.InsecureHTTP}
	j.target.name = sandboxTarget
	if !j.set.sandbox {
		name, err := cfg.Target()
		if err == nil {
			err = cfg.Validate()
		}
		if err != nil {
			return usagef("%s: %s", j.where("base-url"), refusal(cfg, err))
		}
		j.target.name, j.target.baseURL = name, name
	}
	cfg = client.Config{Key: "any long key", CACertFile: j.set.client.CACertFile}
	if err := cfg.Validate(); err != nil {
		return setupf("%s: %s", j.where("ca-cert"), withoutSubject(err))
	}
	return nil
}

// refusal says why an address is refused; one that lacks nothing but http:// or
// https:// is shown with it.
func refusal(cfg client.Config, err error) string {
	for _, scheme := range []string{"http://", "https://"} { // http only for this machine
		guess := client.Config{Key: cfg.Key, BaseURL: scheme + cfg.BaseURL}
		if !strings.Contains(cfg.BaseURL, "://") && guess.Validate() == nil {
			return fmt.Sprintf("%s begins with neither http:// nor https://; did you mean %s?", words.Shown(cfg.BaseURL), words.Shown(guess.BaseURL))
		}
	}
	return withoutSubject(err)
}

// withoutSubject is what the client says about a value, which the flag names
// already.
func withoutSubject(err error) string {
	text := strings.TrimPrefix(err.Error(), "base URL: ")
	return oneLine(strings.TrimPrefix(text, "CA certificate: "))
}

// aim gets all that sending needs. A check needs nothing.
func (j *job) aim() error {
	switch {
	case j.set.out.dryRun:
		return nil
	case j.set.sandbox:
		return j.startDemo()
	}
	key, err := j.apiKey()
	if err != nil {
		return err
	}
	cfg := j.set.client
	cfg.Key = key
	return j.connect(cfg)
}

// missingPrefix begins the ids of the tasks that the embedded sandbox does not
// know, so that a first run has something to rerun.
const missingPrefix = "missing-"

// startDemo starts the embedded sandbox with a key of its own and aims at it.
func (j *job) startDemo() error {
	cfg := j.set.client
	cfg.Key = rand.Text()
	box, err := sandbox.New(sandbox.Config{Key: cfg.Key, Faults: j.set.faults, UnknownPrefix: missingPrefix})
	if err != nil {
		return usagef("--sandbox: %s", oneLine(err.Error()))
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		return usagef("--sandbox: %s", oneLine(errors.Join(err, box.Close()).Error()))
	}
	j.target.demo = server
	j.target.baseURL = server.URL()
	cfg.BaseURL = server.URL()
	return j.connect(cfg)
}

func (j *job) connect(cfg client.Config) error {
	c, err := client.New(cfg)
	if err != nil {
		return setupf("%s", oneLine(err.Error()))
	}
	j.target.client = c
	return nil
}

// apiKey reads the key: the file wins over THENA_API_KEY.
func (j *job) apiKey() (string, error) {
	if j.set.keyFile != "" {
		return j.keyFromFile(j.set.keyFile)
	}
	key := strings.TrimSpace(os.Getenv("THENA_API_KEY"))
	if key == "" {
		return "", setupf("no API key: put it into a file and name it with --api-key-file, or set THENA_API_KEY; --sandbox needs none")
	}
	return key, nil
}

// keyFromFile reads a file that holds the key on its only line.
func (j *job) keyFromFile(path string) (string, error) {
	where := j.where("api-key-file")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", setupf("%s: %s", where, oneLine(err.Error()))
	}
	key := strings.TrimRight(string(data), "\r\n")
	switch {
	case strings.TrimSpace(key) == "":
		return "", setupf("%s: %s is empty; it must hold the key on one line", where, words.Shown(path))
	case strings.ContainsAny(key, "\r\n"):
		return "", setupf("%s: %s has more than one line; it must hold the key alone", where, words.Shown(path))
	}
	if info, err := os.Stat(path); err == nil && readableByOthers(info) {
		j.console.warn(fmt.Sprintf("%s can be read by others; chmod 600 %s", words.Shown(path), words.Shell(path)))
	}
	return strings.TrimSpace(key), nil
}

// sender makes one sender for each worker.
func (j *job) sender() batch.Sender {
	return j.target.client.Sender()
}
