package fxcelltest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"fxcell.dev/fxcell/fxcelltest"
)

// verdict is a test that remembers how it was ended.
type verdict struct {
	testing.TB

	skipped, failed string
}

func (v *verdict) Helper() {}

func (v *verdict) Skipf(format string, args ...any) {
	v.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestServerThatIsMissingFailsWhereServersWereStartedAndSkipsElsewhere(t *testing.T) {
	const variable = "TESTENV_NOTHING_DSN"
	for _, c := range []struct {
		name, address, testenv string
		skips, fails           bool
	}{
		{"named", "postgres://there", "", false, false},
		{"named and started", "postgres://there", "1", false, false},
		{"missing", "", "", true, false},
		{"missing, though servers were started", "", "1", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(variable, c.address)
			t.Setenv("TESTENV", c.testenv)
			v, got := &verdict{}, ""
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				got = fxcelltest.Server(v, variable)
			}()
			<-ended
			if got != c.address || c.skips != strings.Contains(v.skipped, variable) || c.fails != strings.Contains(v.failed, variable) {
				t.Errorf("Server = %q, skipped %q, failed %q", got, v.skipped, v.failed)
			}
		})
	}
}
