package cli

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// TestLogLine: the line that is put together by hand is the one that slog
// would write.
func TestLogLine(t *testing.T) {
	sent := time.Date(2026, 11, 25, 2, 14, 5, 120_000_000, time.UTC)
	for _, r := range []client.Reply{
		{Status: 200, Sent: sent, Received: sent.Add(20*time.Millisecond + 123*time.Microsecond), RequestID: "c0ffee"},
		{Verdict: client.Unanswered, Sent: sent, Received: sent.Add(30 * time.Second)},
		{Status: 200, Sent: sent, Received: sent.Add(50 * time.Microsecond)},
		{Verdict: client.Erring, Status: 503, Sent: sent, Received: sent, RequestID: "\"<b>\x1b[31m\u202e\xff&'\n\t\\"},
	} {
		path := filepath.Join(t.TempDir(), "run.log")
		l, err := openLog(path, "0123456789abcdef")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.attempted(5312, "TASK-1.~_", 2, &r); err != nil {
			t.Fatal(err)
		}
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		level := slog.LevelInfo
		if r.Verdict != client.Applied {
			level = slog.LevelWarn
		}
		record := slog.NewRecord(r.Received, level, "attempt", 0)
		record.Add("run_id", "0123456789abcdef", "row", 5312, "taskId", "TASK-1.~_", "attempt", 2, "status", r.Status,
			"ms", float64(r.Received.Sub(r.Sent).Microseconds())/1000, "verdict", r.Verdict.String())
		if r.RequestID != "" {
			record.Add("request_id", words.Visible(r.RequestID))
		}
		if err := slog.NewJSONHandler(&want, nil).Handle(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != want.String() {
			t.Errorf("got  %swant %s", got, &want)
		}
	}
}

// BenchmarkLog is the price of an attempt in the log.
func BenchmarkLog(b *testing.B) {
	l, err := openLog(filepath.Join(b.TempDir(), "run.log"), "0123456789abcdef")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	r := client.Reply{Status: 200, Sent: now, Received: now.Add(20 * time.Millisecond), RequestID: "c0ffee-1234"}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.attempted(123456, "TASK-123456", 1, &r); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.close(); err != nil {
		b.Fatal(err)
	}
}
