// Package results keeps the results file of a batch: one CSV record for every
// row of the input, the columns of package record first, then the row's own.
//
// While a run is unfinished, its records stand in RESULTS.partial, in the order
// in which rows were settled:
//
//	Create or Continue -> Writer.Add ... -> Writer.Close -> Writer.Order
//
// The Writer takes records without waiting for the disk, writes them at most
// 50 ms later and syncs about every half second; Busy and Failed tell
// a dispatcher when to hold back. It notes where the record of each row stands,
// so that in the end Order has only to copy them into row order, with bounded
// memory, in the Form that is wanted; it gives the complete file its name
// atomically.
//
// A later run reads either file in row order through a Reader (OpenPartial,
// OpenComplete) and goes on; CopyToPartial turns a complete file back into the
// start of a partial one. If a power cut or a full disk tore the partial file,
// Continue cuts off what follows its last whole record; damage before whole
// records never is (tail.go). A file that is not exactly as this package writes
// it is a *ForeignError.
//
// Of the two files the partial one always counts, if there is one: a complete
// file beside it is what it was copied from, or (after a crash between Order's
// last two steps) what it was just put in order into; in both cases it holds
// nothing that the partial file lacks.
//
// Beside this the package has what the files around a batch need: their names
// (ResultsName, RerunName, LockName ...), the reruns that follow a file
// (NewestRerun, by what its records say), refusals before anything is
// written (Files), the lock of a batch (Lock), and WriteAtomic.
package results
