package client

import (
	"bytes"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"taskbatch/csvmap/words"
)

// maxWords is how much of an undocumented error body is shown, in bytes.
const maxWords = 300

// apiError is what an error answer says.
type apiError struct {
	message    string // the server's own words, else the status with what could be read
	documented bool   // the body is JSON in one of the API's own error shapes
}

// parseAPIError reads an error answer: {"statusCode","message","error"} with
// message a text or a list of texts, the wrapped form {"status","message",
// "timestamp","data"}, or whatever a gateway sends instead. statusLine is the
// status as net/http shows it, "502 Bad Gateway".
func parseAPIError(status int, statusLine string, body []byte) apiError {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")))
	shape, complete := readErrorShape(body)
	if said := shape.words(); said != "" {
		return apiError{said, complete && shape.documented(status)}
	}
	title := statusTitle(status, statusLine)
	said := firstWords(body)
	switch {
	case said == "" || complete && len(shape) == 0 || strings.EqualFold(said, http.StatusText(status)):
		return apiError{message: title}
	case strings.HasPrefix(said, strconv.Itoa(status)):
		return apiError{message: said}
	}
	return apiError{message: title + ": " + said}
}

// errorShape is the top level of a JSON error, raw.
type errorShape map[string][]byte

// readErrorShape reads as many members as there are; complete is false if
// body is not one whole JSON object.
func readErrorShape(body []byte) (shape errorShape, complete bool) {
	shape = errorShape{}
	m := scanner{b: body}
	for m.next() {
		shape[string(m.key)] = m.value
	}
	return shape, m.complete
}

// documented tells whether this is the API's own shape, plain or wrapped.
func (s errorShape) documented(status int) bool {
	if string(s["statusCode"]) == strconv.Itoa(status) {
		return s["message"] != nil
	}
	return s["status"] != nil && s["message"] != nil && s["timestamp"] != nil
}

// words is what the error says, from message, else from error, else from
// what is wrapped in data.
func (s errorShape) words() string {
	for _, key := range []string{"message", "error"} {
		if said := valueWords(s[key]); said != "" {
			return said
		}
	}
	if data := s["data"]; data != nil && data[0] == '{' {
		inner, _ := readErrorShape(data)
		delete(inner, "data")
		return inner.words()
	}
	return ""
}

// valueWords is a text, or the texts of a list, or the message in an object.
func valueWords(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		text, _ := unquote(raw)
		return strings.TrimSpace(text)
	case '[':
		return listWords(raw)
	case '{':
		inner, _ := readErrorShape(raw)
		text, _ := unquote(inner["message"])
		return strings.TrimSpace(text)
	}
	return ""
}

// listWords joins the texts of a JSON array; what is not a text stands as
// JSON.
func listWords(raw []byte) string {
	var texts []string
	for item := range items(raw) {
		if text, ok := unquote(item); ok {
			item = []byte(strings.TrimSpace(text))
		}
		texts = append(texts, string(item))
	}
	return strings.Join(texts, "; ")
}

// statusTitle is the status with its usual name, else the name that the
// server gave it.
func statusTitle(status int, statusLine string) string {
	code := strconv.Itoa(status)
	if name := http.StatusText(status); name != "" {
		return code + " " + name
	}
	return strings.TrimSpace(code + " " + strings.TrimSpace(strings.TrimPrefix(statusLine, code)))
}

// Patterns to make text of HTML: what is not text at all, and the tags. Most
// runs never see a page.
var (
	htmlTitle  = pattern(`(?is)<title[^>]*>(.*?)</title`)
	htmlHidden = pattern(`(?is)<(script|style)\b.*?</(script|style)\s*>|<!--.*?-->`)
	htmlTag    = pattern(`(?s)<[^>]*>?`)
)

// pattern is compiled when it is first asked for.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// firstWords is the beginning of a body that is not the API's JSON: the title
// of a page, or its text; "" if it is not text.
func firstWords(body []byte) string {
	text := string(body[:min(len(body), 64<<10)])
	if strings.HasPrefix(text, "<") {
		if title := htmlTitle().FindStringSubmatch(text); title != nil && strings.TrimSpace(title[1]) != "" {
			text = title[1]
		} else {
			text = htmlTag().ReplaceAllString(htmlHidden().ReplaceAllString(text, " "), " ")
		}
		text = html.UnescapeString(text)
	}
	text = strings.Join(strings.Fields(text), " ")
	head := words.Shorten(text, maxWords)
	if !utf8.ValidString(head) || strings.ContainsFunc(head, unicode.IsControl) {
		return ""
	}
	return head
}
