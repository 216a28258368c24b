package cli

import (
	"strings"
	"testing"
)

func TestCauseText(t *testing.T) {
	long := strings.Repeat("ü", 1000)
	for name, c := range map[string]struct {
		status  int
		message string
		want    string
	}{
		"server's words":   {404, "Account task not found", "404 Account task not found"},
		"status in them":   {400, "400 Bad Request: no title", "400 Bad Request: no title"},
		"status alone":     {503, "503", "503"},
		"another number":   {400, "4001 is no id", "400 4001 is no id"},
		"no answer":        {0, "connection refused", "connection refused"},
		"a page":           {500, long, "500 " + strings.Repeat("ü", 196) + "..."},
		"as long as it is": {0, long[:400], long[:400]},
		"two lines":        {400, "a\nb", `400 a\nb`},
	} {
		if got := causeText(c.status, c.message); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
