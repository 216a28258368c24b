package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"taskbatch/client"
)

// answer900 is an answer of the size that the API gives.
const answer900 = `{"id":"T-000001","accountId":"acc_01HZX3V9Q2","account":"Example GmbH","activityId":"act_01HZX3V9Q2","title":"Call back about the renewal",` +
	`"description":"Ask for the signed offer, then close. The customer prefers mail in the morning.","assigneeId":"usr_01HZX3V9Q2","type":"FOLLOW_UP","typeId":"tt_01HZX3V9Q2",` +
	`"typeConfiguration":{"color":"#aabbcc","icon":"phone"},"status":"IN_PROGRESS","statusId":"ts_01HZX3V9Q2","statusConfiguration":{"color":"#aabbcc"},"priority":"HIGH","priorityId":"tp_01HZX3V9Q2",` +
	`"priorityConfiguration":{"color":"#aabbcc"},"attachments":[],"isActive":true,"creator":"Example Person","creatorId":"usr_01HZX3V9Q3","creatorEmail":"person@example.com",` +
	`"createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-11-23T10:00:00.000Z","metadata":{"region":"north","score":17}}`

const body170 = `{"title":"Call back about the renewal","description":"Ask for the signed offer, then close. The customer prefers mail in the morning.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`

func benchServer(b *testing.B) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = []string{"application/json"}
		io.WriteString(w, answer900)
	}))
	b.Cleanup(server.Close)
	return server
}

// BenchmarkPut and BenchmarkRoundTrip are to be compared: the second is a bare
// RoundTrip with its answer read to the end.
func BenchmarkPut(b *testing.B) {
	server := benchServer(b)
	c, err := client.New(client.Config{BaseURL: server.URL, Key: "bench-key"})
	if err != nil {
		b.Fatal(err)
	}
	s := c.Sender()
	defer s.Close()
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if r := s.Put(ctx, "T-000001", []byte(body170)); r.Verdict != client.Applied || r.Warning != "" {
			b.Fatal(r)
		}
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	server := benchServer(b)
	transport := &http.Transport{DisableCompression: true, MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	proto, err := http.NewRequest("PUT", server.URL+"/v1/accounts/tasks/T-000001", nil)
	if err != nil {
		b.Fatal(err)
	}
	proto.Header = http.Header{"X-Api-Key": {"bench-key"}, "Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"bench"}}
	proto.ContentLength = int64(len(body170))
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		req := *proto
		req.Body = io.NopCloser(strings.NewReader(body170))
		resp, err := transport.RoundTrip(&req)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
	}
}

func BenchmarkBody(b *testing.B) {
	var u client.Update
	var body []byte
	b.ReportAllocs()
	for b.Loop() {
		u.Reset()
		u.SetText(client.Title, []byte("Call back about the renewal"))
		u.SetText(client.Description, []byte("Ask for the signed offer, then close. The customer prefers mail in the morning."))
		u.SetText(client.Type, []byte("FOLLOW_UP"))
		u.SetText(client.Status, []byte("IN_PROGRESS"))
		u.SetText(client.Priority, []byte("HIGH"))
		body = u.Body()
	}
	if !bytes.Equal(body, []byte(body170)) {
		b.Fatalf("%s", body)
	}
}
