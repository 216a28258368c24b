package csvmap

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/transform"

	"taskbatch/csvmap/words"
)

// charset is a named encoding. Bytes that it does not define are refused, not
// replaced.
type charset struct {
	name  string
	order binary.ByteOrder  // of UTF-16
	other encoding.Encoding // neither UTF-8 nor UTF-16
}

// Byte order marks.
const (
	bomUTF8    = "\xEF\xBB\xBF"
	bomUTF16LE = "\xFF\xFE"
	bomUTF16BE = "\xFE\xFF"
)

func utf8Charset() *charset { return &charset{name: "utf-8"} }

// parseEncoding returns nil for auto.
func parseEncoding(name string) (*charset, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	switch lower {
	case "", "auto":
		return nil, nil
	case "utf-8", "utf8":
		return utf8Charset(), nil
	case "utf-16", "utf16":
		return &charset{name: "utf-16", order: binary.LittleEndian}, nil // unless a byte order mark says otherwise
	case "utf-16le", "utf16le":
		return &charset{name: "utf-16le", order: binary.LittleEndian}, nil
	case "utf-16be", "utf16be":
		return &charset{name: "utf-16be", order: binary.BigEndian}, nil
	}
	enc, err := ianaindex.IANA.Encoding(lower) // first: for HTML, iso-8859-1 is windows-1252
	if err != nil || enc == nil {
		enc, err = htmlindex.Get(lower)
	}
	if err != nil || enc == encoding.Replacement {
		advice := words.DidYouMean(name, []string{"utf-8", "utf-16le", "utf-16be", "windows-1250", "windows-1251", "windows-1252",
			"iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh", "ibm850", "shift_jis", "gbk", "big5", "euc-kr"})
		if advice == "" {
			advice = "; what Windows calls ANSI is windows-1252 in Western Europe and America, windows-1250 in Central Europe, windows-1251 where Cyrillic is written"
		}
		return nil, optionErrorf("encoding", "%s is no known encoding%s", words.Quote(name), advice)
	}
	return &charset{name: lower, other: enc}, nil
}

// bomCharset returns the encoding that a byte order mark announces, and the
// length of the mark.
func bomCharset(head []byte) (*charset, int) {
	switch {
	case bytes.HasPrefix(head, []byte(bomUTF8)):
		return utf8Charset(), len(bomUTF8)
	case bytes.HasPrefix(head, []byte(bomUTF16LE)):
		return &charset{name: "utf-16le", order: binary.LittleEndian}, len(bomUTF16LE)
	case bytes.HasPrefix(head, []byte(bomUTF16BE)):
		return &charset{name: "utf-16be", order: binary.BigEndian}, len(bomUTF16BE)
	}
	return nil, 0
}

// reader returns src as UTF-8. It fails with errBadBytes where src cannot be
// decoded; UTF-8 goes through as it stands.
func (c *charset) reader(src io.Reader) io.Reader {
	switch {
	case c.order != nil:
		return transform.NewReader(src, utf16Decoder{c.order})
	case c.other != nil:
		return transform.NewReader(src, strictDecoder{c.other.NewDecoder()})
	}
	return src
}

// misreadKind is what is odd about a row for which isMisread is true.
const misreadKind = "text that was UTF-8, read as another encoding"

// isMisread tells whether a text looks like UTF-8 that was decoded as
// windows-1252 or ISO 8859-1, such as "Ã¼" for "ü": the letter that a first byte
// became is followed by what the second byte became.
func isMisread(text []byte) bool {
	const lead = 0xC3 // the first byte of both letters, and of the one before a Euro sign
	for {
		i := bytes.IndexByte(text, lead)
		if i < 0 || i+2 >= len(text) {
			return false
		}
		second := text[i+1]
		next, _ := utf8.DecodeRune(text[i+2:])
		switch {
		case second == 0x82 && next >= 0xA0 && next < 0xC0,
			second == 0x83 && (next >= 0x80 && next < 0xC0 || strings.ContainsRune("€‚ƒ„†‡ˆ‰Š‹ŒŽ‘“•˜™š›œžŸ", next)),
			second == 0xA2 && next == '€':
			return true
		}
		text = text[i+2:]
	}
}
