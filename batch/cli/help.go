package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"taskbatch/batch/manual"
)

// literal protects a text that cli/v2 takes for a template.
func literal(text string) string { return strings.ReplaceAll(text, "{{", `{{"{{"}}`) }

// overview is the help of the program.
func overview(commands []*cli.Command) string {
	var b strings.Builder
	b.WriteString(`taskbatch updates many tasks: one row of a CSV or JSONL file, one request. It
leaves a results file from which the rows that failed can be rerun.

Usage:
  taskbatch COMMAND [flags] [FILE]

Commands:
`)
	for _, cmd := range commands {
		fmt.Fprintf(&b, "  %-22s %s\n", strings.TrimSpace(cmd.Name+" "+cmd.ArgsUsage), cmd.Usage)
	}
	b.WriteString(`
Begin with:
  taskbatch fields --csv > tasks.csv       a template to fill in
  taskbatch check tasks.csv                what would be sent; needs no key
  taskbatch update --sandbox tasks.csv     a rehearsal on this machine
  taskbatch update --limit 20 tasks.csv    the real thing, 20 rows of it

taskbatch help COMMAND tells more, and so does taskbatch help TOPIC:
`)
	b.WriteString(topicList())
	return b.String()
}

// commandHelp is the help of a command: flags stand in their groups.
func commandHelp(cmd *cli.Command) string {
	var b strings.Builder
	flags := flagsOf(cmd)
	fmt.Fprintf(&b, "taskbatch %s: %s\n\nUsage:\n  taskbatch %s", cmd.Name, cmd.Usage, cmd.Name)
	if len(flags) > 0 {
		b.WriteString(" [flags]")
	}
	if cmd.ArgsUsage != "" {
		b.WriteString(" " + cmd.ArgsUsage)
	}
	b.WriteString("\n\n" + cmd.Description)
	group := "-"
	for _, f := range flags {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n%s:\n", strings.TrimSpace(group+" flags"))
		}
		b.WriteString(f.help())
	}
	return b.String()
}

// help is the flag's line in the help; long ones take two.
func (f *flag) help() string {
	const column = 34
	short := "    "
	if f.short != "" {
		short = "-" + f.short + ", "
	}
	left := strings.TrimRight("  "+short+"--"+f.name+" "+f.placeholder(), " ")
	if len(left) >= column {
		left += "\n" + strings.Repeat(" ", column)
	}
	text := f.usage
	if f.def != "" {
		text += " (default: " + f.def + ")"
	}
	if f.repeat {
		text += " (repeatable)"
	}
	if len(f.env) > 0 {
		text += " [$" + strings.Join(f.env, ", $") + "]"
	}
	return fmt.Sprintf("%-*s%s\n", column, left, text)
}

const updateHelp = `Reads all of FILE (.csv .tsv .jsonl .ndjson, each also .gz or .zst, or - for
standard input), then sends one update per row. The outcome of every row goes
into the results file. The same command again continues where a run was
stopped; an update of the results file sends the rows that did not get through.
The server may replace the whole metadata or attachmentUrls of a task, or add to
them; it is not published which. If it adds, an update repeated after no answer
may attach a URL twice. --skip-unchanged does not see what others have changed
on the server meanwhile: send all now and then.
Flags may stand before or after FILE.

Examples:
  taskbatch update --api-key-file key tasks.csv
  taskbatch update --rate 600/m --map "Task=taskId" --ignore Remarks tasks.csv
  taskbatch update tasks.results.csv       rerun what did not get through
  taskbatch update --sandbox --faults seed=1,500=2%,503=5% tasks.csv
  gzip -dc dump.jsonl.gz | taskbatch update -y -o out/{date}.csv -

Exit codes:
  0 all rows updated or skipped   1 some rows were not     2 usage, configuration
  3 input not usable              4 the key was refused    5 stopped early
  6 another run is going on       7 a local file failed    70 a bug
`

const checkHelp = `Reads all of FILE and says what update would do: what was detected, where each
column goes, which rows are invalid and why, the first requests. It takes the
flags of update, so that one word turns a command into its rehearsal.

Examples:
  taskbatch check tasks.csv
  taskbatch check --max-errors 0 tasks.csv   every invalid row
  taskbatch check --json tasks.csv

Exit codes:
  0 no invalid row   2 usage, configuration   3 invalid rows, or input not usable
`

const sandboxHelp = `Serves the API on this machine until it is stopped (Ctrl-C). It keeps the
tasks in memory and creates each on first sight.
GET /_sandbox/tasks/ID shows a task, GET /_sandbox/log the requests.

Examples:
  taskbatch sandbox
  taskbatch sandbox --quota 200/10s --faults seed=1,500=2%,hang=1%
  THENA_API_KEY=any taskbatch update --base-url http://127.0.0.1:8000 tasks.csv

Faults are shares of the requests: 500 502 503 504 429 401 redirect (nothing
applied), drop (applied, no answer), dropbefore, hang, slow, cut, garbage; and
  outage=5s+30s    after 5 s all connections are reset, for 30 s
  limit=50/s       what comes faster is answered 503 (limit=50/s:429: 429), and
                   no header says how fast is right
  overload=8       what is in flight beyond 8 is answered 503
  poison=2%        so many tasks are answered 502 for ever; poison=40@100: the
                   40 whose ids end in a number from 100 to 139
  seed=1           another number, other requests and tasks

The quota is announced in X-RateLimit headers, the reset as UNIX seconds
(epoch), milliseconds (epoch-ms) or seconds left (delta); or in RateLimit
headers (ietf); or each task has a quota of its own, which X-RateLimit-Path
names (path).
`

const fieldsHelp = `Prints the fields that a row can have, or a template file to begin with.

Examples:
  taskbatch fields
  taskbatch fields --csv > tasks.csv
  taskbatch fields --schema row > row.schema.json
`

const reportHelp = `Says what became of a batch: outcomes, rows and latency over time, why rows did
not get through and what to do about it, these rows, and what was changed. It
needs nothing but the results file, also one that a spreadsheet has saved, the
.partial of a run that was not finished, or a file of --failures.

Examples:
  taskbatch report tasks.results.csv
  taskbatch report --html report.html tasks.results.csv
  taskbatch report --md done/tasks-*.csv >> "$GITHUB_STEP_SUMMARY"

update --report FILE writes the page at every ending of a run, with the causes
of the times in which nothing was answered.
`

const completionHelp = `Prints a script that completes commands, flags, their values, fields and files.

Examples:
  source <(taskbatch completion bash)     in ~/.bashrc
  source <(taskbatch completion zsh)      in ~/.zshrc, behind compinit
  taskbatch completion fish > ~/.config/fish/completions/taskbatch.fish
  taskbatch completion powershell | Out-String | Invoke-Expression
`

const manHelp = `Prints the manual page.

Examples:
  taskbatch man | man -l -
  taskbatch man > /usr/local/share/man/man1/taskbatch.1
`

// helpHelp is the help of help.
func helpHelp() string {
	return "Tells how to use a command, or about a topic:\n" + topicList()
}

// topicList names the topics.
func topicList() string {
	var b strings.Builder
	for _, t := range manual.Topics {
		fmt.Fprintf(&b, "  %-14s %s\n", t.Name, t.Summary)
	}
	return b.String()
}

const versionHelp = "Prints the version of taskbatch, of Go, and the platform.\n"
