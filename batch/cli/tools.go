package cli

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap"
	"taskbatch/csvmap/words"
)

// boxSettings is what the flags of the command sandbox say.
type boxSettings struct {
	sandbox.Config
	addr        string
	quotaStyle  string
	metadata    string
	attachments string
}

func (b *boxSettings) flags() []cli.Flag {
	return group("",
		&flag{name: "addr", value: "HOST:PORT", def: "127.0.0.1:8000", read: text(&b.addr), usage: "address to listen on; loopback only, port 0 takes a free one"},
		&flag{name: "api-key", value: "KEY", read: filled(&b.Key), usage: "accept only this key (default: any)"},
		&flag{name: "quota", value: "QUOTA", def: "600/m", read: parsed(&b.Quota, sandbox.ParseQuota), usage: "requests allowed: 600/m, 200/10s, 500/1s; 0 = no limit"},
		&flag{name: "quota-style", choices: []string{"epoch", "epoch-ms", "delta", "ietf", "path"}, def: "epoch", read: text(&b.quotaStyle), usage: "how the quota is announced; path: each task has its own"},
		&flag{name: "latency", value: "DURATION", def: "20ms", read: duration(&b.Latency, 0, time.Hour), usage: "time an answer takes"},
		&flag{name: "faults", value: "SPEC", read: parsed(&b.Faults, sandbox.ParseFaults), usage: "what goes wrong, e.g. seed=1,500=2%,429=1%,503=1%,drop=1%,hang=1%"},
		&flag{name: "metadata", choices: []string{"merge", "replace"}, def: "merge", read: text(&b.metadata), usage: "what an update does to the metadata a task has"},
		&flag{name: "attachments", choices: []string{"replace", "append"}, def: "replace", read: text(&b.attachments), usage: "what an update does to the attachments a task has"},
		&flag{name: "only-known", value: "FILE", read: parsed(&b.Known, readKnown), usage: "answer 404 for every task but those in this file, one id a line"},
		&flag{name: "log", value: "FILE", read: file(&b.LogFile), usage: "append each request to this file, as JSONL"},
	)
}

// sandbox is the command sandbox: it serves until a signal comes.
func (s *session) sandbox(set *boxSettings) error {
	set.QuotaStyle = sandbox.QuotaStyle(set.quotaStyle)
	set.MetadataReplace = set.metadata == "replace"
	set.AttachmentsAdd = set.attachments == "append"
	box, err := sandbox.New(set.Config)
	if err != nil {
		return setupf("%s", err)
	}
	server, err := box.Start(set.addr)
	if err != nil {
		box.Close()
		return setupf("%s", err)
	}
	key := "any"
	if set.Key != "" {
		key = words.Shell(set.Key)
	}
	fmt.Fprintf(s.console.out, "sandbox: %s (Ctrl-C ends it)\n", server.URL())
	fmt.Fprintf(s.console.out, "try: THENA_API_KEY=%s %s update --base-url %s tasks.csv\n", key, s.program, server.URL())
	if !s.console.out.failed() { // else nobody knows the address
		<-s.ctx.Done()
	}
	if err := server.Close(); err != nil {
		return stopped(batch.Local, err.Error(), "")
	}
	return nil
}

// readKnown reads task ids, one a line.
func readKnown(path string) (map[string]struct{}, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	known := map[string]struct{}{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if id := strings.TrimSpace(lines.Text()); id != "" {
			known[id] = struct{}{}
		}
	}
	return known, lines.Err()
}

// templates is what the flags of the command fields say.
type templates struct {
	csv, jsonl bool
	schema     string
}

func (t *templates) flags() []cli.Flag {
	return group("",
		&flag{name: "csv", read: on(&t.csv), usage: "print a CSV template"},
		&flag{name: "jsonl", read: on(&t.jsonl), usage: "print a JSONL template"},
		&flag{name: "schema", choices: []string{"row", "summary"}, read: text(&t.schema), usage: "print the JSON Schema of a JSONL row, or of the summary object"},
	)
}

// fields is the command fields.
func (s *session) fields(set *templates) error {
	out := s.console.out
	switch {
	case set.csv && set.jsonl, set.schema != "" && (set.csv || set.jsonl):
		return usagef("--csv, --jsonl and --schema exclude each other")
	case set.schema != "":
		fmt.Fprint(out, manual.Schema(set.schema))
	case set.csv:
		csvmap.WriteTemplate(out, "csv")
	case set.jsonl:
		csvmap.WriteTemplate(out, "jsonl")
	default:
		writeFields(&page{w: out})
	}
	return nil
}

// writeFields prints the table of fields.
func writeFields(p *page) {
	rows := [][]string{{"FIELD", "TYPE", "ALSO", "EXAMPLE", "MEANING"}}
	for _, f := range csvmap.Fields() {
		rows = append(rows, []string{f.Name, f.Type, strings.Join(f.Aliases, ", "), f.Example, f.Description})
	}
	p.table("", rows)
	p.linef("")
	p.linef("A column is optional unless it is taskId. An empty cell leaves the field as it")
	p.linef(`is on the server; a cell of two quote characters, written """""" in the file,`)
	p.linef("clears it. In a CSV header case, blanks, _ and - do not matter.")
}

// version is the command version.
func (s *session) version() error {
	fmt.Fprintf(s.console.out, "taskbatch %s\n%s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version is the module's version, as the build recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
