package report

import (
	"cmp"
	"slices"
	"time"
)

const (
	narrowest    = 64            // milliseconds of a bucket at first; it doubles as the stretch grows
	maxBuckets   = 240           // of a stretch
	farApart     = 2 * time.Hour // longer than a run waits by default: what lies further apart are two runs
	maxStretches = 6             // beyond it the two that are nearest become one
)

// bucket counts the rows that were answered within one piece of time.
type bucket struct {
	updated, others int64
	first, last     int64 // milliseconds since 1970
	latency         histogram
}

// stretch is a piece of time without a longer break, in buckets of one width.
type stretch struct {
	width       int64             // milliseconds of a bucket
	buckets     map[int64]*bucket // by time/width; none where nothing was answered
	first, last int64             // milliseconds since 1970
}

// timeline takes the answers of a batch in any order, with bounded memory.
type timeline struct{ stretches []*stretch }

// add counts a row that was answered at a time and took so long.
func (t *timeline) add(at time.Time, took int64, updated bool) {
	ms := at.UnixMilli()
	s := t.stretchFor(ms)
	grown := ms < s.first || ms > s.last
	s.first, s.last = min(s.first, ms), max(s.last, ms)
	s.fit()
	b := s.buckets[ms/s.width]
	if b == nil {
		b = &bucket{first: ms}
		s.buckets[ms/s.width] = b
	}
	if updated {
		b.updated++
	} else {
		b.others++
	}
	b.first, b.last = min(b.first, ms), max(b.last, ms)
	b.latency[binOf(took)]++
	if grown && len(t.stretches) > 1 || len(t.stretches) > maxStretches {
		t.join()
	}
}

// stretchFor is the stretch to which a time belongs.
func (t *timeline) stretchFor(ms int64) *stretch {
	for _, s := range t.stretches {
		if ms > s.first-farApart.Milliseconds() && ms < s.last+farApart.Milliseconds() {
			return s
		}
	}
	s := &stretch{width: narrowest, buckets: map[int64]*bucket{}, first: ms, last: ms}
	at, _ := slices.BinarySearchFunc(t.stretches, ms, func(s *stretch, ms int64) int { return cmp.Compare(s.first, ms) })
	t.stretches = slices.Insert(t.stretches, at, s)
	return s
}

// join makes one of stretches that have grown together, or are too many.
func (t *timeline) join() {
	for len(t.stretches) > 1 {
		near := 1
		for i := range t.stretches {
			if i > 0 && t.gapBefore(i) < t.gapBefore(near) {
				near = i
			}
		}
		if t.gapBefore(near) >= farApart.Milliseconds() && len(t.stretches) <= maxStretches {
			return
		}
		t.stretches[near-1].take(t.stretches[near])
		t.stretches = slices.Delete(t.stretches, near, near+1)
	}
}

func (t *timeline) gapBefore(i int) int64 { return t.stretches[i].first - t.stretches[i-1].last }

// fit makes the buckets so wide that they are not too many.
func (s *stretch) fit() {
	for s.last/s.width-s.first/s.width >= maxBuckets {
		s.widen()
	}
}

// widen makes one bucket of each two.
func (s *stretch) widen() {
	old := s.buckets
	s.width *= 2
	s.buckets = make(map[int64]*bucket, len(old))
	for number, b := range old {
		s.put(number/2, b)
	}
}

// put adds what a bucket holds to the one with this number.
func (s *stretch) put(number int64, b *bucket) {
	into := s.buckets[number]
	if into == nil {
		s.buckets[number] = b
		return
	}
	into.updated += b.updated
	into.others += b.others
	into.first, into.last = min(into.first, b.first), max(into.last, b.last)
	into.latency.add(&b.latency)
}

// take adds a later stretch.
func (s *stretch) take(later *stretch) {
	for s.width < later.width {
		s.widen()
	}
	for later.width < s.width {
		later.widen()
	}
	for number, b := range later.buckets {
		s.put(number, b)
	}
	s.last = max(s.last, later.last)
	s.fit()
}

// inOrder are the buckets from the first to the last, nil where nothing was
// answered.
func (s *stretch) inOrder() []*bucket {
	base := s.first / s.width
	all := make([]*bucket, s.last/s.width-base+1)
	for number, b := range s.buckets {
		all[number-base] = b
	}
	return all
}

// latency is that of all rows.
func (t *timeline) latency() (sum histogram) {
	for _, s := range t.stretches {
		for _, b := range s.buckets {
			sum.add(&b.latency)
		}
	}
	return sum
}

// gap is a time in which nothing was answered.
type gap struct {
	From, To time.Time
	Cause    string // why, if known
}

// gaps are the pieces of a stretch in which nothing was answered for much
// longer than is usual in it, each with the cause of the waits that fill most
// of it.
func (s *stretch) gaps(waits []Wait) (gaps []gap) {
	var rows, before int64
	for _, b := range s.buckets {
		rows += b.updated + b.others
	}
	usual := (s.last - s.first) / max(1, rows)
	least := max(2000, 10*usual, (s.last-s.first)/100)
	for _, b := range s.inOrder() {
		if b == nil {
			continue
		}
		if before != 0 && b.first-before >= least {
			from, to := time.UnixMilli(before), time.UnixMilli(b.first)
			gaps = append(gaps, gap{From: from, To: to, Cause: causeOf(from, to, waits)})
		}
		before = b.last
	}
	return gaps
}

// Wait is a time in which the run itself sent nothing, and why.
type Wait struct {
	From, To time.Time
	Cause    string
}

// causeOf is the cause of the waits that fill most of a gap; "" if they fill
// little of it.
func causeOf(from, to time.Time, waits []Wait) (cause string) {
	filled := map[string]time.Duration{}
	for _, w := range waits {
		if d := earlier(to, w.To).Sub(later(from, w.From)); d > 0 {
			filled[w.Cause] += d
		}
	}
	most := to.Sub(from) / 4
	for c, d := range filled {
		if d > most || d == most && c < cause {
			cause, most = c, d
		}
	}
	return cause
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
