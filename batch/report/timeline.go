package report

import (
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
	width   int64 // milliseconds of a bucket
	base    int64 // buckets[0] begins at base*width
	buckets []*bucket
	first   int64 // milliseconds since 1970
	last    int64
}

// timeline takes the answers of a batch in any order, with bounded memory.
type timeline struct{ stretches []*stretch }

// add counts a row that was answered at a time and took so long.
func (t *timeline) add(at time.Time, took int64, updated bool) {
	ms := at.UnixMilli()
	s := t.stretchFor(ms)
	b := s.bucket(ms)
	if updated {
		b.updated++
	} else {
		b.others++
	}
	if b.first == 0 || ms < b.first {
		b.first = ms
	}
	b.last = max(b.last, ms)
	b.latency[binOf(took)]++
	grown := ms < s.first || ms > s.last
	s.first, s.last = min(s.first, ms), max(s.last, ms)
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
	s := &stretch{width: narrowest, first: ms, last: ms}
	at, _ := slices.BinarySearchFunc(t.stretches, ms, func(s *stretch, ms int64) int { return int(min(1, max(-1, s.first-ms))) })
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

// bucket is the one of a time.
func (s *stretch) bucket(ms int64) *bucket {
	for {
		if len(s.buckets) == 0 {
			s.base = ms / s.width
		}
		i := ms/s.width - s.base
		if max(i+1, int64(len(s.buckets))-min(i, 0)) > maxBuckets {
			s.widen()
			continue
		}
		if i < 0 {
			s.buckets = slices.Insert(s.buckets, 0, make([]*bucket, -i)...)
			s.base += i
			i = 0
		}
		for int64(len(s.buckets)) <= i {
			s.buckets = append(s.buckets, nil)
		}
		if s.buckets[i] == nil {
			s.buckets[i] = &bucket{}
		}
		return s.buckets[i]
	}
}

// widen makes one bucket of each two.
func (s *stretch) widen() {
	old, base := s.buckets, s.base
	s.width *= 2
	s.base = base / 2
	s.buckets = nil
	for i, b := range old {
		if b != nil {
			s.put((base+int64(i))/2, b)
		}
	}
}

// put adds what a bucket holds to the bucket with this number, which is not
// before the first.
func (s *stretch) put(number int64, b *bucket) {
	i := number - s.base
	for int64(len(s.buckets)) <= i {
		s.buckets = append(s.buckets, nil)
	}
	if s.buckets[i] == nil {
		s.buckets[i] = b
		return
	}
	into := s.buckets[i]
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
	for later.base+int64(len(later.buckets))-s.base > maxBuckets {
		s.widen()
		later.widen()
	}
	for i, b := range later.buckets {
		if b != nil {
			s.put(later.base+int64(i), b)
		}
	}
	s.last = max(s.last, later.last)
}

// latency is that of all rows.
func (t *timeline) latency() (sum histogram) {
	for _, s := range t.stretches {
		for _, b := range s.buckets {
			if b != nil {
				sum.add(&b.latency)
			}
		}
	}
	return sum
}

// Gap is a time in which nothing was answered.
type Gap struct {
	From, To time.Time
	Cause    string // why, if known
}

// gaps are the pieces of a stretch in which nothing was answered for much
// longer than is usual in it, each with the cause of the waits that fill most
// of it.
func (s *stretch) gaps(waits []Wait) (gaps []Gap) {
	var rows, before int64
	for _, b := range s.buckets {
		if b != nil {
			rows += b.updated + b.others
		}
	}
	usual := (s.last - s.first) / max(1, rows)
	least := max(2000, 10*usual, (s.last-s.first)/100)
	for _, b := range s.buckets {
		if b == nil {
			continue
		}
		if before != 0 && b.first-before >= least {
			from, to := time.UnixMilli(before), time.UnixMilli(b.first)
			gaps = append(gaps, Gap{From: from, To: to, Cause: causeOf(from, to, waits)})
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
