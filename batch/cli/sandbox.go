package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"taskbatch/batch/results"
	"taskbatch/client/sandbox"
)

// sandbox is the command sandbox: it serves until a signal comes.
func (s *session) sandbox() error {
	cfg, addr, err := readSandbox(s.values)
	if err != nil {
		return err
	}
	box, err := sandbox.New(cfg)
	if err != nil {
		return &ending{exit: exitUsage, msg: err.Error()}
	}
	server, err := box.Start(addr)
	if err != nil {
		box.Close()
		return &ending{exit: exitUsage, msg: err.Error()}
	}
	key := "any"
	if cfg.Key != "" {
		key = results.ShellWord(cfg.Key)
	}
	fmt.Fprintf(s.console.out, "sandbox: %s (Ctrl-C ends it)\n", server.URL())
	fmt.Fprintf(s.console.out, "try: THENA_API_KEY=%s %s update --base-url %s tasks.csv\n", key, s.program, server.URL())
	if !s.console.out.failed() { // else nobody knows the address
		<-s.ctx.Done()
	}
	if err := server.Close(); err != nil {
		return &ending{exit: exitLocal, msg: err.Error()}
	}
	return nil
}

// readSandbox reads the flags of the command.
func readSandbox(v *values) (cfg sandbox.Config, addr string, err error) {
	cfg = sandbox.Config{
		Key:             v.text("api-key"),
		Quota:           parsed(v, "quota", sandbox.ParseQuota),
		Latency:         v.duration("latency", 0, time.Hour),
		Faults:          parsed(v, "faults", sandbox.ParseFaults),
		MetadataReplace: v.choice("metadata", "merge", "replace") == "replace",
		Known:           parsed(v, "only-known", readKnown),
		LogFile:         v.file("log"),
	}
	if v.set("api-key") && cfg.Key == "" {
		v.fail("api-key", "the key is empty")
	}
	return cfg, v.text("addr"), v.err
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
