package cli

import (
	"fmt"
	"slices"
	"strings"

	"taskbatch/batch"
	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// tally is a number of rows and what will become of them.
type tally struct {
	count int64
	text  string
}

// tallies count the rows by what update does with them: those to send, and
// the others if there are any.
func tallies(s *batch.Survey) []tally {
	all := []tally{
		{s.NoChange, "change nothing: will be skipped"},
		{s.Unchanged, "unchanged since the earlier results: will be skipped"},
		{s.Invalid, "invalid: will not be sent"},
		{s.Finished, "finished earlier: will not be sent again"},
		{s.Behind, "behind an invalid row of their task: will not be sent"},
		{s.Held, "held back: a later row of the task is updated already"},
		{s.Edited, "edited since the results were written: " + words.RowList(s.EditedRows, s.Edited, shownRows)},
		{s.EditedFinished, "edited although finished: will not be sent"},
	}
	some := slices.DeleteFunc(all, func(t tally) bool { return t.count == 0 })
	return append([]tally{{s.ToSend, "to send"}}, some...)
}

// fieldLines say which fields the rows to send change and clear.
func fieldLines(s *batch.Survey) []string {
	var lines []string
	if text := fieldCounts(s.Set); text != "" {
		lines = append(lines, "fields to change: "+text)
	}
	if text := fieldCounts(s.Cleared); text != "" {
		lines = append(lines, "fields to clear: "+text)
	}
	return lines
}

// fieldCounts lists the fields with the number of rows for each.
func fieldCounts(counts batch.FieldCounts) string {
	var parts []string
	for f, n := range counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s)", client.Field(f), words.Grouped(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// replaceWarning says what the API does not publish; "" when no row to send
// has such a field.
func replaceWarning(s *batch.Survey) string {
	var fields []string
	for _, f := range []client.Field{client.Metadata, client.AttachmentURLs} {
		if s.Set[f]+s.Cleared[f] > 0 {
			fields = append(fields, f.String())
		}
	}
	if len(fields) == 0 {
		return ""
	}
	text := fmt.Sprintf("the server may replace the whole %s of a task by what is sent, or add to it; it is not published which", strings.Join(fields, " and "))
	if s.Set[client.AttachmentURLs] > 0 {
		text += "; if it adds, an update repeated after no answer may attach a URL twice"
	}
	return text
}
