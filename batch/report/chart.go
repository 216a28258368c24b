package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"taskbatch/csvmap/words"
)

// chart is one picture over the time of a stretch. Its paths lie in a box of
// 1000 by 100, y downwards; places of lines and texts are in percent.
type chart struct {
	Title  string
	Legend []path // what the paths of a class show
	Paths  []path
	Grid   []tick
	Gaps   []band
	Times  [3]string // at the left end, in the middle, at the right end
}

type path struct{ Class, D string }

type tick struct {
	Y     float64
	Label string
}

// band is a gap in the picture.
type band struct {
	X, Width, Middle float64
	Number           int
	Label            string // "" if there is no room for it
	Title            string
}

const headroom = 0.86 // the part of the height that the highest value takes

// charts are the two pictures of a stretch: rows, and latency.
func (s *stretch) charts(gaps []gap) []chart {
	bands, times := s.bands(gaps), s.times()
	return []chart{
		s.rowsChart(bands, times),
		s.latencyChart(bands, times),
	}
}

// span is how much time the buckets cover, from when on.
func (s *stretch) span() (from time.Time, span time.Duration) {
	start := s.first / s.width * s.width
	return time.UnixMilli(start), time.Duration((s.last/s.width+1)*s.width-start) * time.Millisecond
}

// times are the labels of the time axis.
func (s *stretch) times() (labels [3]string) {
	from, span := s.span()
	layout := "15:04:05"
	switch {
	case span > 20*time.Hour:
		layout = "Jan 2 15:04"
	case span < 10*time.Second:
		layout = "15:04:05.0"
	}
	for i := range labels {
		labels[i] = from.Add(span * time.Duration(i) / 2).Local().Format(layout)
	}
	return labels
}

// bands are the gaps as they stand in the pictures.
func (s *stretch) bands(gaps []gap) (bands []band) {
	from, span := s.span()
	percent := func(t time.Time) float64 {
		return round(100 * float64(t.Sub(from).Milliseconds()) / float64(span.Milliseconds()))
	}
	for i, g := range gaps {
		b := band{X: percent(g.From), Number: i + 1, Title: g.text()}
		b.Width = round(percent(g.To) - b.X)
		b.Middle = round(b.X + b.Width/2)
		switch {
		case g.Cause != "" && b.Width >= 1+1.4*float64(len(g.Cause)): // a letter takes so much
			b.Label = g.Cause
		case b.Width >= 15:
			b.Label = Took(g.To.Sub(g.From))
		case b.Width >= 4:
			b.Label = fmt.Sprint(b.Number)
		}
		bands = append(bands, b)
	}
	return bands
}

// text is a gap in words.
func (g gap) text() string {
	text := fmt.Sprintf("%s to %s, %s", g.From.Local().Format(time.TimeOnly), g.To.Local().Format(time.TimeOnly), Took(g.To.Sub(g.From)))
	if g.Cause != "" {
		text += ": " + g.Cause
	}
	return text
}

// rowsChart shows the rows answered in a second, the updated ones below.
func (s *stretch) rowsChart(bands []band, times [3]string) chart {
	perSecond := 1000 / float64(s.width)
	most := 0.0
	for _, b := range s.buckets {
		most = max(most, float64(b.updated+b.others)*perSecond)
	}
	scale := linear(most)
	var updated, others strings.Builder
	all := s.inOrder()
	step := 1000 / float64(len(all))
	for i, b := range all {
		if b == nil {
			continue
		}
		low := scale.y(float64(b.updated) * perSecond)
		high := scale.y(float64(b.updated+b.others) * perSecond)
		bar(&updated, i, step, 100, low)
		bar(&others, i, step, low, high)
	}
	c := chart{
		Title: "Rows per second", Legend: []path{{"updated", "updated"}}, Gaps: bands, Times: times,
		Paths: []path{{"updated", updated.String()}, {"failed", others.String()}},
		Grid:  scale.ticks(rateLabel),
	}
	if others.Len() > 0 {
		c.Legend = append(c.Legend, path{"failed", "not got through"})
	}
	return c
}

// bar appends a filled box in the place of bucket i; step is the width of one.
func bar(b *strings.Builder, i int, step, bottom, top float64) {
	if bottom-top < 0.01 {
		return
	}
	gap := 0.0 // between bars, unless they are thin
	if step > 8 {
		gap = 1.5
	}
	fmt.Fprintf(b, "M%g %gH%gV%gH%gZ", round(float64(i)*step), bottom, round(float64(i+1)*step-gap), top, round(float64(i)*step))
}

func rateLabel(v float64) string {
	if v >= 10 || v == math.Trunc(v) {
		return words.Grouped(int64(v))
	}
	return fmt.Sprintf("%.2g", v)
}

// latencyChart shows the time within which half and 95% of the rows were
// settled.
func (s *stretch) latencyChart(bands []band, times [3]string) chart {
	const typical, slow = 0.5, 0.95
	least, most := math.Inf(1), 0.0
	for _, b := range s.buckets {
		least = min(least, ms(b.latency.quantile(typical)))
		most = max(most, ms(b.latency.quantile(slow)))
	}
	scale := linear(most)
	if most > 30*max(1, least) {
		scale = logarithmic(max(1, least), most)
	}
	return chart{
		Title: "Latency", Legend: []path{{"typical", "half within"}, {"slow", "95% within"}}, Gaps: bands, Times: times,
		Paths: []path{{"slow", s.steps(scale, slow)}, {"typical", s.steps(scale, typical)}},
		Grid:  scale.ticks(msLabel),
	}
}

func msLabel(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%g ms", round(v))
	}
	return fmt.Sprintf("%g s", round(v/1000))
}

// steps is a line with one step for each bucket, broken where nothing was
// answered.
func (s *stretch) steps(scale scale, q float64) string {
	var b strings.Builder
	all := s.inOrder()
	step := 1000 / float64(len(all))
	for i, bucket := range all {
		if bucket == nil {
			continue
		}
		y := scale.y(ms(bucket.latency.quantile(q)))
		if i == 0 || all[i-1] == nil {
			fmt.Fprintf(&b, "M%g %g", round(float64(i)*step), y)
		} else {
			fmt.Fprintf(&b, "V%g", y)
		}
		fmt.Fprintf(&b, "H%g", round(float64(i+1)*step))
	}
	return b.String()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// scale maps values to the height of a picture.
type scale struct {
	low, high float64
	log       bool
}

func linear(most float64) scale { return scale{high: max(most, 1e-9)} }

func logarithmic(least, most float64) scale {
	return scale{low: math.Log10(least) - 0.2, high: math.Log10(most), log: true}
}

func (s scale) y(v float64) float64 {
	if s.log {
		v = math.Log10(max(v, 1e-3))
	}
	part := (v - s.low) / (s.high - s.low)
	return round(100 - 100*headroom*max(0, min(1, part)))
}

// ticks are two to four round values.
func (s scale) ticks(label func(float64) string) (ticks []tick) {
	if s.log {
		for e := math.Ceil(s.low); e <= s.high; e++ {
			v := math.Pow(10, e)
			ticks = append(ticks, tick{s.y(v), label(v)})
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10(s.high)))
	switch n := s.high / step; {
	case n < 2:
		step /= 2
	case n >= 5:
		step *= 2
	}
	for v := step; v <= s.high*1.0001; v += step {
		ticks = append(ticks, tick{s.y(v), label(v)})
	}
	return ticks
}

// round keeps the pictures short.
func round(v float64) float64 { return math.Round(v*100) / 100 }
