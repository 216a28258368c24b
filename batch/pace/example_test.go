package pace_test

import (
	"fmt"
	"time"

	"taskbatch/batch/pace"
	"taskbatch/client"
)

// A dispatcher asks before every request and tells what came of it.
func Example() {
	gate := pace.NewGate(pace.Config{QuotaShare: 1, Concurrency: 4})
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

	gate.Sent(now, false) // the first request goes alone
	d := gate.Next(now, 1, 100)
	fmt.Println(d.Go, d.Reason == pace.Cautious)

	// Its answer: of 10 requests per minute none is left until the reset.
	sent := now
	now = now.Add(50 * time.Millisecond)
	gate.Answered(&client.Reply{
		Status: 200, Sent: sent, Received: now,
		Quota: client.Quota{Known: true, Limit: 10, Remaining: 0, Reset: sent.Add(time.Minute), Date: sent},
	}, "task 1")
	d = gate.Next(now, 0, 99)
	fmt.Println(d.Go, d.Reason == pace.Quota, d.At.Sub(sent).Round(time.Second), d.TooLong)

	// Output:
	// false true
	// false true 1m0s false
}
