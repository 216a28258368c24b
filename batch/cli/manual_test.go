package cli

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"taskbatch/batch/manual"
)

// TestManualHoldsTogether: the help, the topics and the README name no command,
// flag or topic that there is not, and the README's tables are those of the
// topics.
func TestManualHoldsTogether(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	flagWord := regexp.MustCompile(`--[a-z][a-z-]+`)
	texts, flags := map[string]string{"README.md": string(readme)}, []string{"--help", "--version"}
	commands := []string{"update", "check", "report", "sandbox", "fields", "help", "completion", "man", "version"}
	topics := []string{}
	for _, topic := range manual.Topics {
		topics = append(topics, topic.Name)
	}
	for _, name := range commands {
		text := help(t, name)
		_, table, _ := strings.Cut(text, "\n\n")
		for line := range strings.Lines(table) {
			if name := flagWord.FindString(line); name != "" && regexp.MustCompile(`^  (-[a-z],|   ) --`).MatchString(line) {
				flags = append(flags, name)
			}
		}
		texts["help "+name] = text
	}
	for _, name := range topics {
		texts["help "+name] = help(t, name)
	}
	if len(flags) < 40 {
		t.Fatalf("only %d flags were found: %s", len(flags), flags)
	}
	others := []string{"--flag"} // stands for any
	usage := regexp.MustCompile(`taskbatch ([a-z][a-z-]*)(?: ([a-z-]+))?`)
	for where, text := range texts {
		for _, flag := range flagWord.FindAllString(ownFlags(text), -1) {
			if !slices.Contains(flags, flag) && !slices.Contains(others, flag) {
				t.Errorf("%s speaks of %s, which no command has", where, flag)
			}
		}
		for _, m := range usage.FindAllStringSubmatch(text, -1) {
			if m[1] == "help" && m[2] != "" && !slices.Contains(commands, m[2]) && !slices.Contains(topics, m[2]) {
				t.Errorf("%s speaks of taskbatch help %s", where, m[2])
			}
		}
	}
	for _, table := range []manual.Table{manual.ExitCodes, manual.Outcomes, manual.Columns} {
		begins := "| " + table.Head[0] + " | "
		if strings.Contains(string(readme), begins) && !strings.Contains(string(readme), table.Markdown()) {
			t.Errorf("the README's table is not that of the manual:\n%s", table.Markdown())
		}
	}
}

// ownFlags leaves out the lines that show other programs.
func ownFlags(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "go test") && !strings.Contains(line, "go build") && !strings.Contains(line, "systemctl") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// help is what taskbatch help says.
func help(t *testing.T, word string) string {
	t.Helper()
	var out bytes.Buffer
	if code := Main(t.Context(), []string{"taskbatch", "help", word}, nil, &out, io.Discard); code != exitOK {
		t.Fatalf("help %s: exit %d", word, code)
	}
	return out.String()
}
