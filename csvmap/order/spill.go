package order

import (
	"bufio"
	"fmt"
	"os"
)

// spill is the temporary file with the runs.
type spill struct {
	dir  string
	f    *os.File
	name string // "" once the file has no name any more
	w    *bufio.Writer
	size int64
	runs []run
	from int64 // start of the run being written
}

// run is an ascending part of the file.
type run struct{ from, to int64 }

func newSpill(dir string, buffer int) (*spill, error) {
	f, err := os.CreateTemp(dir, ".taskbatch-sort-*")
	if err != nil {
		return nil, fmt.Errorf("sort records: %w", err)
	}
	p := &spill{dir: dir, f: f, name: f.Name(), w: bufio.NewWriterSize(f, buffer)}
	if os.Remove(p.name) == nil { // not on Windows: there close removes it
		p.name = ""
	}
	return p, nil
}

func (p *spill) write(b []byte) error {
	n, err := p.w.Write(b)
	p.size += int64(n)
	if err != nil {
		return fmt.Errorf("sort records: write temporary file: %w", err)
	}
	return nil
}

func (p *spill) endRun() {
	if p.size > p.from {
		p.runs = append(p.runs, run{p.from, p.size})
		p.from = p.size
	}
}

func (p *spill) close() error {
	err := p.f.Close()
	if p.name != "" {
		if rerr := os.Remove(p.name); err == nil {
			err = rerr
		}
	}
	return err
}
