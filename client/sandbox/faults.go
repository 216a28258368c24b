package sandbox

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The faults, by the names that ParseFaults reads.
const (
	fault500        = "500"        // the API's JSON error, nothing applied
	fault502        = "502"        // a gateway's page, nothing applied
	fault503        = "503"        // a gateway's page, nothing applied
	fault504        = "504"        // a gateway's page, nothing applied
	fault429        = "429"        // Retry-After: 1, nothing applied
	fault401        = "401"        // the key is refused
	faultDrop       = "drop"       // applied, then the connection is closed without an answer
	faultDropBefore = "dropbefore" // the connection is closed, nothing applied
	faultHang       = "hang"       // no answer until the client goes away, nothing applied
	faultSlow       = "slow"       // applied; the answer's body takes a second
	faultCut        = "cut"        // applied; the answer's body breaks off in the middle
	faultGarbage    = "garbage"    // applied; the answer's body is not JSON
	faultRedirect   = "redirect"   // 302 to another host, nothing applied
	faultOutage     = "outage"     // connections are reset for a time
	faultLimit      = "limit"      // a gateway refuses what comes faster, and does not say how fast is right
	faultOverload   = "overload"   // a gateway refuses what is in flight beyond a number
	faultPoison     = "poison"     // tasks that are answered 502 for ever
)

// shareNames are the faults that befall a share of the requests.
var shareNames = []string{
	fault500, fault502, fault503, fault504, fault429, fault401, faultDrop, faultDropBefore,
	faultHang, faultSlow, faultCut, faultGarbage, faultRedirect,
}

// Faults says which requests meet which fault. The zero Faults has none.
type Faults struct {
	seed        uint64
	rates       []faultRate
	outages     []span
	limit       Quota // zero: none
	limitStatus int
	overload    int64 // 0: none
	poisonShare float64
	poisoned    []block
}

// faultRate is the share of the requests, 0 to 1, that meet a fault.
type faultRate struct {
	name  string
	share float64
}

// span is a time counted from the first request.
type span struct{ start, length time.Duration }

// block is neighbouring tasks, by the numbers at the end of their IDs.
type block struct{ first, count int64 }

// ParseFaults reads a comma-separated list such as
//
//	seed=1,500=2%,429=1%,drop=0.5%,hang=1%,outage=5s+30s
//
// NAME=P% gives a share of the requests a fault: 500, 502, 503, 504 and 429
// are errors that apply nothing, and so are 401 and redirect (302 to another
// host); drop applies the update and closes the connection without an answer,
// dropbefore closes it before; hang never answers; slow, cut and garbage
// apply the update, but the answer's body trickles, breaks off or is not JSON.
// The shares add up to 100% at most. Which requests are hit follows from the
// seed (default 0) and the request's number alone. outage=START+DURATION,
// counted from the first request, resets all connections for that time; it
// may occur several times.
//
// limit=50/s answers 503 to what comes faster, limit=50/s:429 answers 429, both
// without a word on how fast is right, as gateways do; a tenth of a second's
// requests may come at once. overload=8 answers 503 to what is in flight beyond
// 8. poison=2% answers 502 to that share of the tasks for ever, poison=40@100
// to 40 neighbours, whose IDs end in a number from 100 to 139; both may stand
// together, the second several times.
func ParseFaults(spec string) (Faults, error) {
	var f Faults
	total := 0.0
	seen := map[string]bool{}
	for item := range strings.SplitSeq(spec, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		again := name == faultOutage || name == faultPoison && strings.Contains(value, "@")
		if !ok || seen[name] && !again {
			return Faults{}, fmt.Errorf("faults: %q: want NAME=VALUE, each name once", item)
		}
		seen[name] = !again
		if err := f.set(name, value); err != nil {
			return Faults{}, fmt.Errorf("faults: %q: %w", item, err)
		}
	}
	for _, r := range f.rates {
		total += r.share
	}
	if total > 1+1e-9 {
		return Faults{}, fmt.Errorf("faults: the shares add up to %.4g%%, more than 100%%", total*100)
	}
	return f, nil
}

