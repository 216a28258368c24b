package client

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The key is found in any of the usual encodings, also in one within another,
// and what surrounds it stays.
func TestRemove(t *testing.T) {
	encoders := map[string]func(string) string{
		"query":      url.QueryEscape,
		"path":       url.PathEscape,
		"lower case": func(s string) string { return lowerEscapes(url.QueryEscape(s)) },
		"html":       html.EscapeString,
		"named":      strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace,
		"json":       func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
		"slashes":    func(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(s) },
	}
	names := []string{"query", "path", "lower case", "html", "named", "json", "slashes"}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[!-~]([ -~]{2,20})[!-~]`).Draw(t, "key")
		before := rapid.StringMatching(`[:. ]{0,5}`).Draw(t, "before")
		after := rapid.StringMatching(`[:. ]{0,5}`).Draw(t, "after")
		form := key
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(t, "layers") {
			form = encoders[name](form)
		}
		got := newSecret(key).remove(before+form+after, false)
		if strings.Contains(key, ":") || strings.Contains(key, ".") || strings.Contains(key, " ") {
			if strings.Contains(got, form) { // the key may also begin or end in what surrounds it
				t.Fatalf("%q in %q", form, got)
			}
		} else if got != before+removed+after {
			t.Fatalf("%q, form %q", got, form)
		}
	})
}

// lowerEscapes turns %2F into %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(string(b[i:i+3])))
		}
	}
	return string(b)
}

// Wherever the key stands in what becomes base64, its digits are removed.
func TestRemoveBase64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[!-~]{8,40}`).Draw(t, "key")
		user := rapid.StringMatching(`[a-z]{0,6}`).Draw(t, "user")
		rest := rapid.StringMatching(`[a-z]{0,6}`).Draw(t, "rest")
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			form := enc.EncodeToString([]byte(user + key + rest))
			got := newSecret(key).remove(form, false)
			if shown := strings.Replace(got, removed, "", 1); len(form)-len(shown) < len(key)*8/6-2 {
				t.Fatalf("%q of %q", got, form)
			}
		}
	})
}

// Where a text was cut off, the beginning of the key is removed.
func TestRemoveCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-z]{5,20}`).Draw(t, "key")
		n := rapid.IntRange(minSecret, len(key)-1).Draw(t, "n")
		k := newSecret(key)
		if got := k.remove("Key: "+key[:n], true); got != "Key: "+removed {
			t.Fatalf("%q", got)
		}
		if got := k.remove("Key: "+key[:n], false); got != "Key: "+key[:n] {
			t.Fatalf("%q", got)
		}
	})
}

func TestRemoveLeavesTheRest(t *testing.T) {
	for _, text := range []string{"", "abc", "100% of \\ & all", "%zz &none; \\u12", "&#99999999999;", "\xff\xfe"} {
		if got := newSecret("abcd").remove(text, false); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if got := newSecret("abc").remove(text, true); got != text {
			t.Errorf("short key: %q became %q", text, got)
		}
	}
}

// BenchmarkRemove: an error page of 120 KiB that holds the key in each of its
// forms.
func BenchmarkRemove(b *testing.B) {
	for _, key := range []string{"tk_live_7Jf-aKq0_9xZ2", `ab"c\d/<e>&f'g é%h`} {
		k := newSecret(key)
		k.remove("", false)
		page := strings.Join(k.forms, "</p>\n<p>")
		text := `<p class="a">100 % &amp; more &quot;` + `\n of a long page of words, </p>`
		page += strings.Repeat(text, max(0, 120<<10-len(page))/len(text))
		b.Run(fmt.Sprintf("%d forms", len(k.forms)), func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if strings.Contains(k.remove(page, true), key) {
					b.Fatal("the key is still there")
				}
			}
		})
	}
}
