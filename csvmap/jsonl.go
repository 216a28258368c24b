package csvmap

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// checkJSONLines refuses files that hold JSON, but not a value a line.
func checkJSONLines(text []byte) error {
	body := bytes.TrimLeft(text, " \t\r\n")
	line := int64(1 + bytes.Count(text[:len(text)-len(body)], []byte("\n")))
	if bytes.HasPrefix(body, []byte("[")) {
		return &InputError{Line: line, Msg: "the file is one JSON array; one JSON object per line is needed",
			Hints: []string{"jq -c '.[]' FILE > FILE.jsonl"}}
	}
	first, _, _ := bytes.Cut(body, []byte("\n"))
	if !bytes.HasPrefix(body, []byte("{")) || !errors.Is(firstValue(first), io.ErrUnexpectedEOF) {
		return nil
	}
	if bytes.Equal(bytes.TrimSpace(first), []byte("{")) || firstValue(body) == nil {
		return &InputError{Line: line, Msg: "the JSON is pretty-printed, an object over several lines; one JSON object per line is needed",
			Hints: []string{"jq -c . FILE > FILE.jsonl"}}
	}
	return nil
}

// firstValue returns what is wrong with the first JSON value of text.
func firstValue(text []byte) error {
	_, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue()
	return err
}

// jsonlReader splits text into lines.
type jsonlReader struct {
	window
	newline byte
	entry   entry
}

func newJSONLReader(src io.Reader, newline byte) *jsonlReader {
	return &jsonlReader{window: window{src: src, buf: make([]byte, windowSize)}, newline: newline}
}

// next reads the next line that is not blank. io.EOF: there is none.
func (r *jsonlReader) next() (*entry, error) {
	for number := r.entry.number + 1; ; number++ {
		end, err := r.line(r.newline, inputLimits.row)
		if err != nil {
			return nil, err
		}
		r.entry = entry{number: number, line: number}
		if end < 0 {
			return &r.entry, r.skip()
		}
		r.entry.raw = r.take(min(end+1, len(r.text)))[:end]
		if len(bytes.TrimLeft(r.entry.raw, " \t\r")) > 0 {
			return &r.entry, nil
		}
	}
}

// skip goes over a line that is too large.
func (r *jsonlReader) skip() error {
	r.entry.raw = bytes.Clone(r.text[:maxRaw+1])
	r.entry.err = rowErrorf("row too large", "", "%s", tooLarge("the row", inputLimits.row))
	for {
		if end := bytes.IndexByte(r.text, r.newline); end >= 0 {
			r.take(end + 1)
			return nil
		}
		r.text = nil
		if more, err := r.more(); !more {
			return err
		}
	}
}
