package client

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"taskbatch/csvmap/words"
)

func TestCompareAnswer(t *testing.T) {
	tests := []struct{ name, sent, answer, want string }{
		{"equal", `{"title":"x"}`, `{"title":"x"}`, ""},
		{"equal with other escapes", `{"title":"é/<"}`, `{"title":"\u00e9\/\u003c"}`, ""},
		{"key with escapes", `{"title":"x"}`, `{"t\u0069tle":"y"}`, `title is "y" on the server`},
		{"another", `{"title":"x"}`, `{"id":"T","title":"X"}`, `title is "X" on the server`},
		{"several", `{"title":"x","assigneeId":"u","activityId":"a","description":"d"}`, `{"title":"X","description":"D","assigneeId":"U","activityId":"A"}`,
			`title is "X" on the server; assigneeId is "U" on the server; activityId is "A" on the server; description is "D" on the server`},
		{"not sent", `{"title":"x"}`, `{"title":"x","description":"d"}`, ""},
		{"absent", `{"title":"x"}`, `{"id":"T"}`, ""},
		{"null for empty", `{"title":""}`, `{"title":null}`, ""},
		{"null for a text", `{"title":"x"}`, `{"title":null}`, `title is null on the server`},
		{"number that reads the same", `{"assigneeId":"5"}`, `{"assigneeId":5}`, ""},
		{"number", `{"assigneeId":"5"}`, `{"assigneeId":6}`, `assigneeId is 6 on the server`},
		{"object", `{"title":"x"}`, `{"title":{"text":"x"}}`, ""},
		{"value", `{"status":"DONE"}`, `{"status":"DONE","statusId":"s1"}`, ""},
		{"identifier", `{"status":"s1"}`, `{"status":"DONE","statusId":"s1"}`, ""},
		{"neither", `{"status":"s2"}`, `{"status":"DONE","statusId":"s1"}`, `status is "DONE" on the server`},
		{"type and priority", `{"type":"a","priority":"b"}`, `{"type":"c","typeId":"a","priority":"d","priorityId":"e"}`, `priority is "d" on the server`},
		{"lists are not compared", `{"attachmentUrls":["a"],"metadata":{"a":1}}`, `{"attachmentUrls":[],"metadata":{}}`, ""},
		{"attachment twice", `{"attachmentUrls":["u"]}`, `{"attachments":["u","v",{"url":"u","id":"1"},"u"],"title":"x"}`, `attachment "u" is there twice on the server`},
		{"attachments twice, and a title", `{"title":"x","attachmentUrls":["u"]}`, `{"attachments":[{"id":1,"url":"u"},{"url":"v"},{"id":2,"url":"v"},{"url":"\u0075"}],"title":"y"}`,
			`title is "y" on the server; attachment "v" is there twice on the server; attachment "u" is there twice on the server`},
		{"attachments once", `{"attachmentUrls":["u"]}`, `{"attachments":["u",{"url":"v"},{"id":"u"},{"id":"u"},5,5,null,null,[],[]]}`, ""},
		{"attachments of old", `{"title":"x"}`, `{"attachments":["u","u"],"title":"x"}`, ""},
		{"attachments that are none", `{"attachmentUrls":["u"]}`, `{"attachments":{"u":"u"}}`, ""},
		{"wrapped attachments", `{"attachmentUrls":["u"]}`, `{"data":{"attachments":["u","u"]},"status":true}`, `attachment "u" is there twice on the server`},
		{"the key in an attachment", `{"attachmentUrls":["u"]}`, `{"attachments":["http://a/?secret","http://a/?secret"]}`, `attachment "http://a/?[key removed]" is there twice on the server`},
		{"wrapped", `{"title":"x","status":"DONE"}`, `{"status":true,"message":"ok","timestamp":1,"data":{"title":"y","status":"DONE"}}`, `title is "y" on the server`},
		{"data that is no object", `{"title":"x"}`, `{"data":"z","title":"y"}`, `title is "y" on the server`},
		{"inner keys do not count", `{"title":"x"}`, `{"metadata":{"title":"y"},"title":"x"}`, ""},
		{"blanks", `{"title":"x"}`, " {\r\n\t\"title\" : \"y\" , \"a\" : [ 1 , { } ] }\n", `title is "y" on the server`},
		{"quotes in a value", `{"title":"x"}`, `{"a":"\\\"}","title":"y"}`, `title is "y" on the server`},
		{"line breaks and terminal codes", `{"title":"x"}`, `{"title":"a\nb\u001b[31m"}`, `title is "a\nb\x1b[31m" on the server`},
		{"long", `{"title":"x"}`, `{"title":"` + strings.Repeat("é", 200) + `"}`, `title is "` + strings.Repeat("é", 38) + `..." on the server`},
		{"empty answer", `{"title":"x"}`, ``, ""},
		{"cut", `{"title":"x"}`, `{"title":"y"`, ""},
		{"cut in a text", `{"title":"x"}`, `{"title":"y","a":"`, ""},
		{"text behind", `{"title":"x"}`, `{"title":"y"}}`, ""},
		{"not an object", `{"title":"x"}`, `["title","y"]`, ""},
		{"page", `{"title":"x"}`, `<html>`, ""},
		{"bad literal", `{"title":"x"}`, `{"title":"y","a":tru}`, ""},
		{"bad UTF-8", `{"title":"x"}`, "{\"title\":\"\xff\"}", ""},
		{"nothing sent", `{}`, `{"title":"y"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := compareAnswer([]byte(tt.sent), []byte(tt.answer), newSecret("secret")); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// Any text is found again in any encoder's form, and another one is noticed.
func TestCompareAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.String().Draw(t, "sent")
		shown := rapid.OneOf(rapid.Just(sent), rapid.String()).Draw(t, "shown")
		answer, err := json.MarshalIndent(map[string]any{"a": []any{shown, map[string]string{shown: shown}}, "title": shown, "z": shown}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		var u Update
		u.SetText(Title, []byte(sent))
		got := compareAnswer(u.Body(), answer, newSecret("secret"))
		if (got == "") != (sent == shown) {
			t.Fatalf("sent %q, shown %q: %q", sent, shown, got)
		}
	})
}

// Whatever the answer holds, the comparison ends, and says one line of
// bounded length.
func FuzzCompareAnswer(f *testing.F) {
	f.Add([]byte(`{"title":"x","status":"y"}`), []byte(`{"data":{"title":"X","statusId":"\u0079"}}`))
	f.Add([]byte(`{"title":"x"}`), []byte(`{"title":"\\\"","a":[[{}]],"b":-1.5e3,"c":null}`))
	f.Fuzz(func(t *testing.T, sent, answer []byte) {
		got := compareAnswer(sent, answer, newSecret("abcd"))
		if strings.ContainsFunc(got, words.Hidden) || !utf8.ValidString(got) || len(got) > 200*(1+len(sent)) {
			t.Errorf("%q", got)
		}
		if strings.Contains(got, "abcd") {
			t.Errorf("%q shows the key", got)
		}
	})
}

// The scanner must see in valid JSON what encoding/json sees.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"]}",null]},"c":"\\","d":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil || !utf8.Valid(text) {
			for m := (scanner{b: text}); m.next(); { // must only not fail
			}
			return
		}
		got := map[string]string{}
		m := scanner{b: text}
		for m.next() {
			got[string(m.key)] = string(m.value)
		}
		if !m.complete {
			t.Fatalf("%s: not read", text)
		}
		for key, value := range want {
			if v, ok := got[key]; !ok && !strings.ContainsRune(key, utf8.RuneError) || ok && v != string(value) {
				t.Errorf("%q: %q, want %q", key, v, value)
			}
		}
	})
}
