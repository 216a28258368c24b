package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/client/sandbox"
	"taskbatch/csvmap/words"
)

// boxSettings is what the flags of the command sandbox say.
type boxSettings struct {
	sandbox.Config
	addr string
}

func (b *boxSettings) flags() []*manual.Flag {
	return group("", []*manual.Flag{
		{Name: "addr", Value: "HOST:PORT", Default: "127.0.0.1:8000", Read: text(&b.addr), Usage: "address to listen on; loopback only, port 0 takes a free one"},
		{Name: "api-key", Value: "KEY", Read: filled(&b.Key), Usage: "accept only this key (default: any)"},
		{Name: "quota", Value: "QUOTA", Default: "600/m", Read: parsed(&b.Quota, sandbox.ParseQuota), Usage: "requests allowed: 600/m, 200/10s, 500/1s; 0 = no limit"},
		{Name: "quota-style", Choices: []string{"epoch", "epoch-ms", "delta", "ietf", "path"}, Default: "epoch", Read: text(&b.QuotaStyle), Usage: "how the quota is announced; path: each task has its own"},
		{Name: "latency", Value: "DURATION", Default: "20ms", Read: duration(&b.Latency, 0, time.Hour), Usage: "time an answer takes"},
		{Name: "faults", Value: "SPEC", Read: parsed(&b.Faults, sandbox.ParseFaults), Usage: "what goes wrong, e.g. seed=1,500=2%,429=1%,503=1%,drop=1%,hang=1%"},
		{Name: "metadata", Choices: []string{"merge", "replace"}, Default: "merge", Read: is(&b.MetadataReplace, "replace"), Usage: "what an update does to the metadata a task has"},
		{Name: "attachments", Choices: []string{"replace", "append"}, Default: "replace", Read: is(&b.AttachmentsAdd, "append"), Usage: "what an update does to the attachments a task has"},
		{Name: "only-known", Value: "FILE", Read: parsed(&b.Known, readKnown), Usage: "answer 404 for every task but those in this file, one id a line"},
		{Name: "log", Value: "FILE", Read: file(&b.LogFile), Usage: "append each request to this file, as JSONL"},
	})
}

// sandbox is the command sandbox: it serves until a signal comes.
func (s *session) sandbox(set *boxSettings) error {
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
