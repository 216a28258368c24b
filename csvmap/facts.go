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
		Encoding: in.dialect.charset.name, Newline: in.dialect.newlineName, Hints: in.hints, Columns: []ColumnFact{},
	}
	for _, c := range in.layout.columns {
		f.Columns = append(f.Columns, ColumnFact{c.name, c.target.String(), c.note})
	}
	if in.layout.json != nil {
		f.UnknownIgnored = in.layout.json.unknown
		if in.checked {
			f.Hints = append(slices.Clip(f.Hints), in.rules.idleIgnores("key", in.layout.json.used, nil)...)
		}
		return f
	}
	f.Delimiter = delimiterName(in.dialect.delimiter)
	f.HasHeader = !in.layout.headerless
	f.IsResults = in.layout.results != nil
	if f.IsResults {
		f.Hints = append(slices.Clip(f.Hints), in.layout.results.rewritten(in.layout.own)...)
	}
	f.UnknownIgnored = slices.Clip(in.layout.unknown)
	for _, own := range in.layout.own {
		if own.filled && !f.IsResults {
			f.UnknownIgnored = append(f.UnknownIgnored, own.name)
		}
	}
	return f
}

// hints tells which of the flags given have no effect on the input.
func (o Options) hints(in *Input) []string {
	var idle []string
	why := ""
	switch {
	case in.layout.results != nil:
		idle = o.listFlags("--columns", "--map", "--ignore", "--ignore-unknown", "--empty", "--null", "--list-separator", "--replace", "--lookup")
		why = "a results file, which says itself what its columns mean"
	case in.layout.json != nil:
		idle = o.listFlags("--columns", "--delimiter", "--empty")
		why = "JSONL"
	default:
		idle = o.listFlags("--null")
		why = "CSV"
	}
	var hints []string
	if len(idle) > 0 {
		verb := "has"
		if len(idle) > 1 {
			verb = "have"
		}
		hints = append(hints, fmt.Sprintf("%s %s no effect on %s", strings.Join(idle, " "), verb, why))
	}
	if in.layout.results != nil || in.layout.json != nil {
		return hints
	}
	used, names := make([]bool, len(in.rules.ignore)), []string(nil)
	if len(used) == 0 {
		return append(hints, in.idleTranslations()...)
	}
	for _, c := range in.layout.columns {
		names = append(names, c.name)
		if i := naming(c.name, in.rules.ignore, in.layout.columns); i >= 0 {
			used[i] = true
		}
	}
	return append(append(hints, in.rules.idleIgnores("column", used, names)...), in.idleTranslations()...)
}

// idleTranslations tells of every --replace and --lookup of a field that has
// no column.
func (in *Input) idleTranslations() (hints []string) {
	for _, tr := range in.rules.translations {
		i := slices.IndexFunc(in.layout.own, func(o ownColumn) bool {
			return o.target.same(tr.target) || tr.target.place == toKey && o.target == target{place: toField, field: client.Metadata}
		})
		switch {
		case i < 0:
			hints = append(hints, fmt.Sprintf("--replace or --lookup of %s: the file has no such column", tr.target))
		case in.layout.own[i].constant != nil:
			hints = append(hints, fmt.Sprintf("--replace or --lookup of %s: its values come from --set, which is not translated", tr.target))
		}
	}
	return hints
}

// idleIgnores tells of every --ignore that is not used, with the nearest of
// names.
func (r *rules) idleIgnores(what string, used []bool, names []string) []string {
	var hints []string
	for i, ignored := range r.ignore {
		if !used[i] {
			hints = append(hints, fmt.Sprintf("--ignore %s: the file has no such %s%s", words.Shell(ignored.column), what, words.DidYouMean(ignored.column, names)))
		}
	}
	return hints
}

// Delimiter is that of a CSV; for JSONL the one that Options ask for, else the
// comma.
func (in *Input) Delimiter() byte { return cmp.Or(in.dialect.delimiter, in.rules.delimiter, ',') }
