package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

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
