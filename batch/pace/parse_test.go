package pace

import (
	"math"
	"strings"
	"testing"
)

func TestParseRate(t *testing.T) {
	good := map[string]float64{
		"20/s": 20, "600/m": 10, "5000/h": 5000.0 / 3600, "7": 7, "0.5": 0.5, "2.5/s": 2.5, ".5/s": 0.5,
		"1/h": 1.0 / 3600, "1000000": 1e6, "90/m": 1.5,
	}
	for s, want := range good {
		if got, err := ParseRate(s); err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "0", "0/s", "-1", "+5", "1e3", "0x10", "NaN", "Inf", "20/", "/s", "20/d", "20/S", "20 /s", " 20", "1.2.3", ".",
		"20/s/s", "1_000", "1000001", "0.0000001", strings.Repeat("9", 400), "20,5/s", "٣/s",
	} {
		if got, err := ParseRate(s); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", s, got)
		} else if !strings.Contains(err.Error(), "rate") || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("ParseRate(%q): message %q", s, err)
		}
	}
}

func TestParseShare(t *testing.T) {
	good := map[string]float64{"80%": 0.8, "80": 0.8, "1%": 0.01, "100%": 1, "100": 1, "12.5%": 0.125}
	for s, want := range good {
		if got, err := ParseShare(s); err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("ParseShare(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "%", "0", "0%", "0.9%", "101%", "100.1", "-5%", "80%%", "80 %", "1e1", "NaN%", "half"} {
		if got, err := ParseShare(s); err == nil {
			t.Errorf("ParseShare(%q) = %v, want an error", s, got)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"20/s", "600/m", "5000/h", "0.5", "1e9", "/", "-0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rate, err := ParseRate(s)
		if err != nil {
			return
		}
		if !(rate >= minRate && rate <= maxRate) {
			t.Fatalf("ParseRate(%q) = %v", s, rate)
		}
		// A rate that parses must pace: the first request goes, the second waits.
		g := NewGate(Config{Rate: rate})
		if !g.Next(start, 0, 2).Go {
			t.Fatalf("rate %q: the first request waits", s)
		}
		g.Sent(start, false)
		if rate <= slowRate && g.rate.due(g.interval) <= 0 {
			t.Fatalf("rate %q: no distance", s)
		}
	})
}

func FuzzParseShare(f *testing.F) {
	for _, s := range []string{"80%", "1", "100%", "0", "100.0%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if share, err := ParseShare(s); err == nil && !(share >= 0.01 && share <= 1) {
			t.Fatalf("ParseShare(%q) = %v", s, share)
		}
	})
}
