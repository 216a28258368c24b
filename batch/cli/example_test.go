package cli_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"taskbatch/batch/cli"
)

func ExampleMain() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tasks.csv")
	if err := os.WriteFile(path, []byte("id,Title\nT-1,Call back\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	args := []string{"taskbatch", "update", "--sandbox", "--quiet", path}
	code := cli.Main(context.Background(), args, strings.NewReader(""), os.Stdout, os.Stderr)
	fmt.Println("exit", code)

	records, err := os.ReadFile(filepath.Join(dir, "tasks.sandbox.results.csv"))
	fmt.Println(strings.Count(string(records), "\nupdated,"), err)
	// Output:
	// exit 0
	// 1 <nil>
}
