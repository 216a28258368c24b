package client_test

import (
	"log"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Every test must leave no goroutine behind, and none goes through a proxy of
// this machine's.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
		if err := os.Unsetenv(name); err != nil {
			log.Panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}
