// Package report tells what became of a batch, from its results file alone: on
// a page (WriteHTML), as text (WriteText) or as Markdown (WriteMarkdown): three
// templates over one view.
//
// Read goes through the file once and counts: outcomes, causes, fields, and the
// answers on a timeline whose memory is bounded. The writers read it once
// more, up to the last row that they list.
//
// What comes from a file is never trusted: it is shown without what cannot be
// seen, cut short, and escaped; the page loads nothing and runs nothing.
package report
