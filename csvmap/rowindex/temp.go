package rowindex

import (
	"errors"
	"fmt"
	"os"
)

// Temp is a temporary file, readable by the user only, that is gone once it is
// closed, or its process has ended.
type Temp struct {
	*os.File
	left bool // the file still has its name
}

// ErrTemp is in the errors of temporary files, as when a disk is full.
var ErrTemp = errors.New("temporary file")

// TempFile makes a temporary file in dir.
func TempFile(dir string) (*Temp, error) {
	f, err := os.CreateTemp(dir, ".taskbatch-*")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemp, err)
	}
	return &Temp{f, os.Remove(f.Name()) != nil}, nil // Windows removes no open file
}

// Close closes and removes the file.
func (t *Temp) Close() error {
	err := t.File.Close()
	if t.left {
		if rerr := os.Remove(t.Name()); err == nil {
			err = rerr
		}
	}
	return err
}
