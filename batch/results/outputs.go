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

// Files are the files around a run.
type Files struct {
	Reserved []Reserved // what the run reads, and other files it must leave alone
	Results  string     // "" = none
	Lock     string     // "" = none
	Others   []string   // the failures file and the like; "" counts as none
}

// Reserved is a file that no output may be.
type Reserved struct {
	What string      // as messages name it: "the input"
	File fs.FileInfo // nil: there is none
}

// Check refuses output files that must not be written: a reserved file,
// another output or a file that the run makes beside one, what is or would be
// taken for another results file of the batch, a folder, a device, a file in a
// folder that is missing or cannot be written to; each also behind symbolic
// and hard links. Nothing is opened or changed. The errors are for people and
// name the file (exit 2).
func (f Files) Check() error {
	c := collisions{reserved: f.Reserved}
	for _, output := range append([]string{f.Results}, f.Others...) {
		if output == "" {
			continue
		}
		if err := c.addOutput(output); err != nil {
			return err
		}
	}
	if f.Results == "" {
		return nil
	}
	for _, output := range c.places[1:] {
		if output.followsAs(f.Results) {
			return fmt.Errorf("cannot write to %s: it would be taken for a rerun of %s; choose another name", output.name, f.Results)
		}
	}
	beside := []string{PartialName(f.Results)}
	if f.Lock != "" {
		beside = append(beside, f.Lock)
	}
	for _, output := range append(c.places, place{path: PartialName(f.Results)}) {
		beside = append(beside, tempName(output.path))
	}
	for _, name := range beside {
		if err := c.add(name, "the file "+name+" of the run itself"); err != nil {
			return err
		}
	}
	return nil
}

// collisions finds files that are the same.
type collisions struct {
	reserved []Reserved
	places   []place
}

// addOutput adds a file that the user has named.
func (c *collisions) addOutput(name string) error {
	if err := c.add(name, "the output "+name); err != nil {
		return err
	}
	for _, path := range []string{name, c.places[len(c.places)-1].path} {
		if end := filepath.Ext(path); end == partialSuffix || end == lockSuffix {
			return fmt.Errorf("cannot write to %s: names that end in %s are kept for unfinished and running batches; choose another name", name, end)
		}
	}
	return nil
}

// add adds a file that is none of those added before.
func (c *collisions) add(name, what string) error {
	p, err := locate(name, what)
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", name, err)
	}
	for _, r := range c.reserved {
		if r.File != nil && p.file != nil && os.SameFile(p.file, r.File) {
			return fmt.Errorf("cannot write to %s: it is %s; choose another name", name, r.What)
		}
	}
	for _, other := range c.places {
		if p.same(other) {
			return fmt.Errorf("cannot write to %s: it is also %s; choose another name", name, other.what)
		}
	}
	c.places = append(c.places, p)
	return nil
}

// place is where a file is, or would be created.
type place struct {
	name   string      // as it was given
	what   string      // as messages about other files name it
	path   string      // without a symbolic link at its end
	file   fs.FileInfo // nil: there is none
	folder fs.FileInfo // nil: there is none
}

// locate asks the system what a name is before it reads links itself, for
// those of /dev/stdout and the like lead to no name.
func locate(name, what string) (place, error) {
	p := place{name: name, what: what}
	var err error
	if p.file, err = os.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return place{}, reason(err)
	}
	if p.path, err = followLink(name); err != nil {
		return place{}, err
	}
	if p.folder, err = os.Stat(filepath.Dir(p.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
	return foldName(filepath.Base(p.path)) == foldName(filepath.Base(q.path)) && os.SameFile(p.folder, q.folder)
}

// followsAs tells whether the name is that of another results file of the
// batch that has this one: what NewestRerun would find, or an earlier one.
func (p place) followsAs(results string) bool {
	home, err := os.Stat(filepath.Dir(results))
	if err != nil {
		return false
	}
	stem, _ := splitRerun(foldName(filepath.Base(results)))
	for _, path := range []string{p.name, p.path} {
		base := foldName(filepath.Base(path))
		other, _ := splitRerun(base)
		folder, err := os.Stat(filepath.Dir(path))
		if err == nil && other == stem && filepath.Ext(base) == ".csv" && os.SameFile(folder, home) {
			return true
		}
	}
	return false
}

// foldName makes names of one file equal where most file systems ignore case.
func foldName(name string) string {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return strings.ToLower(name)
	}
	return name
}
