package results

import (
	"bytes"
	"errors"
	"io"
)

const (
	scanBuffer = 64 << 10
	maxRecord  = 64 << 20 // a row has at most 4 MiB, before JSON and CSV quoting
)

var (
	errTorn    = errors.New("the last record is not whole")
	errNUL     = errors.New("a NUL byte")
	errTooLong = errors.New("a record without end")
)

// scanner splits a file in our dialect into records: a record ends with the
// first line feed that an even number of quotes precedes.
type scanner struct {
	line int64 // physical line on which the next record starts
	off  int64 // its place in the file

	r          io.Reader
	buf        []byte
	start, end int // buf[start:end] is read and not yet handed out
	err        error
}

func newScanner(r io.Reader) *scanner {
	return &scanner{line: 1, r: r, buf: make([]byte, scanBuffer)}
}

// next returns the next record with its line feed, valid until the next call.
// io.EOF: there is none; errTorn, errNUL, errTooLong: what is left in the
// file does not begin with a whole record; it is returned as far as it was read.
func (s *scanner) next() ([]byte, error) {
	pos, lines, odd := s.start, int64(0), false
	for {
		i := bytes.IndexByte(s.buf[pos:s.end], '\n')
		if i < 0 {
			odd = odd != (bytes.Count(s.buf[pos:s.end], quote)%2 == 1)
			unread := s.end - s.start
			if err := s.fill(); err != nil {
				if err == io.EOF && unread > 0 {
					err = errTorn
				}
				return s.buf[s.start:s.end], err
			}
			pos = s.start + unread
			continue
		}
		odd = odd != (bytes.Count(s.buf[pos:pos+i], quote)%2 == 1)
		pos += i + 1
		lines++
		if !odd {
			rec := s.buf[s.start:pos]
			s.start = pos
			s.off += int64(len(rec))
			s.line += lines
			return rec, nil
		}
	}
}

// fill reads more. A NUL, which no record holds, counts as the end.
func (s *scanner) fill() error {
	if s.err != nil {
		return s.err
	}
	s.end = copy(s.buf, s.buf[s.start:s.end])
	s.start = 0
	if s.end == len(s.buf) {
		if len(s.buf) >= maxRecord {
			return errTooLong
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.r.Read(s.buf[s.end:])
	if i := bytes.IndexByte(s.buf[s.end:s.end+n], 0); i >= 0 {
		n, err = i, errNUL
	}
	s.end += n
	s.err = err
	if n > 0 || err == nil {
		return nil
	}
	return err
}

// lastRecordEnd is where the last whole record in b ends.
func lastRecordEnd(b []byte) int {
	for s := newScanner(bytes.NewReader(b)); ; {
		if _, err := s.next(); err != nil {
			return int(s.off)
		}
	}
}
