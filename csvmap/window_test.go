package csvmap

import (
	"io"
	"strings"
	"testing"
)

// A character that lies across the end of the window is read with the next
// one, wherever it begins.
func TestCharacterAcrossTheWindow(t *testing.T) {
	for missing := range 8 {
		text := strings.Repeat("x", windowSize-missing) + strings.Repeat("\U0001F600", 3) + "\n"
		w := window{src: &textReader{src: strings.NewReader(text), check: true}, buf: make([]byte, windowSize)}
		var got strings.Builder
		for {
			n, err := w.line('\n', windowSize)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n < 0 {
				n = len(w.text)
			}
			got.Write(w.take(min(n+1, len(w.text))))
		}
		if got.String() != text {
			t.Errorf("%d bytes before the end: %d bytes read of %d", missing, got.Len(), len(text))
		}
	}
}
