package configs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/configs"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/config"
	configmodule "fxcell.dev/modules/config"
	"fxcell.dev/modules/logging"
)

// The sections of core.yaml, as far as it names their keys.
type (
	listener   struct{ Addr string }
	httpserver struct {
		Public, Ops     listener
		ShutdownTimeout time.Duration
	}
	sections struct {
		fx.In

		Logging logging.Config
		Auth    auth.Config
		Server  httpserver
	}
)

func TestTheFileOfTheCoreIsReadWithoutAFault(t *testing.T) {
	t.Parallel()
	var got sections
	app := fx.New(fx.NopLogger, configs.Core, configmodule.Module, config.Section[logging.Config]("logging"), config.Section[auth.Config]("auth"),
		config.Section[httpserver]("httpserver"), fx.Invoke(func(s sections) { got = s }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	want := httpserver{Public: listener{"127.0.0.1:8080"}, Ops: listener{"127.0.0.1:8081"}, ShutdownTimeout: 10 * time.Second}
	if diff := cmp.Diff(want, got.Server); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(auth.Config{}.WithDefaults(), got.Auth); diff != "" {
		t.Errorf("the file shows other values than the documented defaults: %s", diff)
	}
	if diff := cmp.Diff(logging.Config{}.WithDefaults(), got.Logging); diff != "" {
		t.Errorf("the file shows other values than the documented defaults: %s", diff)
	}
}
