package csvmap

import (
	"bytes"
	"io"
)

const readBuffer = 256 << 10 // bytes read at once

// window is the piece of a text that is in memory. It grows with the longest
// line.
type window struct {
	src  io.Reader
	buf  []byte
	r, w int // what is not used yet: buf[r:w]
	eof  bool
}

// fill reads more text behind buf[:w]; false at the end of the text. It moves
// what is not used yet to the front.
func (w *window) fill() (bool, error) {
	if w.eof {
		return false, nil
	}
	if w.r > 0 {
		w.w = copy(w.buf, w.buf[w.r:w.w])
		w.r = 0
	}
	if len(w.buf)-w.w < readBuffer/4 {
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	for {
		n, err := w.src.Read(w.buf[w.w:])
		w.w += n
		if err == io.EOF {
			w.eof = true
			return n > 0, nil
		}
		if n > 0 || err != nil {
			return n > 0, err
		}
	}
}

// line finds the end of the line that begins at r: its length without the
// newline, -1 if it is longer than limit. io.EOF: there is no line.
func (w *window) line(newline byte, limit int) (int, error) {
	searched := 0
	for {
		text := w.buf[w.r:w.w]
		if i := bytes.IndexByte(text[searched:], newline); i >= 0 {
			return searched + i, nil
		}
		searched = len(text)
		if searched > limit {
			return -1, nil
		}
		more, err := w.fill()
		if err != nil {
			return 0, err
		}
		if !more && searched == 0 {
			return 0, io.EOF
		}
		if !more {
			return searched, nil
		}
	}
}
