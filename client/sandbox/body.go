package sandbox

import (
	"bytes"
	"io"
	"mime"

	"github.com/go-json-experiment/json/jsontext"

	"taskbatch/client"
)

// changes is a checked update body: a raw value for each field, nil if
// absent.
type changes [client.NumFields]jsontext.Value

// parseBody checks a request body as strictly as the description allows and
// returns what it changes and which of its keys are wrong. malformed says why
// it is not a JSON object at all.
func parseBody(contentType string, body []byte) (c changes, problems []string, malformed string) {
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return c, nil, "Content-Type must be application/json"
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if dec.PeekKind() != '{' {
		return c, nil, "The body must be a JSON object"
	}
	problems, err := c.read(dec)
	if err == nil {
		_, err = dec.ReadToken()
	}
	switch {
	case err == nil:
		return c, nil, "The body is not valid JSON: text after the object"
	case err != io.EOF:
		return c, nil, "The body is not valid JSON: " + err.Error()
	}
	return c, problems, ""
}

// read takes the object's members; err says that it is not valid JSON.
func (c *changes) read(dec *jsontext.Decoder) (problems []string, err error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		f, known := fieldByName(name)
		if !known {
			problems = append(problems, "property "+name+" should not exist")
			continue
		}
		if problem := checkType(f, value); problem != "" {
			problems = append(problems, name+" must be "+problem)
		}
		c[f] = value.Clone()
	}
	_, err = dec.ReadToken()
	return problems, err
}

// fieldByName finds a field by its name in JSON.
func fieldByName(name string) (client.Field, bool) {
	for f := range client.Field(client.NumFields) {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// checkType is what a value must be and is not, "" if it is.
func checkType(f client.Field, value jsontext.Value) string {
	switch kind := value.Kind(); {
	case f == client.Metadata:
		if kind != '{' {
			return "an object"
		}
	case f == client.AttachmentURLs:
		if !isTextList(value) {
			return "an array of strings"
		}
	case kind != '"':
		return "a string"
	}
	return ""
}

// isTextList tells whether value is an array of strings.
func isTextList(value jsontext.Value) bool {
	if value.Kind() != '[' {
		return false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(value))
	dec.ReadToken() // the bracket
	for dec.PeekKind() == '"' {
		dec.ReadToken()
	}
	return dec.PeekKind() == ']'
}
