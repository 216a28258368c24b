package pace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseRate reads the value of --rate: "20/s", "600/m", "5000/h", or a bare
// number of requests per second. Fractions are allowed. The result is in
// requests per second and greater than 0; anything else is an error.
func ParseRate(s string) (float64, error) {
	number, unit, hasUnit := strings.Cut(s, "/")
	seconds := 1.0
	if hasUnit {
		switch unit {
		case "s":
		case "m":
			seconds = 60
		case "h":
			seconds = 3600
		default:
			return 0, fmt.Errorf("rate %q: the unit after the slash is s, m or h, as in 20/s, 600/m, 5000/h", s)
		}
	}
	n, err := parseDecimal(number)
	if err != nil {
		return 0, fmt.Errorf("rate %q is not a number with a unit, as in 20/s, 600/m, 5000/h", s)
	}
	rate := n / seconds
	if n <= 0 || rate < minRate || rate > maxRate {
		return 0, fmt.Errorf("rate %q is out of range: one request a day up to a million a second", s)
	}
	return rate, nil
}

// The rates that make sense; beyond them the arithmetic of nanoseconds ends.
const (
	minRate = 1.0 / 86_400
	maxRate = 1e6
)

// ParseShare reads the value of --quota-share: a percentage from 1 to 100, as
// in "80%" or "80". The result is a fraction, 0.01 to 1.
func ParseShare(s string) (float64, error) {
	n, err := parseDecimal(strings.TrimSuffix(s, "%"))
	if err != nil {
		return 0, fmt.Errorf("share %q is not a percentage, as in 80%%", s)
	}
	if n < 1 || n > 100 {
		return 0, fmt.Errorf("share %q is out of range: 1%% to 100%%", s)
	}
	return n / 100, nil
}

// parseDecimal reads digits with at most one point: what people type, without
// the exponents, signs, hexadecimals and infinities that strconv takes.
func parseDecimal(s string) (float64, error) {
	if strings.Trim(s, "0123456789.") != "" {
		return math.NaN(), strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}
