package record

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// Sum tells whether a row still is what was sent.
type Sum struct {
	Task   uint32 // first bytes, big-endian, of the SHA-256 of the taskId
	Update uint64 // the same of taskId, line feed and body
}

const (
	sumMark = 's' // so that no spreadsheet takes the digits for a number
	sumSize = 1 + 2*(4+8)
)

// SumOf is the sum of a row.
func SumOf(taskID string, body []byte) Sum {
	text := make([]byte, 0, 512) // on the stack unless the body is long
	text = append(text, taskID...)
	task := sha256.Sum256(text)
	text = append(text, '\n')
	text = append(text, body...)
	update := sha256.Sum256(text)
	return Sum{binary.BigEndian.Uint32(task[:]), binary.BigEndian.Uint64(update[:])}
}

// Append appends the text of the sum: an s and 24 hex digits, 8 of Task and 16
// of Update.
func (s Sum) Append(dst []byte) []byte {
	var b [12]byte
	binary.BigEndian.PutUint32(b[:], s.Task)
	binary.BigEndian.PutUint64(b[4:], s.Update)
	return hex.AppendEncode(append(dst, sumMark), b[:])
}

func (s Sum) String() string { return string(s.Append(nil)) }

// ParseSum is the reverse of String; false: text is no sum.
func ParseSum(text string) (Sum, bool) {
	if len(text) != sumSize || text[0] != sumMark || strings.Trim(text[1:], "0123456789abcdef") != "" {
		return Sum{}, false
	}
	task, _ := strconv.ParseUint(text[1:9], 16, 32)
	update, _ := strconv.ParseUint(text[9:], 16, 64)
	return Sum{uint32(task), update}, true
}
