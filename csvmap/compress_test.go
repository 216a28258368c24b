package csvmap

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

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
