package client

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The key is found in any text, in up to three layers of any of the usual
// encodings, and what surrounds it stays.
func TestRemove(t *testing.T) {
	encoders := map[string]func(string) string{
		"query": url.QueryEscape,
		"path":  url.PathEscape,
		"html":  html.EscapeString,
		"json":  func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	}
	names := []string{"query", "path", "html", "json"}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[!-~]([ -~]{2,20})[!-~]`).Draw(t, "key")
		before := rapid.StringMatching(`[:. ]{0,5}`).Draw(t, "before")
		after := rapid.StringMatching(`[:. ]{0,5}`).Draw(t, "after")
		form := key
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, maxLayers).Draw(t, "layers") {
			form = encoders[name](form)
		}
		got := string(secret(key).remove([]byte(before+form+after), false))
		if strings.Contains(key, ":") || strings.Contains(key, ".") || strings.Contains(key, " ") {
			if strings.Contains(got, form) { // the key may also begin or end in what surrounds it
				t.Fatalf("%q in %q", form, got)
			}
		} else if got != before+removed+after {
			t.Fatalf("%q, form %q", got, form)
		}
	})
}

// Where a text was cut off, the beginning of the key is removed.
func TestRemoveCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-z]{5,20}`).Draw(t, "key")
		n := rapid.IntRange(minSecret, len(key)-1).Draw(t, "n")
		if got := string(secret(key).remove([]byte("Key: "+key[:n]), true)); got != "Key: "+removed {
			t.Fatalf("%q", got)
		}
		if got := string(secret(key).remove([]byte("Key: "+key[:n]), false)); got != "Key: "+key[:n] {
			t.Fatalf("%q", got)
		}
	})
}

func TestRemoveLeavesTheRest(t *testing.T) {
	for _, text := range []string{"", "abc", "100% of \\ & all", "%zz &none; \\u12", "&#99999999999;", "\xff\xfe"} {
		if got := string(secret("abcd").remove([]byte(text), false)); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if got := string(secret("abc").remove([]byte(text), true)); got != text {
			t.Errorf("short key: %q became %q", text, got)
		}
	}
}
