package results

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"taskbatch/csvmap/record"
)

const (
	maxCauses = 1000 // kinds of failure told apart
	causeRows = 10   // row numbers kept for each
)

// Cause counts the rows that did not get through for one reason.
type Cause struct {
	Outcome record.Outcome `json:"-"`
	Status  int            `json:"status"`  // last HTTP status; 0: none
	Message string         `json:"message"` // without the status, and … for what differs from row to row
	Count   int64          `json:"count"`
	Rows    []int64        `json:"rows"` // the first few
}

// Causes groups rows that did not get through by outcome, status and message.
// The zero value is ready.
type Causes struct {
	list  []Cause
	index map[string]int // by what the rows of a cause have in common
}

// Add counts a row. Blocked and unsent rows have no cause of their own.
func (c *Causes) Add(outcome record.Outcome, row int64, status, message string) {
	if outcome != record.Failed && outcome != record.Unknown && outcome != record.Invalid {
		return
	}
	g := &c.list[c.find(outcome, status, message)]
	g.Count++
	if len(g.Rows) < causeRows {
		g.Rows = append(g.Rows, row)
	}
}

// find is the place of the message's cause in the list.
func (c *Causes) find(outcome record.Outcome, status, message string) int {
	if c.index == nil {
		c.index = map[string]int{}
	}
	message = withoutStatus(status, withoutPlace(message))
	common := inCommon(message)
	key := outcome.String() + status + " " + common
	i, ok := c.index[key]
	switch {
	case ok:
		if c.list[i].Message != message {
			c.list[i].Message = common
		}
		return i
	case len(c.list) >= maxCauses:
		key = ""
		if i, ok = c.index[key]; ok {
			return i
		}
		message, status = "other causes", ""
	}
	number, _ := strconv.Atoi(status)
	c.list = append(c.list, Cause{Outcome: outcome, Status: number, Message: strings.Clone(message)})
	c.index[key] = len(c.list) - 1
	return len(c.list) - 1
}

// List is the causes, the most frequent first; empty, not nil, without any.
func (c *Causes) List() []Cause {
	list := append([]Cause{}, c.list...)
	slices.SortStableFunc(list, func(a, b Cause) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// withoutStatus takes off a status with which a message begins.
func withoutStatus(status, message string) string {
	if rest, ok := strings.CutPrefix(message, status+" "); ok && status != "" {
		return rest
	}
	return message
}

// withoutPlace takes off the line with which the message on an invalid row
// begins.
func withoutPlace(message string) string {
	rest, ok := strings.CutPrefix(message, "line ")
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if !ok || digits == 0 || digits+2 > len(rest) || rest[digits+1] != ' ' {
		return message
	}
	return rest[digits+2:]
}

// inCommon is what the messages of one cause have in common: quoted values, and
// words with digits or slashes (ids, numbers, paths) become one mark.
func inCommon(message string) string {
	const mark = "…"
	out := make([]byte, 0, len(message))
	for len(message) > 0 {
		if message[0] == '"' {
			if end := strings.IndexByte(message[1:], '"'); end >= 0 {
				out = append(out, mark...)
				message = message[end+2:]
				continue
			}
		}
		n := strings.IndexAny(message, " ,;()[]{}<>'\"=")
		if n < 0 {
			n = len(message)
		}
		word := strings.TrimRight(message[:n], ".:-!?")
		switch {
		case n == 0:
			n = 1
			out = append(out, message[0])
		case strings.ContainsAny(word, "0123456789/"):
			out = append(append(out, mark...), message[len(word):n]...)
		default:
			out = append(out, message[:n]...)
		}
		message = message[n:]
	}
	return string(out)
}
