package results

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"taskbatch/csvmap/record"
)

func TestAppend(t *testing.T) {
	for name, c := range map[string]struct {
		rec  Record
		want string
	}{
		"updated": {*newRecord(7),
			"updated,7,200,1,20,2026-11-16T08:30:00.123Z,sandbox,,s00000007538454127b096493,task-7,\"a, \"\"b\"\"\nc\"\n"},
		"failed": {Record{Outcome: record.Failed, Row: 3, Status: 404, Attempts: 2, At: someTime, Error: `Not Found, "x"`, Sum: record.Sum{Update: 1}, HasSum: true, Tail: tail("t")},
			"failed,3,404,2,0,2026-11-16T08:30:00.123Z,,\"Not Found, \"\"x\"\"\",s000000000000000000000001,t\n"},
		"never sent": {Record{Outcome: record.Invalid, Row: 2, MS: 9, At: someTime, Error: "no taskId", Sum: record.Sum{Update: 1}, Tail: tail("", "")},
			"invalid,2,,0,,2026-11-16T08:30:00.123Z,,no taskId,,,\n"},
	} {
		if got := string(c.rec.append([]byte("before"))); got != "before"+c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, "before"+c.want)
		}
	}
}

func TestHeader(t *testing.T) {
	got := string(Header([]string{"taskId", "metadata.a,b"}))
	if want := headLine + ",taskId,\"metadata.a,b\"\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestErrorCell(t *testing.T) {
	for name, c := range map[string]struct{ message, want string }{
		"plain":          {`Account task "x" not found`, `Account task "x" not found`},
		"lines":          {"a\nb\r\nc\td", `a\nb\r\nc\td`},
		"control":        {"\x00\x1b[31m\x7f", `\x00\x1b[31m\x7f`},
		"C1":             {"\u0085\u009b", `\u0085\u009b`},
		"line separator": {"a\u2028b\u2029", `a\u2028b\u2029`},
		"bidi":           {"\u202eevil\u2066\u200f\u061c", `\u202eevil\u2066\u200f\u061c`},
		"byte order":     {"\ufeffx", `\ufeffx`},
		"invalid UTF-8":  {"a\xffb\xc3", `a\xffb\xc3`},
		"beyond ASCII":   {"Grüße 🎉", "Grüße 🎉"},
		"formula":        {"=1+1", "'=1+1"},
		"plus":           {"+1", "'+1"},
		"minus":          {"-1", "'-1"},
		"at":             {"@SUM", "'@SUM"},
		"1000 bytes":     {strings.Repeat("x", 1000), strings.Repeat("x", 1000)},
		"1001 bytes":     {strings.Repeat("x", 1001), strings.Repeat("x", 997) + "..."},
		"long runes":     {strings.Repeat("é", 501), strings.Repeat("é", 498) + "..."},
		"long escapes":   {strings.Repeat("\x01", 300), strings.Repeat(`\x01`, 249) + "..."},
		"long formula":   {"=" + strings.Repeat("x", 999), "'=" + strings.Repeat("x", 995) + "..."},
	} {
		if got := errorCell(c.message); got != c.want {
			t.Errorf("%s: got %q (%d bytes)\nwant %q", name, got, len(got), c.want)
		}
	}
}

func checkErrorCell(t interface{ Fatalf(string, ...any) }, message string) {
	got := errorCell(message)
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
	}
	if len(got) > 1000 || !utf8.ValidString(got) || strings.ContainsFunc(got, bad) || strings.ContainsAny(got[:1], "=+-@") {
		t.Fatalf("%q became %q", message, got)
	}
}

func FuzzErrorCell(f *testing.F) {
	f.Add("Account task not found")
	f.Add("=cmd|' /C calc'!A0\r\n\x00\u202e")
	f.Add(strings.Repeat("\u2028é", 300))
	f.Fuzz(func(t *testing.T, message string) {
		if message != "" {
			checkErrorCell(t, message)
		}
	})
}

// Whatever a record holds, it is read back as one record with the same values,
// by us and by any CSV reader.
func TestRecordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t, rapid.Int64Min(1))
		if r.Error != "" {
			checkErrorCell(t, r.Error)
		}
		raw := string(r.append(nil))
		s := newScanner(iotest.OneByteReader(strings.NewReader(raw + raw)))
		for range 2 {
			rec, err := s.next()
			var old Old
			if err := errors.Join(err, old.parse(rec, 2)); err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			sum, hasSum := old.Sum()
			if old.Row != r.Row || old.Outcome != r.Outcome || hasSum != r.HasSum || r.HasSum && sum != r.Sum ||
				string(old.Tail) != string(r.Tail) || string(old.Raw) != raw {
				t.Fatalf("%q became %+v", raw, old)
			}
			standard := must(csv.NewReader(strings.NewReader(raw)).Read())
			if head := old.Head(); !strings.Contains(raw, "\r") && strings.Join(standard[:record.NumHead], "|") != strings.Join(head[:], "|") {
				t.Fatalf("%q: head %q", raw, head)
			}
		}
		if rest, err := s.next(); len(rest) > 0 || s.off != 2*int64(len(raw)) || s.line != 1+2*int64(strings.Count(raw, "\n")) {
			t.Fatalf("%q: %v, offset %d, line %d", raw, err, s.off, s.line)
		}
	})
}

func TestCarriedRecordsKeepTheirCells(t *testing.T) {
	head := record.Head{"updated", " 12 ", "200", "", "", "16.11.2026", "", "a \"b\",\nc\x00", "1.5E+15"}
	raw := AppendCarried(nil, &head, tail("x"))
	var old Old
	if err := old.parse(raw, 1); err != nil {
		t.Fatal(err)
	}
	head[1], head[7] = "12", "a \"b\",\nc\\x00"
	if _, hasSum := old.Sum(); old.Head() != head || old.Row != 12 || hasSum || string(old.Tail) != ",x" {
		t.Errorf("%+v", old)
	}
}

func TestAppendTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-50_000, 50_000).Draw(t, "zone"))
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "rest")).In(zone)
		if got, want := string(appendTime([]byte("x"), at)), at.UTC().Format("x"+record.TimeLayout); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
