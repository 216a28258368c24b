package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	box, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "any"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := c.Sender()
	defer s.Close()
	fmt.Println(s.Put(context.Background(), "T-1", []byte(`{"title":"x"}`)).Verdict)
	fmt.Println(s.Put(context.Background(), "T-1", []byte(`{"tittle":"x"}`)).Message)
	// Output:
	// applied
	// property tittle should not exist
}

// start serves a sandbox until the end of the test and returns it with a
// sender to it.
func start(t testing.TB, config sandbox.Config) (*sandbox.Sandbox, *sandbox.Server, *client.Sender) {
	t.Helper()
	box, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "any", Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	sender := c.Sender()
	t.Cleanup(func() {
		sender.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return box, server, sender
}

// put sends one request to a handler.
func put(h http.Handler, id, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("PUT", "/v1/accounts/tasks/"+id, strings.NewReader(body))
	r.Header["Content-Type"] = []string{"application/json"}
	r.Header["X-Api-Key"] = []string{"any"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// newBox makes a sandbox that is closed with the test.
func newBox(t testing.TB, config sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

// get reads a page.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// faults parses a spec that must be right.
func faults(t testing.TB, spec string) sandbox.Faults {
	t.Helper()
	f, err := sandbox.ParseFaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStrictBodies(t *testing.T) {
	box := newBox(t, sandbox.Config{})
	tests := []struct {
		name, body string
		status     int
		message    string // JSON, as in the answer
	}{
		{"nothing", `{}`, 200, ""},
		{"all fields", `{"title":"a","assigneeId":"b","activityId":"c","description":"d","type":"e","status":"f","priority":"g","attachmentUrls":["h"],"metadata":{"i":null}}`, 200, ""},
		{"blanks", " {\n\"title\" : \"a\" }\n", 200, ""},
		{"empty", ``, 400, `"The body must be a JSON object"`},
		{"array", `[]`, 400, `"The body must be a JSON object"`},
		{"null", `null`, 400, `"The body must be a JSON object"`},
		{"cut", `{"title":"a"`, 400, ``},
		{"text behind", `{} {}`, 400, `"The body is not valid JSON: jsontext: invalid character '{' after top-level value after offset 3"`},
		{"comma", `{"title":"a",}`, 400, ``},
		{"duplicate key", `{"title":"a","title":"a"}`, 400, ``},
		{"duplicate key in metadata", `{"metadata":{"a":1,"a":1}}`, 400, ``},
		{"bad UTF-8", "{\"title\":\"\xff\"}", 400, ``},
		{"lone surrogate", `{"title":"\ud800"}`, 400, ``},
		{"raw line break", "{\"title\":\"a\nb\"}", 400, ``},
		{"unknown key", `{"tittle":"a"}`, 400, `["property tittle should not exist"]`},
		{"case of the key", `{"Title":"a"}`, 400, `["property Title should not exist"]`},
		{"several problems", `{"title":1,"x":1,"attachmentUrls":[1],"metadata":[],"status":null}`, 400,
			`["title must be a string","status must be a string","attachmentUrls must be an array of strings","metadata must be an object","property x should not exist"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := put(box, "T-1", tt.body)
			var answer struct {
				StatusCode int
				Message    json.RawMessage
				Error      string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || tt.message != "" && string(answer.Message) != tt.message {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.status, tt.message)
			}
			if w.Code == 400 && (answer.StatusCode != 400 || answer.Error != "Bad Request") {
				t.Errorf("%s", w.Body)
			}
		})
	}
}

func TestAnyKey(t *testing.T) {
	box := newBox(t, sandbox.Config{})
	for key, want := range map[string]int{"": 401, "x": 200} {
		r := httptest.NewRequest("PUT", "/v1/accounts/tasks/T-1", strings.NewReader(`{}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", key)
		w := httptest.NewRecorder()
		if box.ServeHTTP(w, r); w.Code != want {
			t.Errorf("key %q: %d", key, w.Code)
		}
	}
}

func TestRoutesAndKeys(t *testing.T) {
	box := newBox(t, sandbox.Config{Key: "right"})
	tests := []struct {
		name, method, path, key, contentType, want string
		status                                     int
	}{
		{"right", "PUT", "/v1/accounts/tasks/T-1", "right", "application/json; charset=utf-8", `"id":"T-1"`, 200},
		{"wrong key", "PUT", "/v1/accounts/tasks/T-1", "wrong", "application/json", `"message":"Invalid API key","error":"Unauthorized"`, 401},
		{"no key", "PUT", "/v1/accounts/tasks/T-1", "", "application/json", `"statusCode":401`, 401},
		{"no task", "PUT", "/v1/accounts/tasks/", "right", "application/json", `"message":"Task ID is required!"`, 400},
		{"content type", "PUT", "/v1/accounts/tasks/T-1", "right", "text/plain", `Content-Type must be application/json`, 400},
		{"no content type", "PUT", "/v1/accounts/tasks/T-1", "right", "", `Content-Type must be application/json`, 400},
		{"method", "GET", "/v1/accounts/tasks/T-1", "right", "application/json", `"statusCode":405`, 405},
		{"route", "PUT", "/v1/accounts/tasks/T-1/x", "right", "application/json", `"message":"Cannot PUT /v1/accounts/tasks/T-1/x"`, 404},
		{"root", "GET", "/", "right", "application/json", `"statusCode":404`, 404},
		{"unknown page", "GET", "/_sandbox/x", "", "", `"statusCode":404`, 404},
		{"unknown task page", "GET", "/_sandbox/tasks/none", "", "", `Account task not found`, 404},
		{"method of a page", "PUT", "/_sandbox/log", "", "", `"statusCode":405`, 405},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(`{}`))
			r.Header.Set("Content-Type", tt.contentType)
			r.Header.Set("X-Api-Key", tt.key)
			w := httptest.NewRecorder()
			box.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// What was sent is what the task shows, for values and for identifiers.
func TestUpdates(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, replace := range []bool{false, true} {
		box := newBox(t, sandbox.Config{MetadataReplace: replace, Now: func() time.Time { return now }})
		now = now.Add(time.Minute)
		put(box, "T-1", `{"title":"one","status":"status_completed","priority":"HIGH","type":"mine","metadata":{"a":1.50,"b":{"c":1}}}`)
		created := now
		now = now.Add(time.Minute)
		w := put(box, "T-1", `{"title":"","attachmentUrls":["https://x/1","https://x/2"],"metadata":{"b":null,"d":"e"}}`)
		metadata := `{"a":1.50,"b":null,"d":"e"}`
		if replace {
			metadata = `{"b":null,"d":"e"}`
		}
		want := `{"id":"T-1","accountId":"acc_sandbox","account":"Sandbox","activityId":"","title":"","description":"","assigneeId":"",` +
			`"type":"mine","typeId":"mine","typeConfiguration":{},"status":"COMPLETED","statusId":"status_completed","statusConfiguration":{},` +
			`"priority":"HIGH","priorityId":"priority_high","priorityConfiguration":{},"attachments":[{"url":"https://x/1"},{"url":"https://x/2"}],` +
			`"isActive":true,"creator":"Sandbox User","creatorId":"usr_sandbox","creatorEmail":"user@sandbox.invalid",` +
			`"createdAt":"` + created.Format("2006-01-02T15:04:05.000Z") + `","updatedAt":"` + now.Format("2006-01-02T15:04:05.000Z") + `","metadata":` + metadata + `}`
		if diff := cmp.Diff(want, w.Body.String()); diff != "" {
			t.Errorf("replace %v: %s", replace, diff)
		}
		if page := get(box, "/_sandbox/tasks/T-1").Body.String(); page != want {
			t.Errorf("page: %s", page)
		}
	}
}

// Attachments are replaced, or added to those there are.
func TestAttachments(t *testing.T) {
	for add, want := range map[bool][]string{
		false: {`[{"url":"https://x/2"},{"url":"https://x/2"}]`, `[]`},
		true:  {`[{"url":"https://x/1"},{"url":"https://x/2"},{"url":"https://x/2"}]`, `[{"url":"https://x/1"},{"url":"https://x/2"},{"url":"https://x/2"}]`},
	} {
		box := newBox(t, sandbox.Config{AttachmentsAdd: add})
		put(box, "T-1", `{"attachmentUrls":["https://x/1"]}`)
		put(box, "T-1", `{"attachmentUrls":["https://x/2","https://x/2"]}`)
		if w := put(box, "T-1", `{"title":"x"}`); !strings.Contains(w.Body.String(), `"attachments":`+want[0]) {
			t.Errorf("add %v: %s", add, w.Body)
		}
		if w := put(box, "T-1", `{"attachmentUrls":[]}`); !strings.Contains(w.Body.String(), `"attachments":`+want[1]) {
			t.Errorf("add %v, an empty list: %s", add, w.Body)
		}
	}
}

func TestKnown(t *testing.T) {
	box := newBox(t, sandbox.Config{Known: map[string]struct{}{"T-1": {}}})
	if w := get(box, "/_sandbox/tasks/T-1"); w.Code != 200 || !strings.Contains(w.Body.String(), `"status":"PENDING"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := put(box, "T-1", `{}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := put(box, "T-2", `{}`); w.Code != 404 || w.Body.String() != `{"statusCode":404,"message":"Account task not found","error":"Not Found"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The embedded sandbox has tasks that do not exist.
func TestUnknownPrefix(t *testing.T) {
	box := newBox(t, sandbox.Config{UnknownPrefix: "missing-"})
	for id, want := range map[string]int{"missing-1": 404, "missing": 200, "T-missing-1": 200} {
		if w := put(box, id, `{}`); w.Code != want {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
}

func TestLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.jsonl")
	now := time.Date(2026, 11, 23, 10, 0, 0, 1, time.UTC)
	box := newBox(t, sandbox.Config{LogLimit: 2, LogFile: file, Now: func() time.Time { return now }})
	put(box, "T-1", `{"title":"a"}`)
	put(box, "T-2", "{\n}")
	put(box, "T-3", "\xff{")
	lines := []string{
		`{"seq":1,"at":"2026-11-23T10:00:00.000000001Z","task":"T-1","method":"PUT","status":200,"applied":true,"body":{"title":"a"},"done_at":"2026-11-23T10:00:00.000000001Z"}`,
		`{"seq":2,"at":"2026-11-23T10:00:00.000000001Z","task":"T-2","method":"PUT","status":200,"applied":true,"raw":"{\n}","done_at":"2026-11-23T10:00:00.000000001Z"}`,
		`{"seq":3,"at":"2026-11-23T10:00:00.000000001Z","task":"T-3","method":"PUT","status":400,"applied":false,"raw":"` + "\uFFFD" + `{","done_at":"2026-11-23T10:00:00.000000001Z"}`,
	}
	page := get(box, "/_sandbox/log")
	if diff := cmp.Diff(strings.Join(lines[1:], "\n")+"\n", page.Body.String()); diff != "" {
		t.Error(diff)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(lines, "\n")+"\n", string(written)); diff != "" {
		t.Error(diff)
	}
	if _, err := sandbox.New(sandbox.Config{LogFile: t.TempDir()}); err == nil {
		t.Error("a folder as log file: no error")
	}
}

// Requests of many clients at once: nothing is lost, and the log has them in
// order.
func TestConcurrentUpdates(t *testing.T) {
	_, server, _ := start(t, sandbox.Config{})
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "any"})
	if err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 100
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			s := c.Sender()
			defer s.Close()
			for j := range each {
				body := fmt.Appendf(nil, `{"title":"%d","metadata":{"k%d":%d}}`, j, j, j)
				if r := s.Put(context.Background(), fmt.Sprintf("T-%d", i), body); r.Verdict != client.Applied || r.Warning != "" {
					t.Errorf("%v (%s %s)", r.Verdict, r.Message, r.Warning)
				}
			}
		})
	}
	wg.Wait()
	resp, err := http.Get(server.URL() + "/_sandbox/log")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	next := map[string]int{}
	seq := 0
	for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
		var e struct {
			Seq  int
			Task string
			Body struct{ Title string }
		}
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if seq++; e.Seq != seq || e.Body.Title != fmt.Sprint(next[e.Task]) {
			t.Fatalf("line %d: %s", seq, scan.Bytes())
		}
		next[e.Task]++
	}
	if seq != workers*each {
		t.Errorf("%d lines, want %d", seq, workers*each)
	}
}

func TestStartRefusesOtherAddresses(t *testing.T) {
	box := newBox(t, sandbox.Config{})
	for _, addr := range []string{"", ":8000", "0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.com:0", "127.0.0.1"} {
		if _, err := box.Start(addr); err == nil {
			t.Errorf("%q: no error", addr)
		}
	}
}

func TestLatency(t *testing.T) {
	_, _, s := start(t, sandbox.Config{Latency: 30 * time.Millisecond})
	r := s.Put(context.Background(), "T-1", []byte(`{}`))
	if took := r.Received.Sub(r.Sent); r.Verdict != client.Applied || took < 30*time.Millisecond {
		t.Errorf("%v after %v", r.Verdict, took)
	}
}
