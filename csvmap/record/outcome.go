package record

// Outcome is what became of a row.
type Outcome uint8

// The outcomes; every row has exactly one.
const (
	None    Outcome = iota
	Updated         // the server answered 2xx
	Skipped         // the row changes nothing; nothing was sent
	Failed          // refused for good, or errors until the attempts ran out or the run stopped
	Unknown         // an attempt was sent and not answered: it may have been applied
	Invalid         // the row cannot be turned into a request
	Blocked         // an earlier row of the task did not get through
	Unsent          // the run stopped before the first attempt
	NumOutcomes
)

var outcomeNames = [NumOutcomes]string{
	"", "updated", "skipped", "failed", "unknown", "invalid", "blocked", "unsent",
}

// String is the outcome's word in a results file; "" for None.
func (o Outcome) String() string {
	if o >= NumOutcomes {
		return ""
	}
	return outcomeNames[o]
}

// OutcomeNames are the seven words, Updated first.
func OutcomeNames() []string { return outcomeNames[Updated:] }

// ParseOutcome is the reverse of String. It knows the seven words exactly as
// they are written; false: word is none of them.
func ParseOutcome(word string) (Outcome, bool) {
	for o := Updated; o < NumOutcomes; o++ {
		if outcomeNames[o] == word {
			return o, true
		}
	}
	return None, false
}

// Finished tells whether nothing is left to do for the row: a rerun does not
// send it.
func (o Outcome) Finished() bool { return o == Updated || o == Skipped }
