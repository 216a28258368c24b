package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"taskbatch/batch"
	"taskbatch/csvmap/words"
)

// console is where a command speaks. On stderr every line for people starts
// with one of a few prefixes; errors from writing there are
// ignored. Those from writing to out are told at the end (see check).
type console struct {
	out      *kept
	err      io.Writer
	quiet    bool // no warnings and notices
	color    bool // paint the prefixes on stderr
	colorOut bool // paint the summary on stdout
}

func newConsole(out, err io.Writer) *console { return &console{out: &kept{w: out}, err: err} }

// kept is a stream that keeps its first error, for the end (see check): those
// who write to it need not care.
type kept struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (k *kept) Write(p []byte) (int, error) {
	if k.err == nil && len(p) > 0 { // nothing to say: nothing is missing
		_, k.err = k.w.Write(p)
	}
	return len(p), nil
}

// failed tells whether something is missing on the stream. That its reader
// went away is no failure.
func (k *kept) failed() bool { return k.err != nil && !errors.Is(k.err, errBrokenPipe) }

// check is the exit code of a command that would end with code, but cannot if
// standard output lacks what it is there to say.
func (c *console) check(code int) int {
	if !c.out.failed() {
		return code
	}
	c.errorf("cannot write to standard output: %s", oneLine(c.out.err.Error()))
	if code == exitOK {
		code = batch.Local.Exit()
	}
	return code
}

// configure applies the flags --quiet and --no-color.
func (c *console) configure(o output) {
	c.quiet = o.quiet
	paints := !o.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	c.color = paints && isTerminal(c.err)
	c.colorOut = paints && isTerminal(c.out.w)
}

// errorf says why a command ends.
func (c *console) errorf(format string, args ...any) {
	c.line(c.err, c.prefix("error:", "31"), fmt.Sprintf(format, args...))
}

// warn is a line about what may not be meant.
func (c *console) warn(text string) {
	if !c.quiet {
		c.line(c.err, c.prefix("warning:", "33"), text)
	}
}

// hint says what to do about an error.
func (c *console) hint(text string) {
	c.line(c.err, c.prefix("hint:", "36"), text)
}

// advise is a hint that goes with no error.
func (c *console) advise(text string) {
	if !c.quiet {
		c.hint(text)
	}
}

// plain is a line without a prefix.
func (c *console) plain(text string) { fmt.Fprintln(c.err, oneLine(text)) }

func (c *console) prefix(word, color string) string {
	return "taskbatch: " + paint(c.color, color, word)
}

// line writes a message; one of several lines keeps them, below its prefix.
func (c *console) line(w io.Writer, prefix, text string) {
	first, more, _ := strings.Cut(strings.TrimSpace(text), "\n")
	fmt.Fprintln(w, prefix, oneLine(first))
	for line := range strings.Lines(more) {
		fmt.Fprintln(w, " ", oneLine(line))
	}
}

// paint colors a text by an SGR code, if colors are on.
func paint(on bool, code, text string) string {
	if !on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// oneLine keeps a message on its line and its control characters off the
// terminal.
func oneLine(text string) string { return words.Visible(strings.TrimSpace(text)) }

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
