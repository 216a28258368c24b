package sandbox

import (
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
)

// task is one task's memory, and the API's answer to its update.
type task struct {
	ID             string                    `json:"id"`
	AccountID      string                    `json:"accountId"`
	Account        string                    `json:"account"`
	ActivityID     string                    `json:"activityId"`
	Title          string                    `json:"title"`
	Description    string                    `json:"description"`
	AssigneeID     string                    `json:"assigneeId"`
	Type           string                    `json:"type"`
	TypeID         string                    `json:"typeId"`
	TypeConfig     struct{}                  `json:"typeConfiguration"`
	Status         string                    `json:"status"`
	StatusID       string                    `json:"statusId"`
	StatusConfig   struct{}                  `json:"statusConfiguration"`
	Priority       string                    `json:"priority"`
	PriorityID     string                    `json:"priorityId"`
	PriorityConfig struct{}                  `json:"priorityConfiguration"`
	URLs           []string                  `json:"attachmentUrls,omitzero"` // of an update, until they are attached
	Attachments    []attachment              `json:"attachments"`
	IsActive       bool                      `json:"isActive"`
	Creator        string                    `json:"creator"`
	CreatorID      string                    `json:"creatorId"`
	CreatorEmail   string                    `json:"creatorEmail"`
	CreatedAt      string                    `json:"createdAt"`
	UpdatedAt      string                    `json:"updatedAt"`
	Metadata       map[string]jsontext.Value `json:"metadata"`
}

// attachment is what a URL becomes.
type attachment struct {
	URL string `json:"url"`
}

// newTask is a task nobody has updated yet.
func newTask(id string, now time.Time) *task {
	t := &task{
		ID: id, AccountID: "acc_sandbox", Account: "Sandbox", Type: "FOLLOW_UP", Status: "PENDING", Priority: "LOW",
		IsActive: true, Creator: "Sandbox User", CreatorID: "usr_sandbox", CreatorEmail: "user@sandbox.invalid", CreatedAt: stamp(now),
	}
	t.settle(now)
	return t
}

// stamp is a time as the API writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// apply takes over a body that [checkBody] has passed: the names of its keys
// are the task's own, and what it does not name stays.
func (t *task) apply(body []byte, c Config, now time.Time) {
	old := t.Metadata
	if c.MetadataReplace {
		t.Metadata = nil
	}
	json.Unmarshal(body, t) // merges metadata key by key
	if t.Metadata == nil {
		t.Metadata = old
	}
	if t.URLs != nil {
		if !c.AttachmentsAdd {
			t.Attachments = nil
		}
		for _, url := range t.URLs {
			t.Attachments = append(t.Attachments, attachment{url})
		}
		t.URLs = nil
	}
	t.settle(now)
}

// settle brings value and identifier of the three choices in line: either
// may have been sent, and what the platform does not know is an organisation's
// own.
func (t *task) settle(now time.Time) {
	t.UpdatedAt = stamp(now)
	t.Type, t.TypeID = choose(client.Type, t.Type)
	t.Status, t.StatusID = choose(client.Status, t.Status)
	t.Priority, t.PriorityID = choose(client.Priority, t.Priority)
}

// choose finds the value and identifier that were meant by either of them.
func choose(f client.Field, sent string) (value, id string) {
	for _, v := range f.Info().Values {
		if id := f.String() + "_" + strings.ToLower(v); sent == v || sent == id {
			return v, id
		}
	}
	return sent, sent
}

// store is all tasks.
type store struct {
	config Config
	mu     sync.Mutex
	tasks  map[string]*task
}

// exists tells whether a task that nobody has updated yet exists.
func (s *store) exists(id string) bool {
	if s.config.UnknownPrefix != "" && strings.HasPrefix(id, s.config.UnknownPrefix) {
		return false
	}
	_, known := s.config.Known[id]
	return known || s.config.Known == nil
}

// update applies a checked body and returns the task as the API answers it; ok
// is false if there is no such task.
func (s *store) update(id string, body []byte) (answer []byte, ok bool) {
	now := s.config.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		if !s.exists(id) {
			return nil, false
		}
		t = newTask(id, now)
		s.tasks[id] = t
	}
	t.apply(body, s.config, now)
	return marshal(t), true
}

// show returns a task that exists.
func (s *store) show(id string) (answer []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		if _, known := s.config.Known[id]; !known {
			return nil, false
		}
		t = newTask(id, time.Time{})
	}
	return marshal(t), true
}

// marshal writes JSON of which nothing can fail: texts from the network that
// are no UTF-8 are mended, keys are sorted, values from a body stay as sent.
func marshal(v any) []byte {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true))
	if err != nil {
		panic(err) // a bug: the values are checked before they are kept
	}
	return b
}
