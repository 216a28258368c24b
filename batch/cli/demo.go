package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/client/sandbox"
)

// missingPrefix begins the ids of the tasks that the embedded sandbox does not
// know, so that a first run has something to rerun.
const missingPrefix = "missing-"

// demo is the sandbox of --sandbox: one server that creates each task on first
// sight, and one that knows no task.
type demo struct {
	tasks, empty *sandbox.Server
	missing      *client.Client // sends to empty
}

// startDemo starts the embedded sandbox with a key of its own and aims at it.
func (j *job) startDemo() error {
	cfg := j.set.client
	cfg.Key = rand.Text()
	var d demo
	var err error
	j.target.demo = &d
	if d.tasks, err = startSandbox(sandbox.Config{Key: cfg.Key, Faults: j.set.faults}); err != nil {
		return err
	}
	if d.empty, err = startSandbox(sandbox.Config{Key: cfg.Key, Known: map[string]struct{}{}}); err != nil {
		return err
	}
	cfg.BaseURL = d.empty.URL()
	if d.missing, err = client.New(cfg); err != nil {
		return usagef("%s", oneLine(err.Error()))
	}
	cfg.BaseURL = d.tasks.URL()
	j.target.baseURL = cfg.BaseURL
	return j.connect(cfg)
}

func startSandbox(cfg sandbox.Config) (*sandbox.Server, error) {
	box, err := sandbox.New(cfg)
	if err != nil {
		return nil, usagef("--sandbox: %s", oneLine(err.Error()))
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		return nil, usagef("--sandbox: %s", oneLine(errors.Join(err, box.Close()).Error()))
	}
	return server, nil
}

func (d *demo) close() {
	if d.missing != nil {
		d.missing.Close()
	}
	for _, server := range []*sandbox.Server{d.tasks, d.empty} {
		if server != nil {
			server.Close()
		}
	}
}

func (d *demo) sender(tasks *client.Client) batch.Sender {
	return &demoSender{tasks: tasks.Sender(), missing: d.missing.Sender()}
}

// demoSender sends to the one or the other of the demo's servers.
type demoSender struct{ tasks, missing *client.Sender }

// Put implements batch.Sender.
func (s *demoSender) Put(ctx context.Context, taskID string, body []byte) client.Reply {
	if strings.HasPrefix(taskID, missingPrefix) {
		return s.missing.Put(ctx, taskID, body)
	}
	return s.tasks.Put(ctx, taskID, body)
}
