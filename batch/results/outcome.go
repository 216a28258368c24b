package results

var outcomeNames = [NumOutcomes]string{
	"", "updated", "skipped", "failed", "unknown", "invalid", "blocked", "unsent",
}

// String is the outcome's word in the results file; "" for None.
func (o Outcome) String() string {
	if o >= NumOutcomes {
		return ""
	}
	return outcomeNames[o]
}

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
