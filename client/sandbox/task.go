package sandbox

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
)

// timeFormat is how the API writes a time.
const timeFormat = "2006-01-02T15:04:05.000Z"

// task is one task's memory: a raw JSON value for each field.
type task struct {
	values   changes
	metadata []member
	created  time.Time
	updated  time.Time
}

// member is one key of metadata, decoded, with its raw value.
type member struct {
	key   string
	value jsontext.Value
}

// store is all tasks.
type store struct {
	known           map[string]struct{}
	unknownPrefix   string
	replaceMetadata bool
	mu              sync.Mutex
	tasks           map[string]*task
}

func newStore(c Config) *store {
	return &store{known: c.Known, unknownPrefix: c.UnknownPrefix, replaceMetadata: c.MetadataReplace, tasks: map[string]*task{}}
}

// newTask is a task nobody has updated yet.
func newTask(now time.Time) *task {
	t := &task{created: now, updated: now}
	for f := range t.values {
		t.values[f] = jsontext.Value(`""`)
	}
	t.values[client.Type] = jsontext.Value(`"FOLLOW_UP"`)
	t.values[client.Status] = jsontext.Value(`"PENDING"`)
	t.values[client.Priority] = jsontext.Value(`"LOW"`)
	t.values[client.AttachmentURLs] = jsontext.Value(`[]`)
	return t
}

// exists tells whether a task that nobody has updated yet exists.
func (s *store) exists(id string) bool {
	if s.unknownPrefix != "" && strings.HasPrefix(id, s.unknownPrefix) {
		return false
	}
	_, known := s.known[id]
	return known || s.known == nil
}

// update applies the changes and returns the task as the API answers it; ok is
// false if there is no such task.
func (s *store) update(id string, c changes, now time.Time) (body []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		if !s.exists(id) {
			return nil, false
		}
		t = newTask(now)
		s.tasks[id] = t
	}
	t.updated = now
	for f, value := range c {
		if value != nil {
			t.values[f] = value
		}
	}
	if c[client.Metadata] != nil {
		t.setMetadata(c[client.Metadata], s.replaceMetadata)
	}
	return t.append(make([]byte, 0, 1<<10), id), true
}

// show returns a task that exists.
func (s *store) show(id string) (body []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		if _, known := s.known[id]; !known {
			return nil, false
		}
		t = newTask(time.Time{})
	}
	return t.append(nil, id), true
}

// setMetadata merges an object, which is valid JSON, into the metadata key by
// key, or puts it in its place.
func (t *task) setMetadata(object jsontext.Value, replace bool) {
	if replace {
		t.metadata = nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(object))
	dec.ReadToken() // the brace; no call here can fail
	for dec.PeekKind() == '"' {
		token, _ := dec.ReadToken()
		key := token.String()
		value, _ := dec.ReadValue()
		t.setMember(key, value.Clone())
	}
}

// setMember sets one key of the metadata.
func (t *task) setMember(key string, value jsontext.Value) {
	for i := range t.metadata {
		if t.metadata[i].key == key {
			t.metadata[i].value = value
			return
		}
	}
	t.metadata = append(t.metadata, member{key, value})
}

// append appends the task as the API answers it: all 24 keys.
func (t *task) append(b []byte, id string) []byte {
	typ := choose(types, t.values[client.Type])
	status := choose(statuses, t.values[client.Status])
	priority := choose(priorities, t.values[client.Priority])
	b = client.AppendString(append(b, `{"id":`...), id)
	b = append(b, `,"accountId":"acc_sandbox","account":"Sandbox","activityId":`...)
	b = append(b, t.values[client.ActivityID]...)
	b = append(append(b, `,"title":`...), t.values[client.Title]...)
	b = append(append(b, `,"description":`...), t.values[client.Description]...)
	b = append(append(b, `,"assigneeId":`...), t.values[client.AssigneeID]...)
	b = typ.append(b, "type")
	b = status.append(b, "status")
	b = priority.append(b, "priority")
	b = append(b, `,"attachments":`...)
	b = appendAttachments(b, t.values[client.AttachmentURLs])
	b = append(b, `,"isActive":true,"creator":"Sandbox User","creatorId":"usr_sandbox","creatorEmail":"user@sandbox.invalid"`...)
	b = t.created.UTC().AppendFormat(append(b, `,"createdAt":"`...), timeFormat)
	b = t.updated.UTC().AppendFormat(append(b, `","updatedAt":"`...), timeFormat)
	b = append(b, `","metadata":{`...)
	for i, m := range t.metadata {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(client.AppendString(b, m.key), ':'), m.value...)
	}
	return append(b, "}}"...)
}

// appendAttachments appends a list of URLs as the attachments they became.
func appendAttachments(b []byte, urls jsontext.Value) []byte {
	if string(urls) == "[]" {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	dec := jsontext.NewDecoder(bytes.NewBuffer(urls))
	dec.ReadToken() // the bracket; no call here can fail
	for i := 0; dec.PeekKind() == '"'; i++ {
		url, _ := dec.ReadValue()
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"url":`...), url...), '}')
	}
	return append(b, ']')
}

// choice is the value and the identifier of a type, status or priority, as
// JSON texts.
type choice struct{ value, id string }

// The values of the platform, each with the identifier that the sandbox gives
// it. Others are an organisation's own.
var (
	types = []choice{
		{`"FOLLOW_UP"`, `"type_follow_up"`}, {`"REVIEW"`, `"type_review"`},
		{`"APPROVAL"`, `"type_approval"`}, {`"CUSTOM"`, `"type_custom"`},
	}
	statuses = []choice{
		{`"PENDING"`, `"status_pending"`}, {`"IN_PROGRESS"`, `"status_in_progress"`},
		{`"COMPLETED"`, `"status_completed"`}, {`"CANCELLED"`, `"status_cancelled"`},
	}
	priorities = []choice{{`"LOW"`, `"priority_low"`}, {`"MEDIUM"`, `"priority_medium"`}, {`"HIGH"`, `"priority_high"`}}
)

// choose finds the value and identifier that were meant by either of them.
func choose(choices []choice, sent jsontext.Value) choice {
	for _, c := range choices {
		if string(sent) == c.value || string(sent) == c.id {
			return c
		}
	}
	return choice{string(sent), string(sent)}
}

// append appends the three keys of a type, status or priority.
func (c choice) append(b []byte, name string) []byte {
	b = append(append(append(append(b, `,"`...), name...), `":`...), c.value...)
	b = append(append(append(append(b, `,"`...), name...), `Id":`...), c.id...)
	return append(append(append(b, `,"`...), name...), `Configuration":{}`...)
}
