package record

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOutcomeWords(t *testing.T) {
	words := strings.Fields("updated skipped failed unknown invalid blocked unsent")
	for i, word := range words {
		o, ok := ParseOutcome(word)
		if !ok || o != Outcome(i+1) || o.String() != word || o.Finished() != (i < 2) {
			t.Errorf("%s: %v %v finished %v", word, o, ok, o.Finished())
		}
	}
	for _, word := range []string{"", "Updated", "updated ", "done"} {
		if o, ok := ParseOutcome(word); ok || o != None {
			t.Errorf("%q is taken for %v", word, o)
		}
	}
	if None.String() != "" || NumOutcomes.String() != "" {
		t.Error("words for what is no outcome")
	}
}

func TestRowNumbers(t *testing.T) {
	for cell, want := range map[string]int64{
		"1": 1, "10": 10, "9223372036854775807": 1<<63 - 1,
		"": 0, "0": 0, "01": 0, "+1": 0, "-1": 0, " 1": 0, "1 ": 0, "1.0": 0, "1_0": 0, "9223372036854775808": 0,
	} {
		if n, ok := (&Head{ColRow: cell}).Row(); n != want && ok || ok != (want > 0) {
			t.Errorf("%q: %d %t", cell, n, ok)
		}
	}
}

func TestSumOf(t *testing.T) {
	if got := SumOf("T-1", []byte(`{"title":"a"}`)).String(); got != "scd4a8a25399ea02302321b20" {
		t.Error(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		body := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "body")
		sum, task, update := SumOf(id, body), sha256.Sum256([]byte(id)), sha256.Sum256([]byte(id+"\n"+string(body)))
		if want := fmt.Sprintf("s%x%x", task[:4], update[:8]); sum.String() != want {
			t.Fatalf("%s, want %s", sum, want)
		}
		if back, ok := (&Head{ColSum: sum.String()}).Sum(); !ok || back != sum {
			t.Fatalf("%s became %v %t", sum, back, ok)
		}
	})
}

// What a spreadsheet may make of a sum is none.
func TestSpoiltSums(t *testing.T) {
	sum := SumOf("T-1", nil).String()
	for _, cell := range []string{"", sum[1:], sum[1:17], strings.ToUpper(sum), "S" + sum[1:], "'" + sum, sum + " ", sum[:24], sum + "0", "s+" + sum[2:], sum[:24] + "g", sum[:9] + "_" + sum[10:]} {
		if _, ok := ParseSum(cell); ok {
			t.Errorf("%q is taken for a sum", cell)
		}
	}
}

func BenchmarkSumOf(b *testing.B) {
	body := []byte(`{"title":"Call back about the renewal","description":"Ask for the signed offer, then close.","type":"FOLLOW_UP","status":"IN_PROGRESS","priority":"HIGH"}`)
	b.ReportAllocs()
	for b.Loop() {
		SumOf("T-000001", body)
	}
}

// TestAppendCSV: a cell reads back, and is quoted only where it has to be,
// wherever in it that stands.
func TestAppendCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter")
		cell := strings.Repeat("ab", rapid.IntRange(0, 12).Draw(t, "before")) +
			rapid.StringMatching(`[-a,;|"\n\r\t é#+\x08\x80]{0,3}`).Draw(t, "middle") + strings.Repeat("cd", rapid.IntRange(0, 12).Draw(t, "behind"))
		got := string(AppendCell([]byte("x"), cell, delimiter))
		want := cell
		if strings.ContainsAny(cell, string(rune(delimiter))+"\"\n\r") || strings.Trim(cell, " \t") != cell {
			want = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		if got != "x"+want || string(AppendCell(nil, []byte(cell), delimiter)) != want {
			t.Fatalf("%q became %q, want %q", cell, got, want)
		}
	})
}
