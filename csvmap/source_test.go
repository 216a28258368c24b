package csvmap

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func none(*Row) error { return nil }

// gzipped packs each part as a member of its own.
func gzipped(t testing.TB, parts ...string) string {
	var b bytes.Buffer
	for _, part := range parts {
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func zstandard(t testing.TB, text string) string {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

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

func TestCompression(t *testing.T) {
	const csv = "taskId,title\nT-1,x\nT-2,y\n"
	const want = "2@2 T-1 {\"title\":\"x\"}\n3@3 T-2 {\"title\":\"y\"}\n"
	tests := []struct{ name, file, text, kind string }{
		{"gzip", "a.csv.gz", gzipped(t, csv), "gzip"},
		{"gzip members", "a.csv.gz", gzipped(t, csv[:17], "", csv[17:]), "gzip"},
		{"gzip by content", "a.csv", gzipped(t, csv), "gzip"},
		{"gzip without a name", "a", gzipped(t, csv), "gzip"},
		{"zstd", "a.csv.zst", zstandard(t, csv), "zstd"},
		{"zstd frames", "a.csv.zst", zstandard(t, csv[:17]) + zstandard(t, csv[17:]), "zstd"},
		{"skippable frame first, as of pzstd", "a.csv.zst", "\x50\x2A\x4D\x18\x04\x00\x00\x00abcd" + zstandard(t, csv), "zstd"},
		{"zstd by content", "a.gz", zstandard(t, csv), "zstd"},
		{"plain in spite of its name", "a.csv.gz", csv, ""},
		{"tsv", "a.tsv.gz", gzipped(t, strings.ReplaceAll(csv, ",", "\t")), "gzip"},
		{"UTF-16", "a.csv.gz", gzipped(t, utf16Text(csv, false, true)), "gzip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := must(t, test.file, test.text, Options{})
			if got := l.summary(); got != want {
				t.Errorf("got\n%s", got)
			}
			if f := l.in.Facts(); f.Compression != test.kind || f.Format != "csv" {
				t.Errorf("got %s %s", f.Compression, f.Format)
			}
		})
	}
	l := must(t, "a.jsonl.gz", gzipped(t, `{"taskId":"T-1"}`), Options{})
	if f := l.in.Facts(); f.Format != "jsonl" {
		t.Error(f.Format)
	}
}

func TestDamagedCompression(t *testing.T) {
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for i := range 50_000 {
		fmt.Fprintf(&b, "T-%d,%x\n", i, i*i*7919)
	}
	for name, packed := range map[string]string{"a.csv.gz": gzipped(t, b.String()), "a.csv.zst": zstandard(t, b.String())} {
		_, err := load(t, name, packed[:len(packed)*3/4], Options{})
		refused(t, err, "cut off")
		_, err = load(t, name, packed[:len(packed)-2], Options{})
		refused(t, err, "data is")
		flipped := []byte(packed)
		flipped[len(packed)/2] ^= 0x55
		_, err = load(t, name, string(flipped), Options{})
		refused(t, err, "data is", "get the file again")
		_, err = load(t, name, packed+"garbage", Options{})
		refused(t, err, "data is damaged")
	}
	packed := gzipped(t, "taskId,title\nT-1,x\n")
	for name, want := range map[string]string{
		"x": "damaged: other bytes follow its end", packed + "x": "damaged: other bytes follow its end", "\x00\x00": "damaged: other bytes follow its end", "\x1f": "cut off", packed[:8]: "cut off", "\x1f\x8b" + strings.Repeat("x", 20): "damaged",
	} {
		_, err := load(t, "a.csv.gz", packed+name, Options{})
		refused(t, err, "the gzip data is "+want)
	}
	var long bytes.Buffer
	w, err := zstd.NewWriter(&long, zstd.WithWindowSize(2*maxWindow))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "taskId,title\n"+strings.Repeat("T-1,x\n", maxWindow/2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = load(t, "a.csv.zst", long.String(), Options{})
	refused(t, err, "needs more than 8 MiB of memory to unpack", "--long")
	for name, text := range map[string]string{"a.xlsx": "PK\x03\x04....", "a.csv": "\xD0\xCF\x11\xE0....", "a.csv.bz2": "BZh9....", "b.csv": gzipped(t, "PK\x03\x04....")} {
		_, err := load(t, name, text, Options{})
		refused(t, err, "this is a")
	}
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

// TestSpool: stdin is spooled privately and is gone when it is closed.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	in, err := Open("-", strings.NewReader("taskId\nT-1\n"), Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("the temporary file %s still has its name", names[0].Name())
	}
	rows := 0
	count := func(*Row) error { rows++; return nil }
	if err := errors.Join(visit(in.Check(t.Context()), count), visit(in.Each(t.Context()), count), visit(in.Each(t.Context()), count), in.Close()); err != nil {
		t.Fatal(err)
	}
	if rows != 3 || in.Facts().Path != "stdin" {
		t.Errorf("%d rows of %s", rows, in.Facts().Path)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Error("the temporary file stays")
	}
	in, err = Open("-", strings.NewReader(gzipped(t, `{"taskId":"T-1"}`)), Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if f := in.Facts(); f.Format != "jsonl" || f.Compression != "gzip" {
		t.Errorf("%+v", f)
	}
}

func TestSpoolFails(t *testing.T) {
	_, err := Open("-", strings.NewReader(""), Options{TempDir: filepath.Join(t.TempDir(), "none")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open("-", nil, Options{}); err == nil {
		t.Error("there is no stdin")
	}
	broken := errors.New("broken pipe")
	if _, err := Open("-", failing{broken}, Options{TempDir: t.TempDir()}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.csv"), nil, Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "open ") {
		t.Error(err)
	}
	if _, err := Open(dir, nil, Options{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	_, err := Open(filepath.Join(dir, "a.results.csv.partial"), nil, Options{})
	if e := refused(t, err, "not finished"); !e.Usage {
		t.Error("it is a mistake of usage")
	}
}

// TestChanged: a file that is written to between the passes is noticed before
// a row of what has changed is handed on.
func TestChanged(t *testing.T) {
	var b strings.Builder
	b.WriteString("taskId,title\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "TASK-%06d,%06d\n", i, i)
	}
	text := b.String()
	change := func(at int, with string) string { return text[:at] + with + text[at+len(with):] }
	packed := gzipped(t, text)
	last := len(text) / blockSize * blockSize
	tests := []struct {
		name, file, before, after string
		rows                      int // at most
	}{
		{"first block", "a.csv", text, change(100, "X"), 0},
		{"second block", "a.csv", text, change(blockSize+100, "X"), blockSize / 19},
		{"last block", "a.csv", text, change(last+100, "X"), last / 19},
		{"same length", "a.csv", text, change(13, "TASK-000001"), 0},
		{"appended", "a.csv", text, text + "T-1,x\n", last / 19},
		{"appended to a whole block", "a.csv", text[:blockSize], text, blockSize / 19},
		{"cut", "a.csv", text, text[:blockSize], blockSize / 19},
		{"emptied", "a.csv", text, "", 0},
		{"results out of order", "a.csv", "_outcome,_row,taskId\nfailed,3,T-1\nfailed,2,T-2\n", "_outcome,_row,taskId\nfailed,3,T-1\nfailed,2,T-3\n", 0},
		{"gzip", "a.csv.gz", packed, gzipped(t, change(100, "X")), 0},
		{"gzip trailer", "a.csv.gz", packed, packed + gzipped(t, ""), len(text)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, test.file, test.before)
			in, err := Open(path, nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if err := visit(in.Check(t.Context()), none); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.after), 0o600); err != nil {
				t.Fatal(err)
			}
			rows := 0
			err = visit(in.Each(t.Context()), func(row *Row) error { rows++; return nil })
			if !errors.Is(err, ErrChanged) || rows > test.rows {
				t.Errorf("got %v after %d rows, at most %d may be seen", err, rows, test.rows)
			}
			if err := os.WriteFile(path, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := visit(in.Each(t.Context()), none); err != nil {
				t.Errorf("the same bytes again: %v", err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := visit(in.Each(t.Context()), none); !errors.Is(err, ErrChanged) {
				t.Errorf("removed: %v", err)
			}
		})
	}
}

func TestPassesStop(t *testing.T) {
	for _, file := range []string{"a.csv", "a.jsonl"} {
		text := "taskId\nT-1\nT-2\n"
		if file == "a.jsonl" {
			text = "{\"taskId\":\"T-1\"}\n{\"taskId\":\"T-2\"}\n"
		}
		in, err := Open(write(t, file, text), nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if err := visit(in.Each(t.Context()), none); err == nil {
			t.Error("Each before Check")
		}
		stop := errors.New("stop")
		rows := 0
		if err := visit(in.Check(t.Context()), func(*Row) error { rows++; return stop }); err != stop || rows != 1 {
			t.Errorf("got %v after %d rows", err, rows)
		}
		if err := visit(in.Each(t.Context()), none); err == nil || in.SHA256() != "" {
			t.Error("Each after half a Check")
		}
		if err := visit(in.Check(t.Context()), none); err != nil || len(in.SHA256()) != 64 {
			t.Error(err, in.SHA256())
		}
		if err := visit(in.Each(t.Context()), func(*Row) error { return stop }); err != stop {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := visit(in.Each(ctx), none); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := visit(in.Check(ctx), none); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestSHA256IsOfTheFile(t *testing.T) {
	packed := gzipped(t, "taskId\nT-1\n")
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(packed)))
	if got := must(t, "a.csv.gz", packed, Options{}).in.SHA256(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
