package pace

// concurrency is how many requests may be in flight: fewer while the server is
// unwell, so that retries never add load.
type concurrency struct {
	max, limit int

	answers [lastAnswers]bool // was it ill; a ring
	n       int               // answers so far
	ill     int               // ill ones among the last answers
	rest    int               // answers to come before the limit may halve again
	regrow  int               // answers towards the next step up
}

const (
	lastAnswers = 100 // the contract looks at so many answers
	illAccepted = 10  // with so many ill ones among them nothing slows down
	minRound    = 20  // answers between two halvings, at least
	growEvery   = 10  // answers for one step up
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
	c.rest--

	switch {
	case c.ill <= illAccepted:
		if c.limit == c.max {
			return
		}
		if c.regrow++; c.regrow >= growEvery {
			c.limit, c.regrow = c.limit+1, 0
		}
	case c.rest <= 0 && ill:
		// A round of answers must show the effect of a halving before the next.
		c.rest, c.regrow = max(minRound, c.limit), 0
		c.limit = max(1, c.limit/2)
	}
}
