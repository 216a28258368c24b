package csvmap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compression is how a file is packed, found from its first bytes.
type compression string

const (
	noCompression   compression = ""
	gzipCompression compression = "gzip"
	zstdCompression compression = "zstd"
)

const gzipMagic = "\x1f\x8b" // the first bytes of every member

// foreignFormats are files that people take for an input, by first bytes.
var foreignFormats = []struct{ magic, msg, hint string }{
	{"PK\x03\x04", "this is an Excel workbook or a zip archive", "save the sheet as CSV (UTF-8), or unpack the archive"},
	{"\xD0\xCF\x11\xE0", "this is an old Excel workbook", "save the sheet as CSV (UTF-8)"},
	{"BZh", "this is a bzip2 file", "unpack it first: bunzip2 --stdout FILE | taskbatch update - ..."},
	{"\xFD7zXZ\x00", "this is an xz file", "unpack it first: xz --decompress --stdout FILE | taskbatch update - ..."},
}

func detectCompression(head []byte) (compression, *InputError) {
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		return gzipCompression, nil
	case bytes.HasPrefix(head, []byte("\x28\xB5\x2F\xFD")):
		return zstdCompression, nil
	case len(head) >= 4 && head[0]&0xF0 == 0x50 && string(head[1:4]) == "\x2A\x4D\x18":
		return zstdCompression, nil // a skippable frame, with which pzstd begins
	}
	for _, f := range foreignFormats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return noCompression, &InputError{Msg: f.msg, Hints: []string{f.hint}}
		}
	}
	return noCompression, nil
}

// maxWindow is the most memory that a zstd stream may ask for; zstd itself asks
// for more only if it is told to (--long, --ultra).
const maxWindow = 8 << 20

// unpacker is a reader over the unpacked bytes of src.
type unpacker struct {
	r     io.Reader
	kind  compression
	close func()
}

// unpack looks at the first bytes of src and undoes its compression. All
// passes use one zstd decoder, which has up to 20 MiB.
func (s *source) unpack(src io.Reader) (*unpacker, error) {
	head := bufio.NewReaderSize(src, 64<<10)
	magic, err := head.Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	kind, foreign := detectCompression(magic)
	if foreign != nil {
		return nil, foreign
	}
	u := &unpacker{r: head, kind: kind, close: func() {}}
	switch kind {
	case gzipCompression:
		z, err := gzip.NewReader(head)
		if err != nil {
			return nil, u.explain(err)
		}
		z.Multistream(false)
		u.r = &gzipMembers{head, z}
	case zstdCompression:
		if s.zstd == nil {
			s.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
			if err != nil {
				return nil, err
			}
		}
		if err := s.zstd.Reset(head); err != nil {
			return nil, u.explain(err)
		}
		u.r, u.close = s.zstd, func() { _ = s.zstd.Reset(nil) }
	}
	return u, nil
}

// gzipMembers reads the members of a gzip file one after the other.
type gzipMembers struct {
	src    *bufio.Reader
	member *gzip.Reader
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	n, err := g.member.Read(p)
	if err == io.EOF {
		err = g.next()
	}
	return n, err
}

// next goes on to the next member. io.EOF: there is none.
func (g *gzipMembers) next() error {
	magic, err := g.src.Peek(len(gzipMagic))
	switch {
	case err != nil && err != io.EOF:
		return err
	case len(magic) == 0:
		return io.EOF
	case !strings.HasPrefix(gzipMagic, string(magic)):
		return errJunk
	}
	if err := g.member.Reset(g.src); err != nil {
		return err
	}
	g.member.Multistream(false)
	return nil
}

// errJunk is what follows packed data without being any.
var errJunk = errors.New("other bytes follow its end")

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && err != io.EOF {
		err = u.explain(err)
	}
	return n, err
}

// explain tells damaged data from errors of the file below.
func (u *unpacker) explain(err error) error {
	var file *os.PathError
	if u.kind == noCompression || errors.Is(err, ErrChanged) || errors.As(err, &file) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return &InputError{Msg: fmt.Sprintf("the zstd data needs more than %d MiB of memory to unpack", maxWindow>>20),
			Hints: []string{"pack it without --long and --ultra, or unpack it first: zstd --decompress --long=31 --stdout FILE | taskbatch update - ..."}}
	}
	what := "damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		what = "cut off"
	}
	return &InputError{Msg: fmt.Sprintf("the %s data is %s: %v", u.kind, what, err),
		Hints: []string{"get the file again; nothing of it was used"}}
}
