package csvmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"taskbatch/client"
	"taskbatch/csvmap/words"
)

// Facts is what was found out about an input, for people; as JSON it is part of
// a check's object.
type Facts struct {
	Path        string       `json:"-"`
	Format      string       `json:"-"`           // "csv" or "jsonl"
	Compression string       `json:"compression"` // "", "gzip" or "zstd"
	Encoding    string       `json:"encoding"`    // "utf-8", "utf-16le", "windows-1252", ...
	Delimiter   string       `json:"delimiter"`   // of a CSV: comma, semicolon, tab or pipe
	Newline     string       `json:"newline"`     // LF, CRLF or CR
	HasHeader   bool         `json:"-"`
	Columns     []ColumnFact `json:"columns"`    // of the header, then the constants; JSONL: mapped keys and constants
	IsResults   bool         `json:"is_results"` // a results file given as input
	// UnknownIgnored are the columns or keys that only --ignore-unknown has
	// let pass; JSONL keys (at most 100) and columns without a name are known after
	// Check.
	UnknownIgnored []string `json:"-"`
	// Hints tell of flags without an effect; for JSONL after Check also of
	// --ignore with a key that no row has.
	Hints []string `json:"-"`
}

// ColumnFact is what one column means.
type ColumnFact struct {
	Name   string `json:"name"`   // in the input; "" for a constant or a column without a name
	Target string `json:"target"` // a field, metadata.KEY:TYPE, taskId, results or ignored
	Note   string `json:"note"`   // why, e.g. "by --map"; may be ""
}

// Facts returns what is known so far.
func (in *Input) Facts() Facts {
	f := Facts{
		Path: in.path, Format: in.dialect.format, Compression: string(in.dialect.compression),
		Encoding: in.dialect.charset.name, Newline: in.dialect.newlineName, Delimiter: delimiterName(in.dialect.delimiter),
		Columns: []ColumnFact{}, UnknownIgnored: slices.Clip(in.layout.unknown), Hints: slices.Clip(in.noEffect),
		HasHeader: in.layout.keys == nil && !in.layout.headerless, IsResults: in.layout.results != nil,
	}
	for _, c := range in.layout.columns {
		f.Columns = append(f.Columns, ColumnFact{c.name, c.target.String(), c.note})
	}
	switch {
	case f.IsResults:
		f.Hints = append(f.Hints, in.layout.results.rewritten(in.layout.own)...)
	case f.Format == formatCSV:
		f.Hints = append(append(f.Hints, in.idleIgnores("column")...), in.idleTranslations()...)
	case in.checked:
		f.Hints = append(f.Hints, in.idleIgnores("key")...)
	}
	for _, own := range in.layout.own {
		if own.filled && !f.IsResults {
			f.UnknownIgnored = append(f.UnknownIgnored, own.name)
		}
	}
	return f
}

// noEffect tells which of the flags given have no effect on the input.
func (o Options) noEffect(l *layout) []string {
	on, idle := "CSV", "--null"
	switch {
	case l.results != nil:
		on = "a results file, which says itself what its columns mean"
		idle = "--columns --map --ignore --ignore-unknown --empty --null --list-separator --replace --lookup"
	case l.keys != nil:
		on, idle = "JSONL", "--columns --delimiter --empty"
	}
	var given []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"--columns", len(o.Columns) > 0},
		{"--delimiter", o.Delimiter != "" && o.Delimiter != "auto"},
		{"--map", len(o.Map) > 0},
		{"--ignore", len(o.Ignore) > 0},
		{"--ignore-unknown", o.IgnoreUnknown},
		{"--empty", o.Empty != ""},
		{"--null", o.Null != ""},
		{"--list-separator", o.ListSeparator != ""},
		{"--replace", len(o.Replace) > 0},
		{"--lookup", len(o.Lookup) > 0},
	} {
		if f.given && slices.Contains(strings.Fields(idle), f.name) {
			given = append(given, f.name)
		}
	}
	switch len(given) {
	case 0:
		return nil
	case 1:
		return []string{given[0] + " has no effect on " + on}
	}
	return []string{strings.Join(given, " ") + " have no effect on " + on}
}

// idleTranslations tells of every --replace and --lookup of a field that has
// no column.
func (in *Input) idleTranslations() (hints []string) {
	for _, tr := range in.rules.translations {
		i := in.layout.ownOf(tr.target)
		if i < 0 && tr.target.place == toKey {
			i = in.layout.ownOf(target{place: toField, field: client.Metadata})
		}
		switch {
		case i < 0:
			hints = append(hints, fmt.Sprintf("--replace or --lookup of %s: the file has no such column", tr.target))
		case in.layout.own[i].constant != nil:
			hints = append(hints, fmt.Sprintf("--replace or --lookup of %s: its values come from --set, which is not translated", tr.target))
		}
	}
	return hints
}

// idleIgnores tells of every --ignore that has named no column or key.
func (in *Input) idleIgnores(what string) (hints []string) {
	var names []string
	for _, c := range in.layout.columns {
		names = append(names, c.name)
	}
	for _, m := range in.rules.ignore {
		if !m.used {
			hints = append(hints, fmt.Sprintf("--ignore %s: the file has no such %s%s", words.Shell(m.column), what, words.DidYouMean(m.column, names)))
		}
	}
	return hints
}

// Delimiter is that of a CSV; for JSONL the one that Options ask for, else the
// comma.
func (in *Input) Delimiter() byte { return cmp.Or(in.dialect.delimiter, in.rules.delimiter, ',') }
