package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// fault is one change of a file: the bytes from..to become text.
type fault struct {
	file     string
	line     int
	from, to int
	text     string
	what     string
}

func (f fault) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.what) }

// findFaults finds the places in a package's files, tests left out, where a
// fault can be put.
func findFaults(dir string, pattern *regexp.Regexp) ([]fault, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var found []fault
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || !pattern.MatchString(filepath.Base(name)) {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			return nil, err
		}
		s := search{name: name, source: source, set: set}
		ast.Inspect(file, s.visit)
		found = append(found, s.found...)
	}
	return found, nil
}

// search collects the faults of one file.
type search struct {
	name   string
	source []byte
	set    *token.FileSet
	found  []fault
}

func (s *search) offset(p token.Pos) int { return s.set.Position(p).Offset }

// add notes that the code from..to may become text.
func (s *search) add(from, to token.Pos, text string) {
	f := fault{file: s.name, line: s.set.Position(from).Line, from: s.offset(from), to: s.offset(to), text: text}
	was, _, _ := strings.Cut(string(s.source[f.from:f.to]), "\n")
	if text == "" {
		f.what = fmt.Sprintf("left out: %s", was)
	} else {
		f.what = fmt.Sprintf("%s became %s", was, text)
	}
	s.found = append(s.found, f)
}

var swapped = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
	token.ADD: "-", token.SUB: "+",
}

func (s *search) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if text, ok := swapped[n.Op]; ok {
			s.add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), text)
		}
	case *ast.IfStmt:
		if _, compared := n.Cond.(*ast.BinaryExpr); !compared {
			s.negate(n.Cond)
		}
	case *ast.ExprStmt:
		s.add(n.Pos(), n.End(), "")
	case *ast.IncDecStmt:
		s.add(n.Pos(), n.End(), "")
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			s.add(n.Pos(), n.End(), "")
		}
	case *ast.ValueSpec:
		for _, v := range n.Values {
			s.increase(v)
		}
	case *ast.Ident:
		if n.Name == "true" || n.Name == "false" {
			s.add(n.Pos(), n.End(), strconv.FormatBool(n.Name == "false"))
		}
	}
	return true
}

func (s *search) negate(cond ast.Expr) {
	text := string(s.source[s.offset(cond.Pos()):s.offset(cond.End())])
	s.add(cond.Pos(), cond.End(), "!("+text+")")
}

// increase makes a constant number one higher.
func (s *search) increase(v ast.Expr) {
	if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.INT {
		s.add(lit.Pos(), lit.End(), "("+lit.Value+"+1)")
	}
}
