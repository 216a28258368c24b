package pace

// concurrency is how many requests may be in flight: fewer while the server is
// unwell, so that retries never add load.
type concurrency struct {
	max, limit int

	answers [lastAnswers]bool // which ones were ill; a ring
	n       int               // answers so far
	ill     int               // ill ones among the last answers
	hold    int               // answers to come before the limit may halve again
	steps   int               // answers towards the next step up
}

const (
	lastAnswers = 100 // the contract looks at so many answers
	illAccepted = 10  // with so many ill ones among them nothing slows down
	minRound    = 20  // answers between two halvings, at least
	growEvery   = 3   // answers for one step up: 5% ill by chance must cost next to nothing
)

func (c *concurrency) answered(ill bool) {
	i := c.n % lastAnswers
	if c.answers[i] {
		c.ill--
	}
	c.answers[i] = ill
	if ill {
		c.ill++
	}
	c.n++
	c.hold--
	switch {
	case c.ill > illAccepted:
		c.steps = 0
		if ill && c.hold <= 0 {
			// A round of answers must show whether this is enough.
			c.hold = max(minRound, c.limit)
			c.limit = max(1, c.limit/2)
		}
	case c.limit < c.max:
		if c.steps++; c.steps == growEvery {
			c.limit, c.steps = c.limit+1, 0
		}
	}
}
