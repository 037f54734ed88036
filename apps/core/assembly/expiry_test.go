package assembly_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/cells/access"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/level"
)

// A session ends when it should, also for a token that would be good for longer.
func TestASessionEndsWithItsToken(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	fxcelltest.Bubble(t, func(app *fxcelltest.App) {
		p := &product{App: app, t: app.TB()}
		p.setUp(report)
		p.token = p.login()
		status := func() int { return p.Do(fxRequest(http.MethodGet, "/api/v1/config/", p.token)).Status }
		time.Sleep(14*time.Minute + 59*time.Second) //nolint:forbidigo // the bubble's clock
		if got := status(); got != http.StatusOK {
			app.TB().Errorf("in the session's last second: status %d", got)
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		if got := status(); got != http.StatusUnauthorized {
			app.TB().Errorf("past the session's end: status %d", got)
		}
	}, assembly.Demo, withoutSockets(), quiet(), fx.Replace(access.Config{TokenTTL: 15 * time.Minute, SessionTTL: 15 * time.Minute}), fx.Populate(&report))
}

// watcher fails until its last attempt, and notes when it was asked.
type watcher struct {
	mu    sync.Mutex
	asked []time.Time
}

func (w *watcher) times() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}

func (w *watcher) onChanged(context.Context, event.Message[configapi.Changed]) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked = append(w.asked, time.Now()); len(w.asked) < event.DefaultRetry().Attempts {
		return errors.New("not yet")
	}
	return nil
}

// An event whose handler fails comes back, each time after a pause of at most twice the last one and thirty seconds, until it is handled.
func TestARetriedEventReturnsInTime(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	w := &watcher{}
	cell := fxcell.Cell(fxcell.CellMeta{ID: "watch", Level: level.L1}, fxcell.Slice(
		fxcell.SliceMeta{ID: "watch", Cell: "watch", Subscribes: []fxcell.Subscribes{{Contract: configapi.ChangedV1.ID}}},
		fxcell.Provide(func() *watcher { return w }), contract.Subscribe(configapi.ChangedV1, (*watcher).onChanged)))
	fxcelltest.Bubble(t, func(app *fxcelltest.App) {
		p := &product{App: app, t: app.TB()}
		p.setUp(report)
		p.token = p.login()
		p.must(http.StatusCreated, nil, fxPost("/api/v1/config/", `{"key":"colour","value":"green"}`))
		time.Sleep(10 * time.Minute) //nolint:forbidigo // the bubble's clock
		retry, asked := event.DefaultRetry(), w.times()
		if len(asked) != retry.Attempts {
			app.TB().Fatalf("asked %d times, want %d", len(asked), retry.Attempts)
		}
		longest := retry.From
		for i := range asked[1:] {
			if pause := asked[i+1].Sub(asked[i]); pause > longest {
				app.TB().Errorf("pause %d took %v, want %v at most", i+1, pause, longest)
			}
			longest = min(2*longest, retry.To)
		}
	}, assembly.Demo, cell, withoutSockets(), quiet(), fx.Populate(&report))
}
