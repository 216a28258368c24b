package csvmap

import (
	"bytes"
	"slices"

	"taskbatch/csvmap/words"
)

// clearCell is the cell that clears its field: two quote characters.
const clearCell = `""`

// errorCells are what spreadsheets write for a formula that failed.
var errorCells = []string{"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}

// cellMeaning is what a CSV cell says, before its text is read as a type.
type cellMeaning uint8

const (
	emptyMeaning cellMeaning = iota // nothing: see Options.Empty
	clearMeaning                    // clear the field
	errorMeaning                    // a spreadsheet's error value
	textMeaning                     // the text that readCell returns
)

// escapeCell returns the cell that stands for a text: the text itself, or with
// one backslash more if it would else be read as a clearing mark or as a
// spreadsheet's error value. The empty text has no cell of its own: its field
// is cleared.
func escapeCell(text []byte) []byte {
	if isSpecial(text) {
		return append([]byte{'\\'}, text...)
	}
	return text
}

// readCell is the reverse of escapeCell: what the cell says, and the text if
// it stands for one.
func readCell(cell []byte) ([]byte, cellMeaning) {
	switch {
	case len(cell) == 0:
		return nil, emptyMeaning
	case !isSpecial(cell):
		return cell, textMeaning
	case cell[0] == '\\':
		return cell[1:], textMeaning
	case cell[0] == '#':
		return cell, errorMeaning
	}
	return nil, clearMeaning
}

// isSpecial tells whether s is a mark, or a mark behind backslashes.
func isSpecial(s []byte) bool {
	return len(s) > 0 && (s[0] == '"' || s[0] == '#' || s[0] == '\\') && isMark(bytes.TrimLeft(s, `\`))
}

func isMark(s []byte) bool { return string(s) == clearCell || slices.Contains(errorCells, string(s)) }

const maxRaw = 4 << 10 // bytes of a cell in the column _raw

// shownRaw is the text of a record for people: on one line, what cannot be
// seen written as an escape, cut to maxRaw bytes.
func shownRaw(raw []byte) (dst []byte) {
	const ellipsis = "..."
	text, cut := string(raw[:min(len(raw), maxRaw+1)]), 0
	for len(text) > 0 {
		n := 1
		if text[0] == '\\' {
			dst = append(dst, `\\`...)
		} else {
			dst, n = words.AppendVisible(dst, text)
		}
		text = text[n:]
		if len(dst) <= maxRaw-len(ellipsis) {
			cut = len(dst)
		} else if len(dst) > maxRaw {
			return append(dst[:cut], ellipsis...)
		}
	}
	return dst
}
