package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"taskbatch/csvmap/words"
)

// TestHostileServer: whatever a server answers, nothing of it steers a terminal
// or runs in a page, and the key that it echoes stands in no output.
func TestHostileServer(t *testing.T) {
	const key = "the-secret-key-0123456789"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echo := r.Header.Get("x-api-key")
		w.Header()["X-Request-Id"] = []string{"id-" + echo}
		w.Header()["X-Api-Key"] = []string{echo}
		w.WriteHeader(http.StatusBadRequest)
		long := ""
		if strings.HasSuffix(r.URL.Path, "TASK-2") {
			long = strings.Repeat("long ", 200_000)
		}
		w.Write([]byte(`{"statusCode":400,"message":"` + long + `<script>alert(1)</script> ` + echo + ` \u001b[31mred\u001b[2J \u202egnp.exe \u2028 \" '","error":"` + echo + `"}`))
	}))
	defer server.Close()
	t.Setenv("THENA_API_KEY", key)
	t.Setenv("THENA_BASE_URL", server.URL)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	input := "taskId,title\nTASK-1,<img src=x onerror=alert(1)>\nTASK-2,\u202edlof\nTASK-3,\x1b[31m\n"
	if err := os.WriteFile(at("tasks.csv"), []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{}
	run := func(name string, args ...string) {
		var out, errOut bytes.Buffer
		Main(t.Context(), append([]string{"taskbatch"}, args...), strings.NewReader(""), &out, &errOut)
		outputs[name+" stdout"], outputs[name+" stderr"] = out.String(), errOut.String()
	}
	run("update", "update", at("tasks.csv"), "--report", at("r.html"), "--metrics", at("m.prom"), "--log-file", at("run.log"), "--summary", at("s.json"), "--failures", at("f.csv"))
	run("json", "update", at("tasks.csv"), "--json", "--fresh")
	run("report", "report", at("tasks.results.csv"))
	run("markdown", "report", "--md", at("tasks.results.csv"))
	for _, name := range []string{"r.html", "m.prom", "run.log", "s.json", "f.csv", "tasks.results.csv"} {
		text, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(text)
	}
	for name, text := range outputs {
		if strings.Contains(text, key) {
			t.Errorf("%s holds the key", name)
		}
		if strings.HasSuffix(name, ".csv") {
			continue // the user's own cells stand there untouched
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && words.Hidden(r) }); i >= 0 {
			t.Errorf("%s shows %q", name, text[i:min(len(text), i+20)])
		}
	}
	if page := outputs["r.html"]; strings.Contains(page, "<script") || strings.Contains(page, "<img") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the page does not escape what the server said")
	}
	if !strings.Contains(outputs["run.log"], `"request_id":"id-`) {
		t.Errorf("the log lacks the server's request id: %s", outputs["run.log"])
	}
}
