package client

import "testing"

func BenchmarkCompareAnswer(b *testing.B) {
	sent := []byte(`{"title":"Call back about the renewal","description":"Ask for the signed offer, then close. The customer prefers mail in the morning.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`)
	answer := []byte(`{"id":"T-000001","accountId":"acc_01HZX3V9Q2","account":"Example GmbH","activityId":"act_01HZX3V9Q2","title":"Call back about the renewal",` +
		`"description":"Ask for the signed offer, then close. The customer prefers mail in the morning.","assigneeId":"usr_01HZX3V9Q2","type":"FOLLOW_UP","typeId":"tt_01HZX3V9Q2",` +
		`"typeConfiguration":{"color":"#aabbcc","icon":"phone"},"status":"IN_PROGRESS","statusId":"ts_01HZX3V9Q2","statusConfiguration":{"color":"#aabbcc"},"priority":"HIGH","priorityId":"tp_01HZX3V9Q2",` +
		`"priorityConfiguration":{"color":"#aabbcc"},"attachments":[],"isActive":true,"creator":"Example Person","creatorId":"usr_01HZX3V9Q3","creatorEmail":"person@example.com",` +
		`"createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-11-23T10:00:00.000Z","metadata":{"region":"north","score":17}}`)
	key := newSecret("bench-key")
	b.ReportAllocs()
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		if w := compareAnswer(sent, answer, key); w != "" {
			b.Fatal(w)
		}
	}
}