// set takes one NAME=VALUE.
func (f *Faults) set(name, value string) (err error) {
	switch {
	case name == "seed":
		if f.seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return errors.New("want a number of at least 0")
		}
	case name == faultOutage:
		return f.setOutage(value)
	case name == faultLimit:
		return f.setLimit(value)
	case name == faultOverload:
		if f.overload, err = strconv.ParseInt(value, 10, 64); err != nil || f.overload < 1 {
			return errors.New("want a number of requests in flight of at least 1")
		}
	case name == faultPoison:
		return f.setPoison(value)
	case slices.Contains(shareNames, name):
		share, err := parseShare(value)
		f.rates = append(f.rates, faultRate{name, share})
		return err
	default:
		return fmt.Errorf("unknown fault; there are %s, outage, limit, overload, poison, and seed", strings.Join(shareNames, ", "))
	}
	return nil
}

// parseShare reads a share, 0 to 1, from a percentage.
func parseShare(text string) (float64, error) {
	percent, ok := strings.CutSuffix(text, "%")
	p, err := strconv.ParseFloat(percent, 64)
	if !ok || err != nil || !(p >= 0 && p <= 100) {
		return 0, errors.New("want a share from 0% to 100%, such as 2%")
	}
	return p / 100, nil
}

// setOutage takes START+DURATION.
func (f *Faults) setOutage(value string) error {
	start, length, _ := strings.Cut(value, "+")
	s, err := time.ParseDuration(start)
	d, lengthErr := time.ParseDuration(length)
	if err != nil || lengthErr != nil || s < 0 || d <= 0 {
		return errors.New("want START+DURATION, such as 5s+30s")
	}
	f.outages = append(f.outages, span{s, d})
	return nil
}

// setLimit takes RATE or RATE:STATUS.
func (f *Faults) setLimit(value string) (err error) {
	text, status, hasStatus := strings.Cut(value, ":")
	f.limitStatus = http.StatusServiceUnavailable
	if hasStatus {
		f.limitStatus, _ = strconv.Atoi(status)
	}
	f.limit, err = ParseQuota(text)
	if err != nil || f.limit.N == 0 || f.limitStatus != http.StatusServiceUnavailable && f.limitStatus != http.StatusTooManyRequests {
		return errors.New("want a rate, and 503 or 429 for the answer beyond it, such as 50/s or 50/s:429")
	}
	return nil
}

// setPoison takes P% or COUNT@FIRST.
func (f *Faults) setPoison(value string) (err error) {
	count, first, isBlock := strings.Cut(value, "@")
	if !isBlock {
		f.poisonShare, err = parseShare(value)
	} else {
		var b block
		if b.count, err = strconv.ParseInt(count, 10, 64); err == nil {
			b.first, err = strconv.ParseInt(first, 10, 64)
		}
		if b.count < 1 || b.first < 0 {
			err = errors.New("too low")
		}
		f.poisoned = append(f.poisoned, b)
	}
	if err != nil {
		return errors.New("want a share of the tasks, such as 2%, or COUNT@FIRST, such as 40@100")
	}
	return nil
}

// draw is the fault that the request with this number meets, "" for none.
func (f Faults) draw(seq int64) string {
	if len(f.rates) == 0 {
		return ""
	}
	x := rand.New(rand.NewPCG(f.seed, uint64(seq))).Float64()
	for _, r := range f.rates {
		if x < r.share {
			return r.name
		}
		x -= r.share
	}
	return ""
}

// outage tells whether connections are reset at this time after the first
// request.
func (f Faults) outage(since time.Duration) bool {
	for _, o := range f.outages {
		if since >= o.start && since < o.start+o.length {
			return true
		}
	}
	return false
}

// poisons tells whether a task is answered 502 for ever.
func (f Faults) poisons(id string) bool {
	digits := id[len(strings.TrimRight(id, "0123456789")):]
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		for _, b := range f.poisoned {
			if n >= b.first && n-b.first < b.count {
				return true
			}
		}
	}
	if f.poisonShare == 0 {
		return false
	}
	hash := fnv.New64a()
	hash.Write([]byte(id))
	return rand.New(rand.NewPCG(f.seed, hash.Sum64())).Float64() < f.poisonShare
}
