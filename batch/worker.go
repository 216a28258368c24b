package batch

import (
	"context"
	"time"
)

// work makes one attempt for each job until jobs is closed. A panic is handed
// back with its row, so that its record can say that it may have been applied.
func work(ctx context.Context, s Sender, jobs <-chan *item, replies chan<- *item) {
	defer s.Close()
	for it := range jobs {
		attempt(ctx, s, it)
		replies <- it
	}
}

func attempt(ctx context.Context, s Sender, it *item) {
	defer func() {
		if p := recover(); p != nil {
			it.panicked = p
			it.reply.Received = time.Now()
		}
	}()
	if it.reply.Stale { // other kept connections may be about to end, too
		s.Close()
	}
	it.reply = s.Put(ctx, it.row.TaskID, it.row.Body)
}
