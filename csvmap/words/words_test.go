package words

import (
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	names := []string{"title", "status", "assigneeId", "attachmentUrls", "metadata", "--concurrency", "check"}
	for word, want := range map[string]string{
		"titel": "title", "Staus": "status", "asignee_id": "assigneeId", "attachmentUrl": "attachmentUrls", "metadat": "metadata",
		"--conccurency": "--concurrency", "chekc": "check", "prio": "", "x": "", "frobnicate": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("ab", []string{"xx", "ac", "ad"}); got != "; did you mean ac?" {
		t.Errorf("of two equally near ones: %q", got)
	}
}

// TestShell: whatever the word, the shell gives it back.
func TestShell(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	if got := Shell("it's\x1b\n"); got != `$'it\'s\033\012'` {
		t.Error(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[^\x00]{0,12}`), 20, 20).Draw(t, "words")
		var script strings.Builder
		script.WriteString("printf '%s\\0'")
		for _, word := range words {
			script.WriteString(" " + Shell(word))
		}
		out, err := exec.Command(shell, "-c", script.String()).Output()
		if want := strings.Join(words, "\x00") + "\x00"; err != nil || string(out) != want {
			t.Fatalf("shell gave %q for %q (%v)", out, want, err)
		}
	})
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain é \\": "plain é \\", "a\nb\rc\td": `a\nb\rc\td`, "\x00\x07\x1b[31m\x7f": `\x00\x07\x1b[31m\x7f`,
		"\u0085\u2028\u2029\ufeff\u202e": `\u0085\u2028\u2029\ufeff\u202e`, "a\xff\uFFFD": `a\xff` + "\uFFFD",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestShown: a word is quoted only where its ends would not be seen.
func TestShown(t *testing.T) {
	for word, want := range map[string]string{
		"": `""`, "tasks.csv": "tasks.csv", "it's": "it's", "my tasks.csv": `"my tasks.csv"`, `a"b`: `"a\"b"`, "a\tb": `"a\tb"`, "\u202ex": `"\u202ex"`, "ü": "ü",
	} {
		if got := Shown(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int64]string{0: "0 rows", 1: "1 row", 999: "999 rows", 1000: "1,000 rows", 1234567: "1,234,567 rows"} {
		if got := Plural(n, "row"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := Are(1, "row") + ", " + Were(2, "row") + " " + Duration(2*time.Hour) + " " + Duration(90*time.Second); got != "1 row is, 2 rows were 2h 1m30s" {
		t.Error(got)
	}
	if got := Grouped(-100) + " " + Grouped(-1000); got != "-100 -1,000" {
		t.Error(got)
	}
}

// TestShorten: never longer than asked, never half a character.
func TestShorten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, limit := rapid.String().Draw(t, "text"), rapid.IntRange(3, 20).Draw(t, "limit")
		got := Shorten(text, limit)
		if len(got) > limit || !utf8.ValidString(got) || len(text) <= limit && got != text {
			t.Fatalf("%q", got)
		}
		if !strings.HasPrefix(text, strings.TrimSuffix(got, "...")) && got != text {
			t.Fatalf("%q is no beginning of %q", got, text)
		}
	})
}

func TestRowList(t *testing.T) {
	rows := []int64{4, 6, 9}
	for want, got := range map[string]string{
		"row 4":                       RowList(rows[:1], 1, 5),
		"rows 4, 6, 9":                RowList(rows, 3, 5),
		"rows 4, 6 and 1 more":        RowList(rows, 3, 2),
		"rows 4, 6, 9 and 1,997 more": RowList(rows, 2000, 5),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
