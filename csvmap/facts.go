package csvmap

import (
	"fmt"
	"strings"
)

// Facts is what was found out about an input, for people.
type Facts struct {
	Path        string
	Format      string // "csv" or "jsonl"
	Compression string // "", "gzip" or "zstd"
	Encoding    string // "utf-8", "utf-16le", "windows-1252", ...
	Delimiter   string // of a CSV: comma, semicolon, tab or pipe
	Newline     string // LF, CRLF or CR
	HasHeader   bool
	Columns     []ColumnFact // of the header, then the constants; JSONL: mapped keys and constants
	IsResults   bool         // a results file given as input
	// UnknownIgnored are the columns or keys that only --ignore-unknown has
	// let pass; for JSONL known after Check, at most 100.
	UnknownIgnored []string
	Hints          []string // e.g. that a flag has no effect
}

// ColumnFact is what one column means.
type ColumnFact struct {
	Name   string // in the input; "" for a constant or a column without a name
	Target string // a field, metadata.KEY:TYPE, taskId, results or ignored
	Note   string // why, e.g. "by --map"; may be ""
}

// Facts returns what is known so far.
func (in *Input) Facts() Facts {
	f := Facts{
		Path: in.path, Format: in.dialect.format, Compression: string(in.dialect.compression),
		Encoding: in.dialect.charset.name, Newline: in.dialect.newlineName, Hints: in.hints,
	}
	for _, c := range in.layout.columns {
		f.Columns = append(f.Columns, ColumnFact{c.name, c.target.String(), c.note})
	}
	if in.layout.json != nil {
		f.UnknownIgnored = in.layout.json.unknown
		return f
	}
	f.Delimiter = delimiterName(in.dialect.delimiter)
	f.HasHeader = !in.layout.headerless
	f.IsResults = in.layout.results != nil
	f.UnknownIgnored = in.layout.unknown
	return f
}

// hints tells which of the flags given have no effect on the input.
func (o Options) hints(in *Input) []string {
	var idle []string
	why := ""
	switch {
	case in.layout.results != nil:
		idle = o.listFlags("--columns", "--map", "--ignore", "--ignore-unknown", "--empty", "--null", "--list-separator")
		why = "a results file, which says itself what its columns mean"
	case in.layout.json != nil:
		idle = o.listFlags("--columns", "--delimiter", "--empty")
		why = "JSONL"
	default:
		idle = o.listFlags("--null")
		why = "CSV"
	}
	if len(idle) == 0 {
		return nil
	}
	verb := "has"
	if len(idle) > 1 {
		verb = "have"
	}
	return []string{fmt.Sprintf("%s %s no effect on %s", strings.Join(idle, " "), verb, why)}
}
