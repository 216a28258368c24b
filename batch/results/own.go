package results

// Own is the record's cell in one of the row's own columns, decoded: column is
// its place in Reader.Columns. It is "" for a column below 0.
func (o *Old) Own(column int) string {
	if column < 0 {
		return ""
	}
	rest := o.Tail
	for ; ; column-- {
		length, err := cellLength(rest[1:], ',')
		if err != nil {
			return "" // the record was parsed: there is none
		}
		if column == 0 {
			return decode(string(rest[1 : 1+length]))
		}
		rest = rest[1+length:]
	}
}
