package results_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// Rows are recorded in the order in which they are settled; at the end their
// records are put in row order.
func Example() {
	dir, err := os.MkdirTemp("", "results")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "tasks.results.csv")
	partial := results.PartialName(file)

	w, err := results.Create(partial, []string{"taskId", "title"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Discard()
	at := time.Date(2026, 11, 16, 9, 30, 0, 0, time.UTC)
	w.Add(&results.Record{Outcome: record.Failed, Row: 3, Status: 404, Attempts: 1, MS: 12, At: at, Target: "https://platform.thena.ai",
		Error: "Account task not found", Sum: record.Sum{Update: 0xb}, HasSum: true, Tail: []byte(",T-2,Call back")})
	w.Add(&results.Record{Outcome: record.Updated, Row: 2, Status: 200, Attempts: 2, MS: 540, At: at, Target: "https://platform.thena.ai",
		Sum: record.Sum{Task: 0xff, Update: 0xa}, HasSum: true, Tail: []byte(",T-1,Sign")})
	if err := w.Close(); err != nil {
		fmt.Println(err) // what could not be written: w.Unrecorded
	}

	counts, err := w.Order(context.Background(), file, results.Form{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(counts.Outcomes[record.Updated], "updated,", counts.Outcomes[record.Failed], "failed:", counts.Causes.List()[0].Message)
	text, _ := os.ReadFile(file)
	fmt.Print(string(text))
	// Output:
	// 1 updated, 1 failed: Account task not found
	// _outcome,_row,_status,_attempts,_ms,_at,_target,_error,_sum,taskId,title
	// updated,2,200,2,540,2026-11-16T09:30:00.000Z,https://platform.thena.ai,,s000000ff000000000000000a,T-1,Sign
	// failed,3,404,1,12,2026-11-16T09:30:00.000Z,https://platform.thena.ai,Account task not found,s00000000000000000000000b,T-2,Call back
}
