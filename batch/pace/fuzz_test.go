package pace

import (
	"encoding/binary"
	"testing"
	"time"

	"taskbatch/client"
)

// FuzzGate reads bytes as a script of times, requests and answers with any
// headers. No script may make the gate panic, wait beyond MaxWait without
// saying so, or wait for an answer with nothing in flight.
func FuzzGate(f *testing.F) {
	f.Add([]byte("sa"))
	f.Add([]byte{'s', 'q', 200, 100, 0, 10, 0, 's', 's', 't', 5, 'q', 200, 99, 0, 10, 3, 'x', 0, 's'})
	f.Add([]byte{'s', 'h', 0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 127, 's', 't', 9, 'x', 255})
	f.Add([]byte{'s', 'r', 9, 8, 10, 0, 's', 't', 1, 'r', 9, 8, 10, 0, 's', 'r', 9, 7, 255, 1, 's', 'l', 's', 'l', 's', 't', 1, 'l', 's', 'l'})
	f.Fuzz(func(t *testing.T, script []byte) {
		const maxWait = 2 * time.Minute
		g := NewGate(Config{Concurrency: 4, MaxWait: maxWait})
		now := start
		var inFlight []time.Time
		take := func() (b byte) {
			if len(script) > 0 {
				b, script = script[0], script[1:]
			}
			return b
		}
		answer := func(r client.Reply) {
			if len(inFlight) == 0 {
				return
			}
			r.Sent, r.Received = inFlight[0], now
			inFlight = inFlight[1:]
			g.Answered(&r, "")
		}
		for len(script) > 0 {
			switch take() {
			case 's':
				inFlight = append(inFlight, now)
				g.Sent(now, false)
			case 't':
				now = now.Add(time.Duration(take()) * 100 * time.Millisecond)
			case 'x': // refused
				answer(client.Reply{Verdict: client.Throttled, Status: 429, RetryAfter: time.Duration(take()) * time.Second})
			case 'q': // small headers
				answer(client.Reply{Status: 200, Quota: client.Quota{
					Known: true, Limit: int64(take()), Remaining: int64(take()),
					Date:  time.Unix(now.Unix()+int64(int8(take())), 0),
					Reset: time.Unix(now.Unix()+int64(int8(take())), 0),
				}})
			case 'r': // seconds left, of one of two limits
				answer(client.Reply{Status: 200, Quota: client.Quota{
					Known: true, Limit: int64(take()), Remaining: int64(take()), Relative: true,
					Left: time.Duration(int8(take())) * time.Second, Name: string([]byte{take() & 1})}})
			case 'l': // refused for load
				answer(client.Reply{Verdict: client.Erring, Status: 503, Health: client.Ill})
			case 'h': // huge ones
				var b [16]byte
				script = script[copy(b[:], script):]
				n, at := int64(binary.LittleEndian.Uint64(b[:])), int64(binary.LittleEndian.Uint64(b[8:]))
				answer(client.Reply{Status: 200, Quota: client.Quota{
					Known: true, Limit: n, Remaining: n / 2, Reset: time.Unix(at, 0), Date: time.Unix(n, 0)}})
			default:
				answer(client.Reply{Status: 200})
			}
			d := g.Next(now, len(inFlight), 1000)
			switch {
			case d.Go || d.TooLong:
			case d.At.IsZero() && len(inFlight) == 0:
				t.Fatalf("waits for an answer with nothing in flight: %+v", d)
			case !d.At.IsZero() && (!d.At.After(now) || d.At.Sub(now) > maxWait):
				t.Fatalf("at %v: %+v", now, d)
			}
		}
	})
}
