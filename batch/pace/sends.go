package pace

import "sort"

// sends remembers the last requests, to tell which were sent before and after
// another. It is a ring; what fell out of it counts as sent long ago.
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

// first is the number of the first remembered request sent after t; s.n when
// there is none.
func (s *sends) first(t tick) int {
	from := max(0, s.n-len(s.ring))
	return from + sort.Search(s.n-from, func(i int) bool {
		return s.ring[(from+i)%len(s.ring)].at > t
	})
}

func (s *sends) get(i int) send { return s.ring[i%len(s.ring)] }

// last is when the last request was sent; long ago if there was none.
func (s *sends) last() tick {
	if s.n == 0 {
		return -horizon
	}
	return s.get(s.n - 1).at
}
