package report

import (
	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

// Advice says in one line what to do about a cause. person: a rerun alone does
// not help, somebody has to repair something first.
func Advice(c *results.Cause) (text string, person bool) {
	if c.Outcome == record.Invalid {
		return "correct the cells in the results file; empty _raw where it is filled", true
	}
	if c.Outcome == record.Unknown {
		return "may have been applied; sending the same again does no harm, but may attach a URL twice", false
	}
	switch c.Status {
	case 0:
		return "no answer was got: check the network, the proxy and the address, then run it again", false
	case 401:
		return "the API key was refused: give a valid one, then run it again", true
	case 402, 403:
		return "the key may not change these tasks: have that allowed, or delete the rows from the results file", true
	case 404, 410:
		return "no such task in this organisation: correct the taskId in the results file, or delete the row", true
	case 408, 425, 429:
		return "the server was asked too much: run it again later, or with a lower --rate", false
	case 413:
		return "the update is too long for the server: shorten the cells in the results file", true
	}
	switch {
	case c.Status < 400:
		return "the server answers from another address: check --base-url", true
	case c.Status < 500:
		return "the server refuses the values: correct the cells in the results file", true
	}
	return "the server failed: run it again later; if it stays so, show this to those who run the server", false
}

// Meaning explains an outcome in a few words.
func Meaning(o record.Outcome) string {
	return [record.NumOutcomes]string{
		record.Updated: "the server took the update",
		record.Skipped: "changes nothing, or was given already",
		record.Failed:  "refused, or errors to the end",
		record.Unknown: "sent and not answered: may have been applied",
		record.Invalid: "cannot be turned into a request",
		record.Blocked: "an earlier row of its task did not get through",
		record.Unsent:  "not tried",
	}[o]
}
