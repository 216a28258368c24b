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

// jsonLine is one line of a JSONL file, valid until the next one is read.
type jsonLine struct {
	number   int64
	text     []byte
	tooLarge bool
}

// jsonlReader splits text into lines.
type jsonlReader struct {
	window
	newline byte
	number  int64
}

func newJSONLReader(src io.Reader, newline byte) *jsonlReader {
	return &jsonlReader{window: window{src: src, buf: make([]byte, readBuffer)}, newline: newline}
}

// next reads the next line that is not blank. io.EOF: there is none.
func (r *jsonlReader) next() (jsonLine, error) {
	for {
		r.number++
		end, err := r.window.line(r.newline, maxRow)
		if err != nil {
			return jsonLine{}, err
		}
		if end < 0 {
			return r.skip()
		}
		text := r.buf[r.r : r.r+end]
		r.r = min(r.r+end+1, r.w)
		if len(bytes.TrimLeft(text, " \t\r")) > 0 {
			return jsonLine{number: r.number, text: text, tooLarge: end > maxRow}, nil
		}
	}
}

// skip goes over a line that is too large to keep, and returns its start.
func (r *jsonlReader) skip() (jsonLine, error) {
	line := jsonLine{number: r.number, text: bytes.Clone(r.buf[r.r:][:maxRaw+1]), tooLarge: true}
	for {
		r.r = r.w
		end, err := r.window.line(r.newline, 0)
		if err == io.EOF {
			return line, nil
		}
		if err != nil {
			return line, err
		}
		if end >= 0 {
			r.r = min(r.r+end+1, r.w)
			return line, nil
		}
	}
}
