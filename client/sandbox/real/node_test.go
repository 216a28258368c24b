//go:build unix

package real

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The packages of testdata/real/node are installed once into the user's cache,
// for all tests and later runs.
var installed = sync.OnceValues(func() (dir string, err error) {
	packages, err := os.ReadFile(setups + "node/package.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(cache, "taskbatch-real", fmt.Sprintf("node-%x", sha256.Sum256(packages))[:16])
	if _, err := os.Stat(filepath.Join(dir, "installed")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), packages, 0o644); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return dir, os.WriteFile(filepath.Join(dir, "installed"), nil, 0o644)
})

// nodeServer is one of the servers of testdata/real/node/server.js.
type nodeServer struct{ url string }

// startNode starts a server; the environment says how (see server.js).
func startNode(t *testing.T, kind string, env ...string) nodeServer {
	t.Helper()
	node := need(t, "node")
	need(t, "npm")
	dir, err := installed()
	if err != nil {
		t.Skipf("npm cannot install the packages: %v", err)
	}
	script, err := os.ReadFile(setups + "node/server.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "-", kind)
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(script)
	cmd.Env = append(environment(), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("node server.js %s: %s", kind, said.String())
	}
	return nodeServer{"http://127.0.0.1:" + strings.TrimSpace(port)}
}

// applied counts the updates of each task.
func (s nodeServer) applied(t *testing.T, client *http.Client) map[string]int {
	t.Helper()
	resp, err := client.Get(s.url + "/_seen")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var tasks map[string]struct{ Times int }
	if err := json.NewDecoder(resp.Body).Decode(&tasks); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for id, task := range tasks {
		count[id] = task.Times
	}
	return count
}

// Servers that limit requests and say so in their own headers: all rows get
// through once, and the wall is hit only while the limit is being learned.
func TestNodeLimits(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, kind, style string }{
		{"NestJS, one limit", "nest", ""},
		{"NestJS, a short and a long limit", "nest", "two"},
		{"Fastify", "fastify", ""},
		{"Express, draft 6", "express", "draft-6"},
		{"Express, draft 7", "express", "draft-7"},
		{"Express, draft 8", "express", "draft-8"},
		{"Express, X-RateLimit", "express", "legacy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := startNode(t, tt.kind, "STYLE="+tt.style, "LIMIT=60", "WINDOW=2000")
			e := update(t, s.url, 160, "-c", "8")
			applied := s.applied(t, http.DefaultClient)
			e.wantAll(t, 160, applied)
			wantOnce(t, applied)
			wantQuotaKept(t, e)
		})
	}
}

// What NestJS's ValidationPipe refuses, and a task that does not exist, are
// told in the server's words; the other rows get through.
func TestNestRefuses(t *testing.T) {
	t.Parallel()
	s := startNode(t, "nest", "LIMIT=100000")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "in.csv"), "taskId,title,attachmentUrls,metadata.a:number\nT-0,one,https://a.example/1|https://a.example/2,1.50\nmissing-1,two,,\nT-2,three,,\n")
	e := run(t, dir, "update", "in.csv", "--base-url", s.url, "-y", "--json")
	records := e.records(t)
	if e.code != 1 || len(records) != 3 || records[1]["_outcome"] != "failed" || records[1]["_error"] != "Account task not found" {
		t.Errorf("exit %d, %v, stderr: %s", e.code, records, e.stderr)
	}
	if applied := s.applied(t, http.DefaultClient); len(applied) != 2 || applied["T-0"] != 1 || applied["T-2"] != 1 {
		t.Errorf("applied: %v", applied)
	}
}

// Node's TLS, which sends session tickets of its own accord: no connection is
// given up for them.
func TestNodeTLS(t *testing.T) {
	t.Parallel()
	c := newCertificate(t, "127.0.0.1")
	s := startNode(t, "nest", "LIMIT=100000", "KEY="+c.key, "CERT="+c.cert)
	s.url = strings.Replace(s.url, "http:", "https:", 1)
	e := update(t, s.url, 500, "-c", "4", "--ca-cert", c.root)
	applied := s.applied(t, c.client(t))
	e.wantAll(t, 500, applied)
	wantOnce(t, applied)
	if e.summary.Requests != 500 {
		t.Errorf("%d requests for 500 rows", e.summary.Requests)
	}
}

// A server that closes idle connections after a moment: whoever comes back
// after a pause finds them closed, and no row suffers for it.
func TestNodeClosesIdle(t *testing.T) {
	t.Parallel()
	s := startNode(t, "nest", "LIMIT=100000", "IDLE=50")
	e := update(t, s.url, 40, "-c", "2", "--rate", "10/s")
	applied := s.applied(t, http.DefaultClient)
	e.wantAll(t, 40, applied)
	wantOnce(t, applied)
	t.Logf("%d requests for 40 rows", e.summary.Requests)
}
