package pace

import "sort"

// sends remembers the last requests, to tell which of them were sent before an
// answered one and which after it. What fell out of the ring was sent long ago.
type sends struct {
	ring []send
	n    int // requests so far
}

type send struct {
	at       tick
	inFlight int // others in flight then
}

func newSends(concurrency int) sends {
	return sends{ring: make([]send, max(256, 4*concurrency))}
}

func (s *sends) add(at tick, inFlight int) {
	s.ring[s.n%len(s.ring)] = send{at, inFlight}
	s.n++
}

// around tells how many requests were sent after t, and how many were in
// flight when the last one before t was sent.
func (s *sends) around(t tick) (younger, older int) {
	from := max(0, s.n-len(s.ring))
	i := from + sort.Search(s.n-from, func(i int) bool {
		return s.ring[(from+i)%len(s.ring)].at > t
	})
	if i > from {
		older = s.ring[(i-1)%len(s.ring)].inFlight
	}
	return s.n - i, older
}

// last is when the last request was sent.
func (s *sends) last() tick {
	if s.n == 0 {
		return longAgo
	}
	return s.ring[(s.n-1)%len(s.ring)].at
}
