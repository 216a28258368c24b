package client_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"taskbatch/client"
)

func ExampleUpdate() {
	var u client.Update
	u.SetText(client.Title, []byte(`Say "hello"`))
	u.Clear(client.Description)
	u.SetText(client.Status, []byte("COMPLETED"))
	u.SetJSON(client.Metadata, []byte(`{"score":1.50}`))
	fmt.Println(string(u.Body()))
	// Output:
	// {"title":"Say \"hello\"","description":"","status":"COMPLETED","metadata":{"score":1.50}}
}

func TestUpdateFields(t *testing.T) {
	tests := []struct {
		name    string
		do      func(u *client.Update)
		body    string
		set     client.FieldSet
		cleared client.FieldSet
	}{
		{"nothing", func(*client.Update) {}, `{}`, 0, 0},
		{"text", func(u *client.Update) { u.SetText(client.Title, []byte("x")) }, `{"title":"x"}`, 1 << client.Title, 0},
		{"empty text", func(u *client.Update) { u.SetText(client.Title, []byte("")) }, `{"title":""}`, 0, 1 << client.Title},
		{"list", func(u *client.Update) { u.SetJSON(client.AttachmentURLs, []byte(`["a","b\n"]`)) }, `{"attachmentUrls":["a","b\n"]}`, 1 << client.AttachmentURLs, 0},
		{"empty list", func(u *client.Update) { u.SetJSON(client.AttachmentURLs, []byte(`[]`)) }, `{"attachmentUrls":[]}`, 0, 1 << client.AttachmentURLs},
		{"object", func(u *client.Update) { u.SetJSON(client.Metadata, []byte(`{"a":1}`)) }, `{"metadata":{"a":1}}`, 1 << client.Metadata, 0},
		{"empty object", func(u *client.Update) { u.SetJSON(client.Metadata, []byte(`{}`)) }, `{"metadata":{}}`, 0, 1 << client.Metadata},
		{"reset", func(u *client.Update) { u.SetText(client.Title, []byte("x")); u.Reset() }, `{}`, 0, 0},
		{"all", func(u *client.Update) {
			for f := range client.Field(client.NumFields) {
				u.Clear(f)
			}
		}, `{"title":"","assigneeId":"","activityId":"","description":"","type":"","status":"","priority":"","attachmentUrls":[],"metadata":{}}`, 0, 1<<client.NumFields - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var u client.Update
			tt.do(&u)
			if body := string(u.Body()); body != tt.body || u.Set() != tt.set || u.Cleared() != tt.cleared {
				t.Errorf("%s, set %b, cleared %b; want %s, %b, %b", body, u.Set(), u.Cleared(), tt.body, tt.set, tt.cleared)
			}
		})
	}
}

// A body holds exactly what was set, however often the update is reused.
func TestBodyHoldsWhatWasSet(t *testing.T) {
	var u client.Update
	rapid.Check(t, func(t *rapid.T) {
		u.Reset()
		want := map[string]any{}
		for f := client.Title; f <= client.Priority; f++ {
			if rapid.Bool().Draw(t, "set") {
				text := rapid.String().Draw(t, "text")
				u.SetText(f, []byte(text))
				want[f.String()] = text
			}
		}
		if rapid.Bool().Draw(t, "list") {
			items := rapid.SliceOf(rapid.String()).Draw(t, "items")
			raw, err := json.Marshal(items)
			if err != nil {
				t.Fatal(err)
			}
			u.SetJSON(client.AttachmentURLs, raw)
			want["attachmentUrls"] = items
		}
		body := u.Body()
		if !jsontext.Value(body).IsValid() {
			t.Fatalf("not valid: %s", body)
		}
		wantJSON, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := canonical(t, body); got != canonical(t, wantJSON) {
			t.Fatalf("%s, want %s", got, wantJSON)
		}
	})
}

// canonical is a JSON text in one form.
func canonical(t interface{ Fatal(...any) }, b []byte) string {
	v := jsontext.Value(b).Clone()
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	return string(v)
}

func TestFieldSet(t *testing.T) {
	var s client.FieldSet
	for f := range client.Field(client.NumFields) {
		if s.Has(f) {
			t.Errorf("%v is in %b", f, s)
		}
		if s = s.Add(f); !s.Has(f) {
			t.Errorf("%v is not in %b", f, s)
		}
	}
}
