package results

// Unrecorded calls fn for every appended record that the file may lack, as
// CSV with its line feed: after a failed write those that are not in the file,
// after a failed sync also those written since the last one that succeeded,
// because nobody can know whether the disk has them. It is called after Close.
func (w *Writer) Unrecorded(fn func(rec []byte)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	eachRecord(w.doubtful, fn)
	eachRecord(w.taken, fn)
	eachRecord(w.buf, fn)
}

// readBack fetches what a failed sync leaves in doubt.
func (w *Writer) readBack() []byte {
	b := make([]byte, w.size-w.synced)
	n, _ := w.file.ReadAt(b, w.synced)
	return b[:n]
}

func eachRecord(b []byte, fn func(rec []byte)) {
	start, odd := 0, false
	for i, c := range b {
		if c == '"' {
			odd = !odd
		} else if c == '\n' && !odd {
			fn(b[start : i+1])
			start = i + 1
		}
	}
}
