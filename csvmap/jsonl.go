package csvmap

import (
	"bytes"
	"errors"
	"io"
	"slices"

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
	text     []byte // of one that is too large only the start
	tooLarge bool
}

// jsonlReader splits text into lines.
type jsonlReader struct {
	window
	newline byte
	number  int64
	long    []byte // a line that is longer than the window
}

func newJSONLReader(src io.Reader, newline byte) *jsonlReader {
	return &jsonlReader{window: window{src: src, buf: make([]byte, windowSize)}, newline: newline}
}

// next reads the next line that is not blank. io.EOF: there is none.
func (r *jsonlReader) next() (jsonLine, error) {
	for {
		r.number++
		text, err := r.read()
		if err != nil {
			return jsonLine{}, err
		}
		if len(bytes.TrimLeft(text, " \t\r")) > 0 {
			return jsonLine{number: r.number, text: text, tooLarge: len(text) > inputLimits.row}, nil
		}
	}
}

// read reads a line; of one that is too large one byte more than the limit.
func (r *jsonlReader) read() ([]byte, error) {
	end, err := r.line(r.newline)
	if err != nil {
		return nil, err
	}
	if end >= 0 {
		return r.take(min(end+1, len(r.text)))[:end], nil
	}
	line := slices.Grow(r.long[:0], inputLimits.row+1) // once for all long lines
	for more := true; more && end < 0; {
		end = bytes.IndexByte(r.text, r.newline)
		n := end
		if end < 0 {
			n = len(r.text)
		}
		line = append(line, r.text[:min(n, inputLimits.row+1-len(line))]...)
		r.text = r.text[min(n+1, len(r.text)):]
		if end < 0 {
			more, err = r.more()
		}
	}
	r.long = line
	return line, err
}
