// Command taskbatch updates many tasks over the platform's API: one row of a
// CSV or JSONL file, one PUT. `taskbatch help` lists the commands.
package main

import (
	"context"
	"os"

	"taskbatch/batch/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}
