package pace

// sends remembers the last requests, to tell which of them were sent before an
// answered one and which after it. What fell out of the ring was sent long ago.
type sends struct {
	ring []send // its length is a power of two
	n    int    // requests so far
}

type send struct {
	at       tick
	inFlight int // others in flight then
}

func newSends(concurrency int) sends {
	size := 256
	for size < 4*concurrency {
		size *= 2
	}
	return sends{ring: make([]send, size)}
}

func (s *sends) add(at tick, inFlight int) {
	*s.get(s.n) = send{at, inFlight}
	s.n++
}

// around tells how many requests were sent after t, and how many were in
// flight when the last one before t was sent.
func (s *sends) around(t tick) (younger, older int) {
	from, to := max(0, s.n-len(s.ring)), s.n
	for from < to {
		if i := (from + to) / 2; s.get(i).at > t {
			to = i
		} else {
			from = i + 1
		}
	}
	if from > max(0, s.n-len(s.ring)) {
		older = s.get(from - 1).inFlight
	}
	return s.n - from, older
}

// last is when the last request was sent.
func (s *sends) last() tick {
	if s.n == 0 {
		return longAgo
	}
	return s.get(s.n - 1).at
}

// get is request number i, which must still be remembered.
func (s *sends) get(i int) *send { return &s.ring[i&(len(s.ring)-1)] }
