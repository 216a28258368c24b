package client_test

import (
	"io"
	"log"
	"testing"

	"go.uber.org/goleak"
)

// Every test must leave no goroutine behind.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http reports what servers send unasked
	goleak.VerifyTestMain(m)
}
