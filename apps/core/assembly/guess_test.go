package assembly_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/ratelimit"
)

// Who guesses at a password is told to wait, for longer each time, and then for as long as the source has left of its budget.
func TestWhoGuessesIsToldToWait(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	fxcelltest.Bubble(t, func(app *fxcelltest.App) {
		p := &product{App: app, t: app.TB()}
		p.setUp(report)
		try := func(username, plain string, status int, retryAfter string) {
			p.t.Helper()
			body := fmt.Sprintf(`{"username":%q,"password":%q}`, username, plain)
			answer := p.Do(fxPost("/api/v1/access/sessions/login", body))
			if got := answer.Header.Get("Retry-After"); answer.Status != status || got != retryAfter {
				p.t.Errorf("%s: status %d with Retry-After %q, want %d with %q: %s", username, answer.Status, got, status, retryAfter, answer.Body)
			}
		}
		for range 5 {
			try("admin", "a guess of theirs", http.StatusUnauthorized, "")
		}
		try("admin", password, http.StatusTooManyRequests, "1")
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		try("admin", "a guess of theirs", http.StatusUnauthorized, "")
		try("admin", password, http.StatusTooManyRequests, "2")
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		try("admin", password, http.StatusCreated, "")
		for i := range 14 {
			try(fmt.Sprint("nobody", i), password, http.StatusUnauthorized, "")
		}
		try("admin", password, http.StatusTooManyRequests, "297")
		time.Sleep(5 * time.Minute) //nolint:forbidigo // the bubble's clock
		try("admin", password, http.StatusCreated, "")
	}, assembly.Demo, withoutSockets(), quiet(), fx.Populate(&report))
}

// unlimited lets everybody try as often as they like, at the price of counting.
func unlimited() fx.Option {
	return fx.Decorate(func(l ratelimit.Limiter) ratelimit.Limiter { return forgetful{l} })
}

type forgetful struct{ ratelimit.Limiter }

// Take implements ratelimit.Limiter.
func (l forgetful) Take(ctx context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := l.Reset(ctx, key); err != nil {
		return 0, err
	}
	return l.Limiter.Take(ctx, key, p)
}
