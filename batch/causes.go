package batch

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"taskbatch/batch/results"
	"taskbatch/csvmap/record"
)

const (
	maxCauses = 1000 // kinds of failure told apart
	causeRows = 10   // row numbers kept for each
)

// causes groups the rows that did not get through by status and message.
type causes struct {
	index map[string]int
	list  []ErrorGroup
}

func newCauses() *causes { return &causes{index: map[string]int{}} }

// variable is what differs between messages of one cause: quoted values,
// numbers and long identifiers.
var variable = regexp.MustCompile(`"[^"]*"|[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}|[0-9]+`)

// add takes a record. Blocked and unsent rows have no cause of their own.
func (c *causes) add(old *results.Old) {
	switch old.Outcome {
	case record.Failed, record.Unknown, record.Invalid:
	default:
		return
	}
	message := old.Cell(record.ColError)
	key := old.Outcome.String() + old.Cell(record.ColStatus) + " " + variable.ReplaceAllLiteralString(message, "#")
	i, ok := c.index[key]
	if !ok {
		if len(c.list) == maxCauses {
			key, message = "", "other causes"
			if i, ok = c.index[key]; ok {
				c.count(i, old.Row)
				return
			}
		}
		i = len(c.list)
		c.index[key] = i
		status, _ := strconv.Atoi(old.Cell(record.ColStatus))
		c.list = append(c.list, ErrorGroup{Outcome: old.Outcome, Status: status, Message: message})
	}
	c.count(i, old.Row)
}

func (c *causes) count(i int, row int64) {
	g := &c.list[i]
	g.Count++
	if len(g.Rows) < causeRows {
		g.Rows = append(g.Rows, row)
	}
}

// groups is the causes, the most frequent first.
func (c *causes) groups() []ErrorGroup {
	slices.SortStableFunc(c.list, func(a, b ErrorGroup) int { return cmp.Compare(b.Count, a.Count) })
	return c.list
}
