package pace

import (
	"fmt"
	"testing"
	"time"
)

func TestExplore(t *testing.T) {
	lat := []string{"arr200", "arr20", "mid200", "mid20", "dep200", "const100", "const1"}
	for _, q := range []struct {
		l int64
		w time.Duration
	}{{200, 10 * time.Second}, {500, time.Second}} {
		for _, conc := range []int{8, 64} {
			for li, ln := range lat {
				for _, sk := range []time.Duration{0, time.Hour, -time.Hour} {
					for _, date := range []bool{true, false} {
						for _, variant := range []string{"", "phase", "floorphase", "lazy", "others"} {
							for _, ra := range []bool{false, true} {
								if sk < 0 && ra || (variant != "" && ra) {
									continue
								}
								m := &model{limit: q.l, window: q.w, skew: sk, date: date, retryAfter: ra}
								switch li {
								case 0:
									m.latency = arrival(200 * time.Millisecond)
								case 1:
									m.latency = arrival(20 * time.Millisecond)
								case 2:
									m.latency = middle(200 * time.Millisecond)
								case 3:
									m.latency = middle(20 * time.Millisecond)
								case 4:
									m.latency = departure(200 * time.Millisecond)
								case 5:
									m.latency = constant(100 * time.Millisecond)
								case 6:
									m.latency = constant(1 * time.Millisecond)
								}
								switch variant {
								case "phase":
									m.phase = 370 * time.Millisecond
								case "floorphase":
									m.phase = 370 * time.Millisecond
									m.floor = true
								case "lazy":
									m.lazy = true
								case "others":
									m.others = float64(q.l) / q.w.Seconds() / 3
								}
								g := NewGate(Config{QuotaShare: 1, Concurrency: conc})
								rows := q.l * 20
								r := simulate(g, m, rows, conc, time.Millisecond, 7)
								s0, w := m.used(1)
								s2, _ := m.used(4)
								flag := ""
								if r.stuck || r.tooLong {
									flag = "STUCK"
								}
								cap := 1.0
								if conc == 8 && q.w == time.Second {
									switch li {
									case 0, 2, 4, 5:
										cap = 0
									}
								}
								if s2 < 0.98*cap || w > 1 {
									flag += " <<"
								}
								fmt.Printf("%d/%v c%-2d %-8s skew=%-4v date=%-5v %-10s ra=%-5v used1=%.3f used4=%.3f 429s=%d worst=%d%s\n", q.l, q.w, conc, ln, sk.Hours(), date, variant, ra, s0, s2, r.throttled, w, flag)
							}
						}
					}
				}
			}
		}
	}
}
