package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// File is what a Writer needs of the file it writes to; *os.File is one.
type File interface {
	Write(p []byte) (int, error) // at the end
	ReadAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Create starts a partial results file (mode 0600) for rows with the given
// columns of their own. Its header is on the disk when Create returns. A file
// that exists already is an error (errors.Is(err, fs.ErrExist)).
func Create(path string, columns []string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create results: %w", err)
	}
	header := Header(columns)
	_, err = f.Write(header)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncFolder(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create results: %w", err), f.Close(), os.Remove(path))
	}
	return NewWriter(f, path, int64(len(header))), nil
}

// Append opens a partial results file, which Repair has seen to, for more
// records of rows with the given columns of their own. Another header is a
// *ForeignError.
func Append(path string, columns []string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("continue results: %w", err)
	}
	header := Header(columns)
	found := make([]byte, len(header))
	n, _ := f.ReadAt(found, 0)
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("continue results: %w", err)
	case !bytes.Equal(found[:n], header):
		err = &ForeignError{path, 1, "its columns are not those of this run"}
	default:
		return NewWriter(f, path, info.Size()), nil
	}
	return nil, errors.Join(err, f.Close())
}

// Replace gives the file from the name to in one step and makes that durable.
func Replace(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(to)
}

// syncFolder makes a new name of the file durable, where the system and the
// file system know how.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(filepath.Dir(path))
	if errors.Is(err, fs.ErrPermission) { // may be written to, not read
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // network and FAT drives
		err = nil
	}
	return errors.Join(err, d.Close())
}
