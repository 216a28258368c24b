package sandbox

import (
	"fmt"
	"math/rand/v2"
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
)

var faultNames = []string{
	fault500, fault502, fault503, fault504, fault429, fault401, faultDrop, faultDropBefore,
	faultHang, faultSlow, faultCut, faultGarbage, faultRedirect,
}

// Faults says which requests meet which fault. The zero Faults has none.
type Faults struct {
	seed    uint64
	rates   []faultRate
	outages []span
}

// faultRate is the share of the requests, 0 to 1, that meet a fault.
type faultRate struct {
	name  string
	share float64
}

// span is a time counted from the first request.
type span struct{ start, length time.Duration }

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
		if !ok || seen[name] && name != faultOutage {
			return Faults{}, fmt.Errorf("faults: %q: want NAME=VALUE, each name once", item)
		}
		seen[name] = true
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
			return fmt.Errorf("want a number of at least 0")
		}
	case name == faultOutage:
		start, length, _ := strings.Cut(value, "+")
		var o span
		if o.start, err = time.ParseDuration(start); err == nil {
			o.length, err = time.ParseDuration(length)
		}
		if err != nil || o.start < 0 || o.length <= 0 {
			return fmt.Errorf("want START+DURATION, such as 5s+30s")
		}
		f.outages = append(f.outages, o)
	case slices.Contains(faultNames, name):
		percent, ok := strings.CutSuffix(value, "%")
		p, err := strconv.ParseFloat(percent, 64)
		if !ok || err != nil || !(p >= 0 && p <= 100) {
			return fmt.Errorf("want a share from 0%% to 100%%, such as 2%%")
		}
		f.rates = append(f.rates, faultRate{name, p / 100})
	default:
		return fmt.Errorf("unknown fault; there are %s, seed and outage", strings.Join(faultNames, ", "))
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
