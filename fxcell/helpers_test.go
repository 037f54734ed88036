package fxcell_test

import (
	"slices"
	"strings"
	"testing"

	"fxcell.dev/fxcell/fxcelltest"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// contains reports whether one line of err holds text: a fault is one line.
func contains(err error, text string) bool {
	return slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(line string) bool { return strings.Contains(line, text) })
}
