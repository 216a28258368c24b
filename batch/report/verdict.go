package report

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"taskbatch/csvmap/record"
	"taskbatch/csvmap/words"
)

// Verdict is the batch in one sentence.
func (s *Section) Verdict() string {
	updated, skipped, lost := s.Outcomes[record.Updated], s.Outcomes[record.Skipped], s.Unfinished()
	switch {
	case s.Partial:
		return fmt.Sprintf("Not finished: %s settled so far; %s updated, %s did not get through.", words.Plural(s.Rows, "row"), words.Grouped(updated), words.Grouped(lost))
	case s.records == nil:
		return "Nothing was sent."
	case s.Rows == 0:
		return "Nothing to do: the batch has no rows."
	case updated == s.Rows && s.Rows == 1:
		return "The only row was updated."
	case updated == s.Rows:
		return fmt.Sprintf("All %s were updated.", words.Plural(s.Rows, "row"))
	case skipped == s.Rows:
		return fmt.Sprintf("Nothing had to be changed: %s skipped.", words.Plural(s.Rows, "row"))
	case lost == 0:
		return fmt.Sprintf("All %s are done: %s updated, %s skipped.", words.Plural(s.Rows, "row"), words.Grouped(updated), words.Grouped(skipped))
	case updated+skipped == 0:
		return fmt.Sprintf("None of %s got through.", words.Plural(s.Rows, "row"))
	}
	text := fmt.Sprintf("%s of %s updated", words.Grouped(updated), words.Plural(s.Rows, "row"))
	if skipped > 0 {
		text += fmt.Sprintf(", %s skipped", words.Grouped(skipped))
	}
	return text + fmt.Sprintf("; %s did not get through.", words.Grouped(lost))
}

// Name is the file's name, without its folder, as it is shown.
func (s *Section) Name() string { return visible(filepath.Base(s.Path), maxCell) }

// Target is where the rows went; "" if no row says so.
func (s *Section) Target() string { return visible(strings.Join(s.Targets, ", "), maxCell) }

// When is from when to when rows were answered; "" without any.
func (s *Section) When() string {
	if s.First.IsZero() {
		return ""
	}
	if stamp(s.First) == stamp(s.Last) {
		return stamp(s.First)
	}
	return stamp(s.First) + " to " + stamp(s.Last)
}

// active is how long the runs took, without the time between them.
func (s *Section) active() (d time.Duration) {
	for _, st := range s.times.stretches {
		d += time.Duration(st.last-st.first) * time.Millisecond
	}
	return d
}

// tried is the number of rows on the timeline.
func (s *Section) tried() int64 {
	h := s.times.latency()
	return h.count()
}

// statusText is an HTTP status; "" for none.
func statusText(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}
