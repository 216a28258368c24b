package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"taskbatch/csvmap/words"
)

// on reads a switch.
func on(to *bool) func(string) error {
	return func(text string) error {
		switch strings.ToLower(text) {
		case "1", "t", "true", "yes", "on":
			*to = true
		case "0", "f", "false", "no", "off":
			*to = false
		default:
			return fmt.Errorf("%s is neither true nor false", words.Shown(text))
		}
		return nil
	}
}

// text reads any text; filled one that is not empty; file the name of a file.
func text[T ~string](to *T) func(string) error {
	return func(text string) error {
		*to = T(text)
		return nil
	}
}

func filled(to *string) func(string) error {
	return func(text string) error {
		if text == "" {
			return errors.New("the value is empty")
		}
		*to = text
		return nil
	}
}

func file(to *string) func(string) error {
	return func(path string) error {
		switch path {
		case "":
			return errors.New("the file name is empty")
		case "-":
			return errors.New("- is not a file; name one")
		}
		*to = path
		return nil
	}
}

// is reads whether the text is this word.
func is(to *bool, word string) func(string) error {
	return func(text string) error {
		*to = text == word
		return nil
	}
}

// list adds a text to a list.
func list(to *[]string) func(string) error {
	return func(text string) error {
		*to = append(*to, text)
		return nil
	}
}

// whole reads a whole number from lo to hi.
func whole[T int | int64](to *T, lo, hi int64) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < lo || n > hi {
			return fmt.Errorf("%s is not a whole number %s", words.Shown(text), span(lo, hi))
		}
		*to = T(n)
		return nil
	}
}

// span is a range in words.
func span(lo, hi int64) string {
	if hi == math.MaxInt64 {
		return fmt.Sprintf("of %d or more", lo)
	}
	return fmt.Sprintf("from %d to %d", lo, hi)
}

// duration reads a length of time from lo to hi.
func duration(to *time.Duration, lo, hi time.Duration) func(string) error {
	return func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s is not a length of time such as 30s, 5m or 2h", words.Shown(text))
		}
		if d < lo || d > hi {
			return fmt.Errorf("%s is out of range: from %s to %s", words.Shown(text), words.Duration(lo), words.Duration(hi))
		}
		*to = d
		return nil
	}
}

// parsed reads a value with the parser of the package that knows its form.
func parsed[T any](to *T, parse func(string) (T, error)) func(string) error {
	return func(text string) (err error) {
		*to, err = parse(text)
		return err
	}
}

// failures reads N or P%: a number of rows or a share from 0 to 1.
func failures(rows *int64, share *float64) func(string) error {
	return func(text string) error {
		percent, isShare := strings.CutSuffix(text, "%")
		if !isShare {
			return whole(rows, 1, math.MaxInt64)(text)
		}
		p, err := strconv.ParseFloat(percent, 64)
		if err != nil || !(p > 0 && p <= 100) {
			return fmt.Errorf("%s is not a share above 0%% and up to 100%%", words.Shown(text))
		}
		*share = p / 100
		return nil
	}
}
