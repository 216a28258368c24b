package csvmap

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

func utf16Text(text string, big, bom bool) string {
	var b bytes.Buffer
	if bom {
		text = "\uFEFF" + text
	}
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	const csv = "taskId,title\nT-1,Grüße €\n"
	const want = `{"title":"Grüße €"}`
	win, err := charmap.Windows1252.NewEncoder().String(csv)
	if err != nil {
		t.Fatal(err)
	}
	latin9, err := charmap.ISO8859_15.NewEncoder().String(csv)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := charmap.Macintosh.NewEncoder().String(csv)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text, flag, want, encoding string }{
		{"UTF-8", csv, "", want, "utf-8"},
		{"UTF-8 BOM", "\uFEFF" + csv, "auto", want, "utf-8"},
		{"UTF-8 BOM and flag", "\uFEFF" + csv, "utf-8", want, "utf-8"},
		{"UTF-16LE BOM", utf16Text(csv, false, true), "", want, "utf-16le"},
		{"UTF-16BE BOM", utf16Text(csv, true, true), "", want, "utf-16be"},
		{"UTF-16LE flag", utf16Text(csv, false, false), "utf-16le", want, "utf-16le"},
		{"UTF-16BE flag", utf16Text(csv, true, false), "UTF-16BE", want, "utf-16be"},
		{"UTF-16 flag and BOM", utf16Text(csv, true, true), "utf-16", want, "utf-16be"},
		{"UTF-16 flag", utf16Text(csv, false, false), "utf-16", want, "utf-16"},
		{"UTF-16LE flag and BOM", utf16Text(csv, false, true), "utf-16le", want, "utf-16le"},
		{"windows-1252", win, "windows-1252", want, "windows-1252"},
		{"windows-1252 alias", win, "cp1252", want, "cp1252"},
		{"iso-8859-15", latin9, "ISO-8859-15", want, "iso-8859-15"},
		{"macintosh", mac, "macintosh", want, "macintosh"},
		{"emoji in UTF-16", utf16Text("taskId,title\nT-1,🎉\n", false, true), "", `{"title":"🎉"}`, "utf-16le"},
		{"U+FFFD is a character", "taskId,title\nT-1,\uFFFD\n", "", "{\"title\":\"\uFFFD\"}", "utf-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, "a.csv", test.text, Options{Encoding: test.flag})
			if got := l.one(t); got != test.want {
				t.Errorf("got %s", got)
			}
			if got := l.in.Facts().Encoding; got != test.encoding {
				t.Errorf("got %s", got)
			}
		})
	}
	l := must(t, "a.jsonl", utf16Text(`{"taskId":"T-1","title":"ü"}`+"\r\n", false, true), Options{})
	if got := l.one(t); got != `{"title":"ü"}` {
		t.Error(got)
	}
}

func TestBadBytes(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().String("taskId,title\nT-1,日本\n")
	if err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat("T-0,Grüße\n", 60_000)
	tests := []struct {
		name, file, text, flag string
		line, col              int64
		hint                   string
	}{
		{"UTF-8", "a.csv", "taskId,title\nT-1,ä\xe4\n", "", 2, 6, "--encoding windows-1252"},
		{"UTF-8 cut at the end", "a.csv", "taskId,title\nT-1,\xe2\x82", "", 2, 5, "--encoding windows-1252"},
		{"UTF-8 far behind", "a.csv", "taskId,title\n" + filler + "T-1,\xff\n", "", 60_002, 5, "--encoding windows-1252"},
		{"in the header", "a.csv", "taskId,Priorit\xe4t\n", "", 1, 15, "--encoding windows-1252"},
		{"CRLF", "a.csv", "taskId,title\r\nT-1,\xff\r\n", "", 2, 5, ""},
		{"CR", "a.csv", "taskId,title\rT-1,x\rT-2,\xff\r", "", 3, 5, ""},
		{"surrogate in UTF-8", "a.csv", "taskId,title\nT-1,\xed\xa0\x80\n", "", 2, 5, ""},
		{"windows-1252", "a.csv", "taskId,title\nT-1,a\x81\n", "windows-1252", 2, 6, "another encoding"},
		{"iso-8859-1", "a.csv", "taskId,title\nT-1,a\x80\n", "iso-8859-1", 2, 6, "windows-1252"},
		{"shift_jis", "a.csv", sjis[:len(sjis)-3] + "\xff\n", "shift_jis", 2, 6, "another encoding"},
		{"UTF-16 half", "a.csv", utf16Text("taskId,title\nT-1,x", false, true) + "\x00\xd8" + utf16Text("y\n", false, false), "", 2, 6, "UTF-8"},
		{"UTF-16 odd", "a.csv", utf16Text("taskId,title\nT-1,x", false, true) + "\x00", "", 2, 6, "UTF-8"},
		{"UTF-16 in JSONL", "a.jsonl", utf16Text("{\"taskId\":\"T-1\"}\n", false, true) + "\x00\xdc\x00\x00", "", 2, 1, "UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.file, test.text, Options{Encoding: test.flag})
			e := refused(t, err, test.hint, "line ", "column ")
			if e.Line != test.line || e.Col != test.col {
				t.Errorf("line %d, column %d", e.Line, e.Col)
			}
		})
	}
	_, err = load(t, "a.csv", utf16Text("taskId,title\nT-1,x\n", false, false), Options{})
	refused(t, err, "UTF-16", "--encoding utf-16le")
	_, err = load(t, "a.csv", "\uFEFFtaskId,title\nT-1,x\n", Options{Encoding: "windows-1252"})
	refused(t, err, "byte order mark", "leave --encoding away")
}
