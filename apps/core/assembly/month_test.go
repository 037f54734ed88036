package assembly_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
)

// What has an end ends when it should: the setup token after a day, an access token after ten minutes (and the skew that is granted to clocks), a session
// after twelve hours.
func TestAMonthOfTheProduct(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	fxcelltest.Bubble(t, func(app *fxcelltest.App) {
		started := time.Now()
		p := &product{App: app, t: app.TB()}
		p.setUp(report)
		p.token = p.login()
		const skew = 30 * time.Second
		status := func() int {
			return p.Do(fxcelltest.Request{Method: http.MethodGet, Path: "/api/v1/config/", Token: p.token}).Status
		}
		time.Sleep(10*time.Minute + skew - time.Second) //nolint:forbidigo // the bubble's clock
		if got := status(); got != http.StatusOK {
			app.TB().Errorf("a token in its last second: status %d", got)
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		if got := status(); got != http.StatusUnauthorized {
			app.TB().Errorf("a token past its end: status %d", got)
		}
		for time.Since(started) < 30*24*time.Hour {
			time.Sleep(24 * time.Hour) //nolint:forbidigo // the bubble's clock
		}
		p.token = p.login()
		if got := status(); got != http.StatusOK {
			app.TB().Errorf("a new session after a month: status %d", got)
		}
		p.must(http.StatusGone, nil, fxcelltest.Request{
			Method: http.MethodPost, Path: "/api/v1/access/setup",
			Body: fmt.Sprintf(`{"token":"x","username":"eve","email":"eve@example.com","password":%q}`, password),
		})
	}, assembly.Demo, withoutSockets(), quiet(), fx.Populate(&report))
}

func TestTheSetupTokenIsGoodForADay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{
		{24*time.Hour - time.Second, http.StatusCreated},
		{24*time.Hour + time.Second, http.StatusForbidden},
	} {
		t.Run(tt.after.String(), func(t *testing.T) {
			t.Parallel()
			var report *inspect.Report
			fxcelltest.Bubble(t, func(app *fxcelltest.App) {
				token := tokenOf(app.TB(), report)
				time.Sleep(tt.after) //nolint:forbidigo // the bubble's clock
				answer := app.Do(fxcelltest.Request{
					Method: http.MethodPost, Path: "/api/v1/access/setup",
					Body: fmt.Sprintf(`{"token":%q,"username":"admin","email":"admin@example.com","password":%q}`, token, password),
				})
				if answer.Status != tt.want {
					app.TB().Errorf("status %d, want %d: %s", answer.Status, tt.want, answer.Body)
				}
			}, assembly.Demo, withoutSockets(), quiet(), fx.Populate(&report))
		})
	}
}
