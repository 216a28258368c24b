package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"

	"taskbatch/csvmap"
)

// fingerprint is the hash of an input, as the flags map it, and its target:
// the first 16 bytes of the SHA-256 over texts of the form LENGTH:TEXT, (with
// the comma; the length in bytes, decimal). The texts are the target, then of
// each row in order its taskId and its body; of an invalid row two empty ones.
type fingerprint struct {
	hash hash.Hash
	buf  []byte
}

func newFingerprint(target string) *fingerprint {
	f := &fingerprint{hash: sha256.New()}
	f.buf = appendText(f.buf, target)
	return f
}

func (f *fingerprint) add(row *csvmap.Row) {
	task, body := row.TaskID, row.Body
	if row.Err != nil {
		task, body = "", nil
	}
	f.buf = appendText(appendText(f.buf, task), body)
	if len(f.buf) > 16<<10 {
		f.hash.Write(f.buf)
		f.buf = f.buf[:0]
	}
}

// sum ends the adding.
func (f *fingerprint) sum() string {
	f.hash.Write(f.buf)
	return hex.EncodeToString(f.hash.Sum(nil)[:16])
}

func appendText[T string | []byte](dst []byte, text T) []byte {
	dst = append(strconv.AppendInt(dst, int64(len(text)), 10), ':')
	return append(append(dst, text...), ',')
}
