// Package fxcelltest starts assemblies in tests: with ports overridden, events recorded and HTTP driven in process.
package fxcelltest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/goleak"

	"fxcell.dev/fxcell/inspect"
)

// startTimeout is how long an app may take to start or stop in a test.
const startTimeout = time.Minute

// Override replaces port T at the root; it fails to build when nothing provides T. In a Durable assembly v is judged like any other provider.
func Override[T any](v T) fx.Option {
	return fx.Options(
		fx.Decorate(func(T) T { return v }),
		fx.Invoke(func(T) {}), // a decorator alone is ignored when nothing provides or takes T
	)
}

// App is an assembly that runs until its test ends.
type App struct {
	*fx.App

	tb     testing.TB
	public http.Handler
}

type handlerIn struct {
	fx.In

	Public http.Handler `name:"fxcell.public" optional:"true"`
}

// New starts an app of the options and stops it when the test ends. It fails the test when the app does not build, start or stop.
func New(tb testing.TB, options ...fx.Option) *App {
	tb.Helper()
	app := &App{tb: tb}
	app.App = fx.New(append(options, quiet(), fx.RecoverFromPanics(), fx.Invoke(func(in handlerIn) { app.public = in.Public }))...)
	if err := app.Err(); err != nil {
		tb.Fatalf("fxcelltest: does not build: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := app.Start(ctx); err != nil {
		tb.Fatalf("fxcelltest: does not start: %v", err)
	}
	tb.Cleanup(app.stop)
	return app
}

// TB returns the test that the app belongs to.
func (a *App) TB() testing.TB { return a.tb }

func (a *App) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		a.tb.Errorf("fxcelltest: does not stop: %v", err)
	}
}

// Fault builds an app of the options without starting it and returns what is wrong with it.
func Fault(options ...fx.Option) error {
	return fx.New(append(options, quiet(), fx.RecoverFromPanics())...).Err()
}

// quiet keeps the lifecycle's events out of the test's output.
func quiet() fx.Option {
	return fx.WithLogger(func() fxevent.Logger { return &inspect.Hooks{} })
}

// Main runs a package's tests and fails when a goroutine outlives them. Call it from TestMain.
func Main(m *testing.M) { goleak.VerifyTestMain(m) }
