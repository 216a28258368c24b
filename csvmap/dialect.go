package csvmap

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const (
	formatCSV   = "csv"
	formatJSONL = "jsonl"
	sniffSize   = 64 << 10 // bytes at the start of a file that decide how it is read
)

// dialect is how an input is written down.
type dialect struct {
	format      string
	compression compression
	charset     *charset
	bom         int // length of the byte order mark
	delimiter   byte
	sepLine     bool // the first line is Excel's sep=X, which it does not show
	newline     byte // '\n' (also for CRLF) or '\r'
	newlineName string
}

// sniff finds the dialect from a file's name and first bytes.
func sniff(path string, u *unpacker, r *rules) (*dialect, error) {
	head := make([]byte, sniffSize)
	n, err := io.ReadFull(u, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	d := &dialect{compression: u.kind}
	if _, foreign := detectCompression(head); foreign != nil {
		return nil, foreign
	}
	if err := d.findCharset(head, r); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(d.charset.reader(bytes.NewReader(head[d.bom:])))
	if err != nil && err != errBadBytes { // bad bytes are found, with their place, when the file is read
		return nil, err
	}
	if bytes.Count(text[:min(len(text), 64)], []byte{0}) > 8 {
		return nil, &InputError{Msg: "the text is full of NUL characters, as UTF-16 without a byte order mark has them",
			Hints: []string{"--encoding utf-16le (or utf-16be)"}}
	}
	d.findFormat(path, text, r)
	var counts [256]int
	d.newline, d.newlineName, counts = scanHeader(text, d.format == formatCSV)
	if d.format == formatJSONL {
		return d, checkJSONLines(text)
	}
	d.findSepLine(text)
	return d, d.findDelimiter(path, counts, r)
}

// findSepLine looks for Excel's own way to announce the delimiter: a first
// line that is exactly sep=X.
func (d *dialect) findSepLine(text []byte) {
	line, _, _ := bytes.Cut(text, []byte{d.newline})
	line = bytes.TrimSuffix(line, []byte("\r"))
	sep, found := bytes.CutPrefix(line, []byte("sep="))
	if found && len(sep) == 1 && delimiterName(sep[0]) != "" {
		d.sepLine, d.delimiter = true, sep[0]
	}
}

func (d *dialect) findCharset(head []byte, r *rules) error {
	marked := bomCharset(head)
	switch {
	case r.encoding == nil && marked == nil:
		d.charset = &unicodes[0]
	case marked == nil:
		d.charset = r.encoding
	case r.encoding != nil && marked.name != r.encoding.name && !(r.encoding.name == "utf-16" && marked.order != nil):
		return &InputError{Msg: fmt.Sprintf("the file begins with the byte order mark of %s, but --encoding says %s", marked.name, r.encoding.name),
			Hints: []string{"leave --encoding away"}}
	default:
		d.charset, d.bom = marked, len(marked.bom)
	}
	return nil
}

// findFormat goes by the flag, else by the name, else by the first character.
func (d *dialect) findFormat(path string, text []byte, r *rules) {
	if r.format != "auto" {
		d.format = r.format
		return
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	begun := len(text) > 0 && (text[0] == '{' || text[0] == '[')
	switch ext := extension(path); {
	case ext == ".jsonl", ext == ".ndjson", begun && ext != ".csv" && ext != ".tsv":
		d.format = formatJSONL
	default:
		d.format = formatCSV
	}
}

// extension is the file name's last one in lower case, that of a compression
// left out.
func extension(path string) string {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return filepath.Ext(name)
}

// delimiters are the ones that are looked for, with the names of the flag.
var delimiters = []struct {
	char byte
	name string
}{{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "pipe"}}

func delimiterName(char byte) string {
	for _, d := range delimiters {
		if d.char == char {
			return d.name
		}
	}
	return ""
}

// findDelimiter takes the delimiter of the flag, else of the sep= line, else
// the one that the header has most of, outside quotes.
func (d *dialect) findDelimiter(path string, counts [256]int, r *rules) error {
	if d.delimiter = cmp.Or(r.delimiter, d.delimiter); d.delimiter != 0 {
		return nil
	}
	if extension(path) == ".tsv" && counts['\t'] > 0 {
		d.delimiter = '\t'
		return nil
	}
	best, tie := byte(','), byte(0)
	for _, candidate := range delimiters {
		switch n := counts[candidate.char]; {
		case n > counts[best]:
			best, tie = candidate.char, 0
		case n == counts[best] && n > 0 && candidate.char != best:
			tie = candidate.char
		}
	}
	if tie != 0 {
		return &InputError{Line: 1, Msg: fmt.Sprintf("the header has as many of %s as of %s; it is not clear which one is the delimiter", delimiterName(best), delimiterName(tie)),
			Hints: []string{fmt.Sprintf("--delimiter %s (or %s)", delimiterName(best), delimiterName(tie))}}
	}
	d.delimiter = best
	return nil
}

// scanHeader finds how the first line ends, and counts the candidates for the
// delimiter in the first line that is not blank. What stands in quotes does
// not count; a quote opens only at the start of a cell.
func scanHeader(text []byte, quotes bool) (newline byte, name string, counts [256]int) {
	newline, name = '\n', "LF"
	found, begun, inQuotes, start := false, false, false, true
	for i, b := range text {
		if b == '"' && quotes && (start || inQuotes) {
			inQuotes, start, begun = !inQuotes, false, true
			continue
		}
		if inQuotes {
			continue
		}
		if b != '\n' && b != '\r' {
			begun = true
			start = delimiterName(b) != ""
			if start {
				counts[b]++
			}
			continue
		}
		start = true
		if !found {
			found = true
			if b == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				name = "CRLF"
			} else if b == '\r' {
				newline, name = '\r', "CR"
			}
		}
		if begun && b == newline {
			break
		}
	}
	return newline, name, counts
}
