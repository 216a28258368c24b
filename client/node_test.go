package client_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"taskbatch/client"
)

// tool finds a program, or skips the test.
func tool(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// command starts a program that ends with the test.
func command(t *testing.T, name string, args ...string) (in io.Writer, out *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return stdin, bufio.NewReader(stdout)
}

// pemFile writes the certificate and the key of a test server into one file.
func pemFile(t *testing.T) (name string, server *httptest.Server) {
	t.Helper()
	server = httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	name = caFile(t, server)
	der, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	return name, server
}

// Node, which is OpenSSL's TLS, sends its session tickets and closes idle
// connections.
func TestNode(t *testing.T) {
	file, _ := pemFile(t)
	script := `
		const pem = require("fs").readFileSync(process.argv[1]);
		const server = require("https").createServer({cert: pem, key: pem, keepAliveTimeout: 50}, (req, res) => {
			req.resume().on("end", () => res.end("{}"));
		});
		server.keepAliveTimeoutBuffer = 0;
		server.on("secureConnection", s => s.on("close", () => console.log("closed")));
		server.listen(0, "127.0.0.1", () => console.log(server.address().port));`
	_, out := command(t, "node", "-e", script, file)
	port, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s := newSender(t, client.Config{BaseURL: "https://127.0.0.1:" + strings.TrimSpace(port), CACertFile: file})
	for range 3 {
		for range 10 {
			if r := s.Put(context.Background(), "T-1", []byte(`{}`)); r.Verdict != client.Applied {
				t.Errorf("%v (%s)", r.Verdict, r.Message)
			}
		}
		if line, err := out.ReadString('\n'); err != nil || line != "closed\n" {
			t.Fatalf("%q (%v)", line, err)
		}
	}
}
