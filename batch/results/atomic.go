package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// WriteAtomic gives path the content that write writes, and the mode, in one
// step: other processes and a power cut see the old file or the new one. If
// path is a symbolic link, the file it points to is replaced. After an error
// (that of write is returned as it is) the old file is still there.
//
// The temporary file has a fixed name beside path, so that what a killed run
// left is used up by the next one.
func WriteAtomic(path string, mode fs.FileMode, write func(io.Writer) error) error {
	target, err := followLink(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	temp := tempName(target)
	_ = os.Remove(temp)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		if err = fillTemp(f, mode, write); err == nil {
			err = os.Rename(temp, target)
		}
		if err == nil {
			return syncFolder(target)
		}
		_ = f.Close()
		_ = os.Remove(temp)
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	if errors.As(err, &pathErr) && pathErr.Path == temp || errors.As(err, &linkErr) {
		err = &fs.PathError{Op: "write", Path: path, Err: reason(err)}
	}
	return err
}

// tempName is where WriteAtomic makes the new content of a file.
func tempName(target string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".tmp")
}

func fillTemp(f *os.File, mode fs.FileMode, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 64<<10)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_ = f.Chmod(mode) // fails only where modes mean nothing
	if err := f.Sync(); err != nil {
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Lstat(f.Name()); err != nil || !os.SameFile(ours, named) {
		return &fs.PathError{Op: "write", Path: f.Name(), Err: errors.New("another process is writing the same file")}
	}
	return f.Close()
}

// reason leaves out of an error the paths, which the message has already, or
// which nobody knows, because they are temporary.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}

// followLink is where a write to path ends up: path itself if it is no
// symbolic link, also if nothing is there yet.
func followLink(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // not a link, or nothing there: the open tells
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("too many symbolic links")
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
