package fxcelltest

import (
	"os"
	"testing"
)

// Server returns the address of a real server that a test needs, out of the variable that names it, such as TESTENV_POSTGRES_DSN. Without it the test is
// skipped; it fails where TESTENV says that servers were started for the tests, as make test does.
func Server(tb testing.TB, variable string) string {
	tb.Helper()
	address := os.Getenv(variable)
	switch {
	case address != "":
	case os.Getenv("TESTENV") != "":
		tb.Fatalf("fxcelltest: %s is empty, though TESTENV says that servers were started for the tests", variable)
	default:
		tb.Skipf("fxcelltest: %s is empty: name a server by it, or run the tests by make test", variable)
	}
	return address
}
