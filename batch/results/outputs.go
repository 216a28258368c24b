package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// CheckOutputs refuses output files that must not be written: the input, a
// file that is another output too, a folder, a device, a file in a folder that
// is missing or cannot be written to; each also behind symbolic and hard links.
// Empty names and the input "-" count as none. Nothing is changed on the disk.
// The errors are for people and name the file (exit 2).
func CheckOutputs(input string, outputs ...string) error {
	var seen []place
	if input != "" && input != "-" {
		in, err := locate(input)
		if err != nil {
			return fmt.Errorf("input %s: %w", input, err)
		}
		seen = append(seen, in)
	}
	inputs := len(seen)
	for _, output := range outputs {
		if output == "" {
			continue
		}
		out, err := locate(output)
		if err == nil {
			err = out.check()
		}
		if err != nil {
			return fmt.Errorf("cannot write to %s: %w", output, err)
		}
		for i, other := range seen {
			if !out.same(other) {
				continue
			}
			if i < inputs {
				return fmt.Errorf("cannot write to %s: it is the input; choose another name", output)
			}
			return fmt.Errorf("cannot write to %s: it is also the output %s; choose another name", output, other.name)
		}
		seen = append(seen, out)
	}
	return nil
}

// place is where a file is, or would be created.
type place struct {
	name   string      // as it was given
	path   string      // without a symbolic link at its end
	file   fs.FileInfo // nil: there is none
	folder fs.FileInfo // nil: there is none
}

func locate(name string) (place, error) {
	path, err := followLink(name)
	if err != nil {
		return place{}, err
	}
	p := place{name: name, path: path}
	if p.file, err = os.Stat(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return place{}, reason(err)
	}
	if p.folder, err = os.Stat(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return place{}, reason(err)
	}
	return p, nil
}

func (p place) check() error {
	dir := filepath.Dir(p.path)
	switch {
	case p.file != nil && p.file.IsDir():
		return errors.New("it is a folder; give the name of a file in it")
	case p.file != nil && !p.file.Mode().IsRegular():
		return errors.New("it is a device, a pipe or a socket; give the name of an ordinary file")
	case p.file == nil && os.IsPathSeparator(p.name[len(p.name)-1]):
		return errors.New("it names a folder; give the name of a file in it")
	case p.folder == nil:
		return fmt.Errorf("there is no folder %s; create it first", dir)
	case !p.folder.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	}
	if err := writable(dir); err != nil {
		return fmt.Errorf("the folder %s cannot be written to (%w); choose another one", dir, err)
	}
	return nil
}

// same tells whether both are one file, or would be.
func (p place) same(q place) bool {
	if p.file != nil && q.file != nil {
		return os.SameFile(p.file, q.file)
	}
	if (p.file == nil) != (q.file == nil) || p.folder == nil || q.folder == nil {
		return false
	}
	a, b := filepath.Base(p.path), filepath.Base(q.path)
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" { // most file systems there ignore case
		a, b = strings.ToLower(a), strings.ToLower(b)
	}
	return a == b && os.SameFile(p.folder, q.folder)
}
