// Package batch sends the rows of an input and keeps the record of each: it
// knows rows and outcomes, but no columns and no headers.
//
//	Prepare  reads the input once beside the records of earlier runs (walk),
//	         finds the fate of every row and counts (survey); sends nothing
//	Run      reads it again and sends:
//
//	feed ──rows──▶ dispatcher ──jobs──▶ workers ──▶ one attempt each
//	                  │   ▲───replies─────┘
//	                  ▼
//	           RESULTS.partial ──complete──▶ RESULTS, in row order
//
// The dispatcher is one goroutine with one select; it owns every row that was
// read and is not settled. A row joins the lane of its task, so that the rows
// of one task go one after the other; the first of a lane is ready, in flight,
// or in the retry queue. The gate (package pace) says when a request may go,
// the rule book when the run must stop. Workers only make attempts. A row that
// fails is a value; a Go error means that the run cannot go on.
//
// What is on disk is all the state there is: each settled row is a record in
// the .partial (package results), and the same command again continues from
// it.
package batch
