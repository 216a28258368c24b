package client

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// TestSetTextEscapes: each ASCII character, and one beyond, is escaped as JSON
// asks wherever it stands.
func TestSetTextEscapes(t *testing.T) {
	for c := range rune(0x81) {
		for at := range 18 {
			text := strings.Repeat("a", at) + string(c) + strings.Repeat("b", 17-at)
			var u Update
			u.SetText(Title, []byte(text))
			want, err := jsontext.AppendQuote([]byte(`{"title":`), text)
			if got := string(u.Body()); err != nil || got != string(want)+"}" {
				t.Fatalf("%q: %s, want %s}; %v", text, got, want, err)
			}
		}
	}
}
