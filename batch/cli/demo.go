package cli

import (
	"crypto/rand"
	"errors"

	"taskbatch/client/sandbox"
)

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
