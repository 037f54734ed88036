package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/fx"

	port "fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/modules/auth"
)

type nobody struct{}

func (nobody) Key(context.Context, string) (port.PublicKey, error) {
	return port.PublicKey{}, port.ErrUnknownKey
}
func (nobody) Keys(context.Context) ([]port.PublicKey, error) { return nil, nil }
func (nobody) Check(context.Context, port.Session) error      { return port.ErrRejected }
func (nobody) Decode(string, any) error                       { return nil }

func parts() fx.Option {
	return fx.Options(auth.Module, fx.NopLogger, fx.Provide(
		func() port.KeySource { return nobody{} }, func() port.Sessions { return nobody{} }, func() config.Source { return nobody{} }, clock.System,
	))
}

func TestModuleProvidesTheAuthenticator(t *testing.T) {
	t.Parallel()
	var a port.Authenticator
	if err := fx.New(parts(), fx.Populate(&a)).Err(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if _, err := a.Authenticate(r); err == nil {
		t.Error("a request without credentials is accepted")
	}
}

func TestModuleRefusesAWrongSection(t *testing.T) {
	t.Parallel()
	err := fx.New(parts(), fx.Replace(port.Config{Skew: -1}), fx.Invoke(func(port.Authenticator) {})).Err()
	if err == nil || !strings.Contains(err.Error(), "modules/auth: auth.skew is out of range") {
		t.Errorf("got error %v, want one that names auth.skew", err)
	}
}
