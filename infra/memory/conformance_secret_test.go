package memory

import (
	"testing"

	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/secrettest"
)

func TestKeysKeepThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, func(t *testing.T) secret.KeyProvider {
		t.Helper()
		return newTestKeys(t)
	})
}
