package client

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxShown is how much of a server's value a warning shows.
const maxShown = 80

// shownTask is what an answer shows of the fields, and the identifiers of
// type, status and priority: raw JSON, nil if absent.
type shownTask struct {
	values [NumFields][]byte
	ids    [NumFields][]byte
}

// compareAnswer names the fields whose value in the answer to an applied
// update is another than was sent, "" if there is none. sent is a canonical
// body. An answer that cannot be read says nothing.
func compareAnswer(sent, answer []byte, key secret) string {
	task, ok := readTask(answer)
	if !ok {
		return ""
	}
	var warning strings.Builder
	members(sent, func(name, value []byte) {
		f, ok := comparedField(name)
		if !ok || task.agrees(f, value) {
			return
		}
		warning.Grow(2 * maxShown)
		if warning.Len() > 0 {
			warning.WriteString("; ")
		}
		warning.WriteString(f.String())
		warning.WriteString(" is ")
		show(&warning, task.values[f], key)
		warning.WriteString(" on the server")
	})
	return warning.String()
}

// readTask finds the fields in an answer, plain or wrapped in "data".
func readTask(answer []byte) (task shownTask, ok bool) {
	var data []byte
	ok = members(answer, func(name, value []byte) {
		if string(name) == "data" && value[0] == '{' {
			data = value
			return
		}
		task.take(name, value)
	})
	if ok && data != nil {
		task = shownTask{}
		ok = members(data, task.take)
	}
	return task, ok
}

// take notes one member of the answer.
func (t *shownTask) take(name, value []byte) {
	switch string(name) {
	case "typeId":
		t.ids[Type] = value
	case "statusId":
		t.ids[Status] = value
	case "priorityId":
		t.ids[Priority] = value
	default:
		if f, ok := comparedField(name); ok {
			t.values[f] = value
		}
	}
}

// comparedField finds the field with this name among those that are compared.
func comparedField(name []byte) (f Field, ok bool) {
	switch string(name) {
	case "title":
		return Title, true
	case "description":
		return Description, true
	case "assigneeId":
		return AssigneeID, true
	case "activityId":
		return ActivityID, true
	case "type":
		return Type, true
	case "status":
		return Status, true
	case "priority":
		return Priority, true
	}
	return 0, false
}

// agrees tells whether the answer does not contradict the value sent.
func (t *shownTask) agrees(f Field, sent []byte) bool {
	return same(sent, t.values[f]) || t.ids[f] != nil && same(sent, t.ids[f])
}

// same compares a text sent with what the answer shows in its place. An
// absent value, an object or an array says nothing; null stands for "".
func same(sent, shown []byte) bool {
	if shown == nil || shown[0] == '{' || shown[0] == '[' || bytes.Equal(sent, shown) {
		return true
	}
	if shown[0] == '"' && bytes.IndexByte(sent, '\\') < 0 && bytes.IndexByte(shown, '\\') < 0 {
		return !utf8.Valid(shown) // both are spelled in the only way there is
	}
	want, ok := unquote(sent)
	if !ok {
		return true
	}
	switch {
	case string(shown) == "null":
		return want == ""
	case shown[0] != '"':
		return want == string(shown)
	}
	got, ok := unquote(shown)
	return !ok || got == want
}

// show writes a raw JSON value as a warning shows it, without the key.
func show(w *strings.Builder, raw []byte, key secret) {
	text, ok := unquote(raw)
	if !ok {
		w.WriteString(shorten(key.line(string(raw)), maxShown))
		return
	}
	w.WriteByte('"')
	w.WriteString(shorten(key.line(text), maxShown))
	w.WriteByte('"')
}
