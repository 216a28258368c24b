package csvmap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
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
	bom   string            // the byte order mark that announces it; may be ""
	order binary.ByteOrder  // of UTF-16
	other encoding.Encoding // neither UTF-8 nor UTF-16
}

// unicodes are the charsets of Unicode, UTF-8 first.
var unicodes = []charset{
	{name: "utf-8", bom: "\xEF\xBB\xBF"},
	{name: "utf-16le", bom: "\xFF\xFE", order: binary.LittleEndian},
	{name: "utf-16be", bom: "\xFE\xFF", order: binary.BigEndian},
	{name: "utf-16", order: binary.LittleEndian}, // unless a byte order mark says otherwise
}

// parseEncoding returns nil for auto.
func parseEncoding(name string) (*charset, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	if lower == "" || lower == "auto" {
		return nil, nil
	}
	for i, u := range unicodes {
		if lower == u.name || lower == strings.Replace(u.name, "-", "", 1) {
			return &unicodes[i], nil
		}
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

// bomCharset returns the charset that a byte order mark announces, nil if there
// is none.
func bomCharset(head []byte) *charset {
	i := slices.IndexFunc(unicodes, func(u charset) bool { return u.bom != "" && bytes.HasPrefix(head, []byte(u.bom)) })
	if i < 0 {
		return nil
	}
	return &unicodes[i]
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

// errBadBytes is where a text cannot be decoded.
var errBadBytes = errors.New("bytes that are not valid in the encoding")

// utf16Decoder decodes UTF-16 and refuses halves of surrogate pairs.
type utf16Decoder struct{ order binary.ByteOrder }

func (utf16Decoder) Reset() {}

func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		size := 2
		if len(rest) < size {
			return nDst, nSrc, short(atEOF)
		}
		r := rune(d.order.Uint16(rest))
		if utf16.IsSurrogate(r) {
			size = 4
			if len(rest) < size {
				return nDst, nSrc, short(atEOF)
			}
			if r = utf16.DecodeRune(r, rune(d.order.Uint16(rest[2:]))); r == utf8.RuneError {
				return nDst, nSrc, errBadBytes
			}
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

func short(atEOF bool) error {
	if atEOF {
		return errBadBytes
	}
	return transform.ErrShortSrc
}

// strictDecoder refuses what its decoder could only replace: U+FFFD, and the
// control characters U+0080 to U+009F, with which some tables fill the places
// of bytes that stand for nothing.
type strictDecoder struct{ transform.Transformer }

func (d strictDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = d.Transformer.Transform(dst, src, atEOF)
	for i := 0; i < nDst; {
		r, size := utf8.DecodeRune(dst[i:nDst])
		if r == utf8.RuneError || r >= 0x80 && r < 0xA0 {
			return i, nSrc, errBadBytes
		}
		i += size
	}
	return nDst, nSrc, err
}

// textReader hands on UTF-8 text and knows where in it an error lies.
type textReader struct {
	src     io.Reader
	charset *charset
	check   bool // the text is not known to be valid UTF-8 yet, and must be
	newline byte

	tail  []byte // start of a character that the last read cut
	lines int64  // line ends so far
	chars int64  // characters since the last one
	err   error  // sticky
}

func (t *textReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n := copy(p, t.tail)
	t.tail = t.tail[:0]
	m, err := t.src.Read(p[n:])
	n += m
	if t.check {
		valid, bad := validPrefix(p[:n], err != nil)
		if bad {
			err = errBadBytes
		}
		t.tail = append(t.tail, p[valid:n]...)
		n = valid
	}
	t.count(p[:n])
	if err == errBadBytes {
		err = t.badBytes()
	}
	t.err = err
	if n > 0 {
		err = nil
	}
	return n, err
}

// validPrefix returns the length of the longest prefix of p that is valid
// UTF-8. bad tells that what follows can never become valid.
func validPrefix(p []byte, atEOF bool) (n int, bad bool) {
	end := len(p)
	for i := end - 1; i >= 0 && i > end-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				end = i
			}
			break
		}
	}
	if utf8.Valid(p[:end]) {
		return end, atEOF && end < len(p)
	}
	for {
		r, size := utf8.DecodeRune(p[n:])
		if r == utf8.RuneError && size <= 1 {
			return n, true
		}
		n += size
	}
}

// count keeps track of the position.
func (t *textReader) count(p []byte) {
	if i := bytes.LastIndexByte(p, t.newline); i >= 0 {
		t.lines += int64(bytes.Count(p, []byte{t.newline}))
		t.chars = 0
		p = p[i+1:]
	}
	t.chars += int64(utf8.RuneCount(p))
}

func (t *textReader) badBytes() error {
	e := &InputError{Line: t.lines + 1, Col: t.chars + 1, Msg: fmt.Sprintf("bytes that are not valid %s", t.charset.name)}
	switch {
	case t.charset.order != nil:
		e.Msg = fmt.Sprintf("half of a character: the text is not valid %s", t.charset.name)
		e.Hints = []string{"write the file again as UTF-8"}
	case t.charset.other != nil:
		e.Hints = []string{fmt.Sprintf("the file has another encoding than %s; try --encoding windows-1252, or write it again as UTF-8", t.charset.name)}
	default:
		e.Hints = []string{"if a spreadsheet on Windows wrote the file: --encoding windows-1252 (on an old Mac: --encoding macintosh)"}
	}
	return e
}
