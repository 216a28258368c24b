//go:build unix

package main

import (
	"encoding/json"
	"os/exec"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/rogpeppe/go-internal/testscript"
)

// fits [!] SCHEMA FILE asserts that every line of a file is a JSON value that
// fits what fields --schema SCHEMA prints.
func fits(ts *testscript.TestScript, neg bool, args []string) {
	out, err := exec.Command("taskbatch", "fields", "--schema", args[0]).Output()
	ts.Check(err)
	var schema openapi3.Schema
	ts.Check(json.Unmarshal(out, &schema))
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		var value any
		ts.Check(json.Unmarshal([]byte(line), &value))
		err := schema.VisitJSON(value, openapi3.MultiErrors())
		if err != nil && !neg {
			ts.Fatalf("%s does not fit the schema %s: %v", line, args[0], err)
		}
		if err == nil && neg {
			ts.Fatalf("%s fits the schema %s", line, args[0])
		}
	}
}
