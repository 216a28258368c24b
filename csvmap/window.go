package csvmap

import (
	"bytes"
	"io"
	"unicode/utf8"
)

const windowSize = 256 << 10 // bytes of text in memory at once

// window is the piece of a text that is in memory. What is cut out of it is
// valid until more of the text is read.
type window struct {
	src   io.Reader
	buf   []byte
	text  []byte // what is not used yet, in buf
	fresh bool   // the text has been read on
	eof   bool
	tap   *recordCopy // gets all that is used, unless it is nil
}

// full is the length from which on nothing is read: a source of text needs room
// for a whole character.
func (w *window) full() int { return len(w.buf) - utf8.UTFMax + 1 }

// more reads on until the window is full; false if nothing follows. A window
// full of text that is not used yet grows.
func (w *window) more() (bool, error) {
	if len(w.text) >= w.full() {
		w.buf = make([]byte, 2*len(w.buf))
	}
	used := copy(w.buf, w.text)
	w.text = w.buf[:used]
	for len(w.text) < w.full() && !w.eof {
		n, err := w.src.Read(w.buf[len(w.text):])
		w.text = w.buf[:len(w.text)+n]
		w.eof = err == io.EOF
		if err != nil && !w.eof {
			return false, err
		}
	}
	w.fresh = true
	return len(w.text) > used, nil
}

// line finds the end of the line that the text begins with, and reads on if
// need be: its length without the newline, or -1 if it is longer than limit.
// io.EOF: there is no line.
func (w *window) line(newline byte, limit int) (int, error) {
	for {
		end := bytes.IndexByte(w.text, newline)
		if end > limit || end < 0 && len(w.text) > limit {
			return -1, nil
		}
		if end >= 0 {
			return end, nil
		}
		more, err := w.more()
		switch {
		case err != nil:
			return 0, err
		case !more && len(w.text) == 0:
			return 0, io.EOF
		case !more:
			return len(w.text), nil
		}
	}
}

// take uses up n bytes of the text.
func (w *window) take(n int) []byte {
	used := w.text[:n]
	w.text = w.text[n:]
	if w.tap != nil {
		w.tap.write(used)
	}
	return used
}
