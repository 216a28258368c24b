// Package csvmap turns the files that people have into the updates that the
// API takes. It knows files and the update body, nothing of HTTP or outcomes.
//
// An input is read at least twice: [Input.Check] goes through the whole of it
// before anything is sent, [Input.Each] yields the same rows again, and fails
// if the file is not the same any more.
//
//	file -> source      blocks with digests; stdin is spooled (source.go)
//	     -> unpacker    gzip, zstd, by content (compress.go)
//	     -> textReader  UTF-8 from any encoding, strictly (encoding.go)
//	     -> csvReader   records (csv.go, csvscan.go), or jsonlReader: lines (jsonl.go)
//	     -> builder     Row: body, results cells, or why it is invalid (build.go, json.go)
//
// Before the first pass [Open] looks at the start of the file: sniff finds the
// dialect, and the header becomes a layout, which says what every column is
// (header.go), or for JSONL every key (jsonl.go). A results file has a layout and
// rows of its own (results.go) and is put back into row order if a person has
// sorted it (resultsorder.go). A first line that is no header is told from one
// with unknown names (headerless.go).
//
// The first line sep=X, with which Excel is told the delimiter, is used and
// passed over: Excel does not show it, so the header below is row 1.
//
// A cell or JSON value becomes a value (value.go): kept, cleared, given, or
// bad, after it was translated (translate.go). The form of a cell in a results
// file says the same again without any flag, so that a rerun sends the same
// bytes.
//
// What is wrong with a row is a value, [RowError]; what is wrong with the
// whole input is an [InputError], with a flag an [OptionError].
package csvmap
