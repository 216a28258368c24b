package csvmap

import (
	"slices"
	"strings"

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

// EscapeCell returns the cell that stands for a text: the text itself, or with
// one backslash more if it would else be read as a clearing mark or as a
// spreadsheet's error value. The empty text has no cell of its own: its field
// is cleared.
func EscapeCell(text string) string {
	if isSpecial(text) {
		return `\` + text
	}
	return text
}

// readCell is the reverse of EscapeCell: what the cell says, and the text if
// it stands for one.
func readCell(cell string) (string, cellMeaning) {
	if cell == "" {
		return "", emptyMeaning
	}
	if c := cell[0]; c != '"' && c != '#' && c != '\\' {
		return cell, textMeaning
	}
	switch {
	case cell == clearCell:
		return "", clearMeaning
	case slices.Contains(errorCells, cell):
		return cell, errorMeaning
	case isSpecial(cell):
		return cell[1:], textMeaning
	default:
		return cell, textMeaning
	}
}

// isSpecial tells whether s is a mark, or a mark behind backslashes.
func isSpecial(s string) bool {
	if s == "" || s[0] != '"' && s[0] != '#' && s[0] != '\\' {
		return false
	}
	s = strings.TrimLeft(s, `\`)
	return s == clearCell || slices.Contains(errorCells, s)
}

const maxRaw = 4 << 10 // bytes of a cell in the column _raw

// shownRaw is the text of a record for people: on one line, what cannot be
// seen written as an escape, cut to maxRaw bytes.
func shownRaw(text string) string {
	const ellipsis = "..."
	var dst []byte
	cut := 0
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
			return string(dst[:cut]) + ellipsis
		}
	}
	return string(dst)
}
