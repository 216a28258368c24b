package csvmap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/maphash"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"taskbatch/csvmap/rowindex"
)

const blockSize = 256 << 10 // bytes of the file under one digest

// source is the file behind an input. It is read several times; the first time
// leaves a digest of every block, by which later ones know that it has not
// changed.
type source struct {
	path string
	file *rowindex.Temp // of a spooled input; nil: the file is opened by its path for every pass

	size int64        // bytes of the file when it was opened
	read atomic.Int64 // bytes of it that the present pass has read

	zstd *zstd.Decoder // nil until it is needed

	seed   maphash.Seed
	blocks []uint64 // digest of each block; 8 bytes for 256 KiB
	sum    string   // SHA-256 in hex, "" before the first pass is through

	unnamed bool // nobody asks for the SHA-256: it is left out
}

// openSource opens a file, or spools stdin and what cannot be read twice.
func openSource(path string, stdin io.Reader, tempDir string) (*source, error) {
	s := &source{path: path, seed: maphash.MakeSeed()}
	if path == "-" {
		s.path = "stdin"
		if stdin == nil {
			return nil, fmt.Errorf("open stdin: %w", os.ErrInvalid)
		}
		return s, s.spoolFrom(stdin, tempDir)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return s, s.spoolFrom(f, tempDir)
	}
	s.size = info.Size()
	return s, nil
}

// Reading is how many bytes of the file the present pass has read, and how many
// there are. It may be called from any goroutine.
func (in *Input) Reading() (read, size int64) { return in.source.read.Load(), in.source.size }

// spoolFrom copies r to a private temporary file.
func (s *source) spoolFrom(r io.Reader, dir string) (err error) {
	if s.file, err = rowindex.TempFile(dir); err == nil {
		s.size, err = io.Copy(s.file, r)
	}
	if err != nil {
		_ = s.close() // the first error is the one to tell
		return fmt.Errorf("spool %s: %w", s.path, err)
	}
	return nil
}

func (s *source) close() (err error) {
	if s.zstd != nil {
		s.zstd.Close()
	}
	if s.file != nil {
		err = s.file.Close()
		s.file = nil
	}
	return err
}

// peek calls fn with the start of the file, unpacked, without digests.
func (s *source) peek(fn func(*unpacker) error) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	u, err := s.unpack(r)
	if err != nil {
		return err
	}
	defer u.close()
	return fn(u)
}

// pass returns a reader over the whole file: of the first pass if none is
// through yet, else one that fails with ErrChanged before it hands on a byte
// of a block that differs.
func (s *source) pass(ctx context.Context) (*blockReader, error) {
	src, err := s.open()
	if err != nil && s.sum != "" {
		err = fmt.Errorf("%w: %v", ErrChanged, err)
	}
	if err != nil {
		return nil, err
	}
	s.read.Store(0)
	b := &blockReader{ctx: ctx, src: src, source: s, buf: make([]byte, blockSize), first: s.sum == ""}
	if b.first {
		s.blocks = s.blocks[:0]
		if !s.unnamed {
			b.sha = sha256.New()
		}
	}
	return b, nil
}

func (s *source) open() (io.ReadCloser, error) {
	if s.file != nil {
		return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
	}
	return os.Open(s.path)
}

// blockReader reads a file in blocks and makes or compares their digests.
type blockReader struct {
	ctx    context.Context
	src    io.ReadCloser
	source *source
	first  bool
	sha    hash.Hash // nil: nobody asks for the SHA-256

	buf  []byte
	rest []byte // of the block, not handed on yet
	n    int    // blocks so far
	err  error  // sticky
}

func (b *blockReader) Read(p []byte) (int, error) {
	if len(b.rest) == 0 && b.err == nil {
		b.err = b.block()
	}
	if len(b.rest) == 0 {
		return 0, b.err
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// block reads the next block. io.EOF: there is none, and the digests are
// complete, or the same.
func (b *blockReader) block() error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	n, err := io.ReadFull(b.src, b.buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if n == 0 {
		return b.end()
	}
	digest := maphash.Bytes(b.source.seed, b.buf[:n])
	if b.first {
		b.source.blocks = append(b.source.blocks, digest)
		if b.sha != nil {
			_, _ = b.sha.Write(b.buf[:n]) // a hash never fails
		}
	} else if b.n >= len(b.source.blocks) || b.source.blocks[b.n] != digest {
		return ErrChanged
	}
	b.n++
	b.rest = b.buf[:n]
	b.source.read.Add(int64(n))
	return nil
}

func (b *blockReader) end() error {
	if b.first {
		b.source.sum = "none"
		if b.sha != nil {
			b.source.sum = hex.EncodeToString(b.sha.Sum(nil))
		}
	} else if b.n != len(b.source.blocks) {
		return ErrChanged
	}
	return io.EOF
}

// finish ends a pass with the error that ended the reading of the text, io.EOF
// if that was all. What a decompressor or parser has left over is read, too, so
// that the digests cover the whole file.
func (b *blockReader) finish(err error) error {
	if err == io.EOF {
		_, err = io.Copy(io.Discard, b)
	}
	if err != nil && b.err != nil && b.err != io.EOF {
		return b.err // what came of it above does not matter
	}
	return err
}

// verify makes a pass in which nothing is read but the digests.
func (s *source) verify(ctx context.Context) error {
	blocks, err := s.pass(ctx)
	if err != nil {
		return err
	}
	defer blocks.src.Close()
	return blocks.finish(io.EOF)
}
