package report

import (
	"math/bits"
	"time"
)

// histogram counts times in bins that grow with the time: a bin is at most an
// eighth wide, so what is read out is right to about 6%.
type histogram [numBins]uint32

const (
	exactBins  = 16 // milliseconds that have a bin of their own
	octaves    = 23 // above them, up to 37 hours
	perOctave  = 8
	numBins    = exactBins + octaves*perOctave
	octaveBits = 4 // bits of exactBins
)

func binOf(ms int64) int {
	if ms < exactBins {
		return int(max(0, ms))
	}
	octave := bits.Len64(uint64(ms)) - 1 - octaveBits
	if octave >= octaves {
		return numBins - 1
	}
	return exactBins + octave*perOctave + int(ms>>(octave+1))&(perOctave-1)
}

// middle is the time in the middle of a bin.
func middle(bin int) time.Duration {
	if bin < exactBins {
		return time.Duration(bin) * time.Millisecond
	}
	octave, step := (bin-exactBins)/perOctave, (bin-exactBins)%perOctave
	low := int64(perOctave+step) << (octave + 1)
	return time.Duration(low)*time.Millisecond + time.Millisecond<<octave
}

func (h *histogram) add(o *histogram) {
	for i, n := range o {
		h[i] += n
	}
}

func (h *histogram) count() (n int64) {
	for _, c := range h {
		n += int64(c)
	}
	return n
}

// quantile is the time within which the share q (0 to 1) of all lie; 0 without any.
func (h *histogram) quantile(q float64) time.Duration {
	want := int64(q * float64(h.count()-1))
	for bin, n := range h {
		if want -= int64(n); want < 0 && n > 0 {
			return middle(bin)
		}
	}
	return 0
}
