package record

import "strings"

// Protect keeps a spreadsheet from running a cell as a formula: a cell that
// begins with = + - @, a tab or a carriage return, also behind such marks, gets
// one mark ' more.
func Protect(cell string) string {
	if isFormula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Unprotect undoes Protect; false: the cell has no mark.
func Unprotect(cell string) (plain string, found bool) {
	if cell == "" || cell[0] != '\'' || !isFormula(strings.TrimLeft(cell, "'")) {
		return cell, false
	}
	return cell[1:], true
}

func isFormula(cell string) bool {
	return cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0
}
