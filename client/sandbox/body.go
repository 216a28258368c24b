package sandbox

import (
	"maps"
	"mime"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
)

// checkBody checks a request body as strictly as the description allows and
// returns which of its keys are wrong. malformed says why it is not a JSON
// object at all.
func checkBody(contentType string, body []byte) (problems []string, malformed string) {
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return nil, "Content-Type must be application/json"
	}
	if jsontext.Value(body).Kind() != '{' {
		return nil, "The body must be a JSON object"
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, "The body is not valid JSON: " + err.Error()
	}
	for f := range client.Field(client.NumFields) {
		name := f.String()
		if value, ok := members[name]; ok {
			if problem := checkType(f, value); problem != "" {
				problems = append(problems, name+" must be "+problem)
			}
			delete(members, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		problems = append(problems, "property "+name+" should not exist")
	}
	return problems, ""
}

// checkType is what a value must be and is not, "" if it is.
func checkType(f client.Field, value jsontext.Value) string {
	switch kind := f.Kind(); {
	case kind == client.Object && value.Kind() != '{':
		return "an object"
	case kind == client.List && !isTextList(value):
		return "an array of strings"
	case kind == client.Text && value.Kind() != '"':
		return "a string"
	}
	return ""
}

// isTextList tells whether value is an array of strings.
func isTextList(value jsontext.Value) bool {
	var items []jsontext.Value
	return value.Kind() == '[' && json.Unmarshal(value, &items) == nil &&
		!slices.ContainsFunc(items, func(v jsontext.Value) bool { return v.Kind() != '"' })
}
