package batch

import (
	"time"

	"taskbatch/client"
	"taskbatch/csvmap"
	"taskbatch/csvmap/record"
)

// fate is what is to be done with a row, as far as the files tell.
type fate uint8

const (
	send     fate = iota // to be sent
	noChange             // sets no field: skipped
	invalid              // cannot be turned into a request
	held                 // a later row of its task is updated already
	carried              // a results file given as input settles it: its record is copied
	recorded             // its record stands in the .partial already, or it is not selected
)

// item is a row on its way through the dispatcher.
type item struct {
	row  *csvmap.Row
	sum  record.Sum
	fate fate
	past past  // what earlier runs recorded of the row
	over int64 // fate held: the updated row that is newer

	next *item // the row behind it in its lane

	tries      int  // attempts that count against Config.Attempts
	attempts   int  // all attempts of this run
	throttled  int  // of these, answered 429
	unanswered bool // an attempt, of this run or an earlier one, may have been applied
	probe      bool // in flight as the probe of an outage
	confirm    bool // in flight to confirm that the key is refused
	firstSent  time.Time
	due        time.Time // in the retry queue: not before
	status     int       // last HTTP status
	message    string    // why the last attempt did not get through

	reply    client.Reply // of the attempt just made
	panicked any          // what a worker's panic said
}

// cost is roughly the memory that the item holds, in bytes.
func (it *item) cost() int { return 512 + len(it.row.Body) + len(it.row.Tail) }

// past is what earlier runs recorded of a row.
type past struct {
	outcome record.Outcome // None: nothing
	sum     record.Sum
	hasSum  bool
	head    *record.Head // of the record, when it comes from a results file given as input
	inFile  bool         // the record stands in the .partial that this run continues
}

// stands tells whether the earlier record still tells the truth of a row that
// this run has not tried: the server saw this very update.
func (p past) stands(sum record.Sum) bool {
	tried := p.outcome == record.Failed || p.outcome == record.Unknown
	return tried && p.hasSum && p.sum == sum
}
