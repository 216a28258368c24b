package apitest

import (
	"encoding/json"
	"net/http"

	"taskbatch/client"
)

// JudgeLog judges the bodies of all updates that a sandbox in another process
// has seen, by its log. A foul fails the test.
func (r *Referee) JudgeLog(baseURL string) {
	r.t.Helper()
	page, err := http.Get(baseURL + "/_sandbox/log")
	if err != nil {
		r.t.Errorf("read the sandbox's log: %v", err)
		return
	}
	defer page.Body.Close()
	for lines := json.NewDecoder(page.Body); lines.More(); {
		var line struct {
			Method, Task, Raw string
			Body              json.RawMessage
		}
		if err := lines.Decode(&line); err != nil {
			r.t.Errorf("read the sandbox's log: %v", err)
			return
		}
		req, err := http.NewRequest(line.Method, baseURL+client.TasksPath+line.Task, nil)
		if err != nil {
			r.t.Errorf("request %s %s: %v", line.Method, line.Task, err)
			continue
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("x-api-key", "hidden")
		if err := r.CheckRequest(req, append(line.Body, line.Raw...)); err != nil {
			r.t.Errorf("request %s %s %s%s: %v", line.Method, line.Task, line.Body, line.Raw, err)
		}
	}
}
