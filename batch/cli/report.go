package cli

import (
	"context"
	"io"
	"strings"

	"taskbatch/batch"
	"taskbatch/batch/manual"
	"taskbatch/batch/report"
	"taskbatch/batch/results"
)

// reportSettings is what the flags of the command report say.
type reportSettings struct {
	md   bool
	html string
}

func (r *reportSettings) flags() []*manual.Flag {
	return group("", []*manual.Flag{
		{Name: "md", Read: on(&r.md), Usage: "print Markdown, for a ticket or the summary of a CI job"},
		{Name: "html", Value: "FILE", Read: file(&r.html), Usage: "write the report page instead, and print nothing"},
	})
}

// report is the command report.
func (s *session) report(set *reportSettings) error {
	files := results.Files{Others: []string{set.html}}
	var sections []*report.Section
	defer func() {
		for _, section := range sections {
			section.Close()
		}
	}()
	for _, path := range s.inv.operands {
		if path == "-" {
			return setupf("a report reads its file twice; give the name of a file")
		}
		section, err := report.Read(s.ctx, path, "")
		if err != nil {
			return err
		}
		section.Next = s.nextAfter(section)
		sections = append(sections, section)
		files.Reserved = append(files.Reserved, results.Reserved{What: "one of the results", File: statName(path)})
	}
	if set.html == "" {
		write := report.WriteText
		if set.md {
			write = report.WriteMarkdown
		}
		return write(s.ctx, s.console.out, sections)
	}
	if err := files.Check(); err != nil {
		return setupf("%s", err)
	}
	err := writeOutput("report", set.html, 0o600, func(w io.Writer) error {
		return report.WriteHTML(context.WithoutCancel(s.ctx), w, sections)
	})
	if err != nil {
		return stopped(batch.Local, err.Error(), "")
	}
	return nil
}

// nextAfter is the command to type after the run that left the file; "" if
// there is none, or nobody knows it.
func (s *session) nextAfter(section *report.Section) string {
	path := section.Path
	switch finished, unfinished := cutPartial(path); {
	case unfinished:
		if path = inputOf(finished); path == "" {
			return ""
		}
	case section.Unfinished() == 0:
		return ""
	}
	var flags []string
	if strings.Join(section.Targets, "") == sandboxTarget {
		flags = []string{"--sandbox"}
	}
	return s.line("update", flags, path)
}
