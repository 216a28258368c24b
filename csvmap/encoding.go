package csvmap

import (
	"bytes"
	"io"
	"strings"

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
	order byteOrder         // of UTF-16
	other encoding.Encoding // neither UTF-8 nor UTF-16
}

type byteOrder uint8

const (
	noOrder byteOrder = iota
	littleEndian
	bigEndian
)

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
		return &charset{name: "utf-16", order: littleEndian}, nil // unless a byte order mark says otherwise
	case "utf-16le", "utf16le":
		return &charset{name: "utf-16le", order: littleEndian}, nil
	case "utf-16be", "utf16be":
		return &charset{name: "utf-16be", order: bigEndian}, nil
	}
	enc, err := ianaindex.IANA.Encoding(lower) // first: for HTML, iso-8859-1 is windows-1252
	if err != nil || enc == nil {
		enc, err = htmlindex.Get(lower)
	}
	if err != nil || enc == encoding.Replacement {
		return nil, optionErrorf("encoding", "%s is no known encoding%s", words.Quote(name), words.DidYouMean(name, []string{
			"utf-8", "utf-16le", "utf-16be", "windows-1250", "windows-1251", "windows-1252",
			"iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh", "ibm850", "shift_jis", "gbk", "big5", "euc-kr"}))
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
		return &charset{name: "utf-16le", order: littleEndian}, len(bomUTF16LE)
	case bytes.HasPrefix(head, []byte(bomUTF16BE)):
		return &charset{name: "utf-16be", order: bigEndian}, len(bomUTF16BE)
	}
	return nil, 0
}

// reader returns src as UTF-8. It fails with errBadBytes where src cannot be
// decoded; UTF-8 goes through as it stands.
func (c *charset) reader(src io.Reader) io.Reader {
	switch {
	case c.order != noOrder:
		return transform.NewReader(src, utf16Decoder{c.order})
	case c.other != nil:
		return transform.NewReader(src, strictDecoder{c.other.NewDecoder()})
	}
	return src
}
