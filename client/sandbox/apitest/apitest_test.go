package apitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"taskbatch/client/sandbox"
	"taskbatch/client/sandbox/apitest"
)

const description = "../../../testdata/thena.openapi.yaml"

func put(id, key, body string) *http.Request {
	r := httptest.NewRequest("PUT", "http://127.0.0.1/v1/accounts/tasks/"+id, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("X-Api-Key", key)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func newBox(t testing.TB, c sandbox.Config) *sandbox.Sandbox {
	box, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

// Every answer of the API proper is one that the description allows.
func TestAnswersAreDescribed(t *testing.T) {
	known := map[string]struct{}{"T-1": {}}
	faults, err := sandbox.ParseFaults("500=100%")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config sandbox.Config
		req    *http.Request
		want   int
	}{
		{"updated", sandbox.Config{}, put("T-1", "key", `{"title":"x","metadata":{"a":[1,null]},"attachmentUrls":["https://example.com/a"]}`), 200},
		{"nothing to change", sandbox.Config{}, put("T-1", "key", `{}`), 200},
		{"with rate headers", sandbox.Config{Quota: sandbox.Quota{N: 5, Window: time.Minute}}, put("T-1", "key", `{}`), 200},
		{"not JSON", sandbox.Config{}, put("T-1", "key", `{`), 400},
		{"unknown key", sandbox.Config{}, put("T-1", "key", `{"tittle":"x"}`), 400},
		{"no key", sandbox.Config{}, put("T-1", "", `{}`), 401},
		{"wrong key", sandbox.Config{Key: "right"}, put("T-1", "wrong", `{}`), 401},
		{"unknown task", sandbox.Config{Known: known}, put("T-2", "key", `{}`), 404},
		{"error", sandbox.Config{Faults: faults}, put("T-1", "key", `{}`), 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(newBox(t, tt.config), tt.req)
			if w.Code != tt.want {
				t.Errorf("status = %d %s, want %d", w.Code, w.Body, tt.want)
			}
			if err := apitest.New(t, description).CheckAnswer(tt.req, w.Code, w.Header(), w.Body.Bytes()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Within the quota and beyond it, in every style.
func TestQuotaAnswersAreDescribed(t *testing.T) {
	for _, style := range []sandbox.QuotaStyle{sandbox.Epoch, sandbox.EpochMS, sandbox.Delta, sandbox.IETF, sandbox.PerPath} {
		box := newBox(t, sandbox.Config{Quota: sandbox.Quota{N: 1, Window: time.Hour}, QuotaStyle: style, Now: func() time.Time { return time.Unix(1_000_000, 0) }})
		ref := apitest.New(t, description)
		for _, status := range []int{200, 429} {
			req := put("T-1", "key", `{}`)
			w := serve(box, req)
			if w.Code != status {
				t.Errorf("%s: status = %d, want %d", style, w.Code, status)
			}
			if err := ref.CheckAnswer(req, w.Code, w.Header(), w.Body.Bytes()); err != nil {
				t.Errorf("%s: %v", style, err)
			}
		}
	}
}

// The sandbox takes a body if and only if the description does.
func TestSandboxAndDescriptionAgreeOnBodies(t *testing.T) {
	ref := apitest.New(t, description)
	box := newBox(t, sandbox.Config{LogLimit: -1})
	values := []string{`"x"`, `""`, `"é\n\u2028"`, `null`, `1`, `true`, `[]`, `["a","b"]`, `["a",1]`, `{}`, `{"a":null}`}
	names := []string{"title", "assigneeId", "activityId", "description", "type", "status", "priority", "attachmentUrls", "metadata", "Title", "id", ""}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 4, rapid.ID).Draw(t, "keys")
		var members []string
		for _, k := range keys {
			members = append(members, fmt.Sprintf("%q:%s", k, rapid.SampledFrom(values).Draw(t, "value")))
		}
		body := "{" + strings.Join(members, ",") + "}"
		req := put("T-1", "key", body)
		allowed := ref.CheckRequest(req, []byte(body)) == nil
		w := serve(box, put("T-1", "key", body))
		if taken := w.Code == 200; taken != allowed {
			t.Fatalf("%s: sandbox %d %s, allowed by the description: %v", body, w.Code, w.Body, allowed)
		}
		if err := ref.CheckAnswer(req, w.Code, w.Header(), w.Body.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}

// A referee that lets everything pass is worth nothing.
func TestRefereeSeesFouls(t *testing.T) {
	ref := apitest.New(t, description)
	req := put("T-1", "key", "")
	header := http.Header{"Content-Type": {"application/json"}}
	whole := serve(newBox(t, sandbox.Config{}), put("T-1", "key", `{}`)).Body.String()
	answers := []struct {
		name, body string
		status     int
		header     http.Header
	}{
		{"a key is missing", strings.Replace(whole, `"creator":`, `"creatorx":`, 1), 200, header},
		{"wrong type", strings.Replace(whole, `"isActive":true`, `"isActive":"yes"`, 1), 200, header},
		{"not JSON", `<html>`, 200, header},
		{"status that is not described", `{}`, 418, header},
		{"rate header that is no number", whole, 200, http.Header{"Content-Type": {"application/json"}, "X-Ratelimit-Limit": {"many"}}},
		{"429 without Retry-After", `{"statusCode":429,"message":"m","error":"e"}`, 429, header},
		{"error of another shape", `{"message":"m"}`, 400, header},
	}
	for _, tt := range answers {
		if ref.CheckAnswer(req, tt.status, tt.header, []byte(tt.body)) == nil {
			t.Errorf("answer: %s: not seen", tt.name)
		}
	}
	text := put("T-1", "key", "")
	text.Header.Set("Content-Type", "text/plain")
	requests := []struct {
		name, body string
		req        *http.Request
	}{
		{"no key", `{}`, put("T-1", "", "")},
		{"not JSON", `{}`, text},
		{"unknown key", `{"x":1}`, req},
		{"another route", `{}`, httptest.NewRequest("PUT", "http://127.0.0.1/v1/tasks/T-1", nil)},
		{"another method", `{}`, httptest.NewRequest("POST", "http://127.0.0.1/v1/accounts/tasks/T-1", nil)},
	}
	for _, tt := range requests {
		if ref.CheckRequest(tt.req, []byte(tt.body)) == nil {
			t.Errorf("request: %s: not seen", tt.name)
		}
	}
}

// What a client sends through Wrap arrives as it was, and so does the answer.
func TestWrap(t *testing.T) {
	h := apitest.New(t, description).Wrap(newBox(t, sandbox.Config{}))
	if w := serve(h, put("T-1", "key", `{"title":"x"}`)); w.Code != 200 || !strings.Contains(w.Body.String(), `"title":"x"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	page := httptest.NewRequest("GET", "http://127.0.0.1/_sandbox/tasks/T-1", nil)
	if w := serve(h, page); w.Code != 200 || !strings.Contains(w.Body.String(), `"title":"x"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A sandbox in another process is judged by its log.
func TestJudgeLog(t *testing.T) {
	box := newBox(t, sandbox.Config{})
	server := httptest.NewServer(box)
	defer server.Close()
	fouls := &counter{TB: t}
	ref := apitest.New(fouls, description)
	serve(box, put("T-1", "key", `{"title":"x"}`))
	ref.JudgeLog(server.URL)
	if fouls.n != 0 {
		t.Errorf("%d fouls in a clean log", fouls.n)
	}
	serve(box, put("T-1", "key", `{"tittle":"x"}`))
	serve(box, put("T-1", "key", `{"title":`))
	serve(box, httptest.NewRequest("POST", "http://127.0.0.1/v1/accounts/tasks/T-1", strings.NewReader(`{}`)))
	ref.JudgeLog(server.URL)
	if fouls.n != 3 {
		t.Errorf("%d fouls were seen, want 3", fouls.n)
	}
}

// counter is a test that counts what would fail it.
type counter struct {
	testing.TB
	n int
}

func (c *counter) Errorf(string, ...any) { c.n++ }
