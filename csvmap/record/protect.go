package record

import "strings"

// Protect keeps a spreadsheet from running a cell as a formula: a cell that
// begins with = + - @, a tab or a carriage return, also behind such marks, gets
// one mark ' more.
func Protect(cell string) string {
	if IsFormula(cell) {
		return "'" + cell
	}
	return cell
}

// Unprotect undoes Protect; false: the cell has no mark.
func Unprotect[T Text](cell T) (plain T, found bool) {
	if len(cell) == 0 || cell[0] != '\'' || !IsFormula(cell) {
		return cell, false
	}
	return cell[1:], true
}

// IsFormula tells whether a spreadsheet would run a cell, were it not for marks
// before it.
func IsFormula[T Text](cell T) bool {
	i := 0
	for i < len(cell) && cell[i] == '\'' {
		i++
	}
	return i < len(cell) && strings.IndexByte("=+-@\t\r", cell[i]) >= 0
}
