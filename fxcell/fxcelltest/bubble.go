package fxcelltest

import (
	"testing"
	"testing/synctest"

	"go.uber.org/fx"
)

// Bubble runs an app, and fn with it, in a bubble of time: the clock stands still while anything works and jumps to the next timer when nothing does,
// so that a month costs milliseconds. The app must open no socket and no file that it waits for: drive HTTP by Do, and turn the listeners off. It is
// stopped, inside the bubble, when fn returns; App.TB is the test inside the bubble.
func Bubble(t *testing.T, fn func(app *App), options ...fx.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		fn(New(t, options...))
	})
}
