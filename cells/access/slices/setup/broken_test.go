package setup_test

import (
	"errors"
	"testing"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/slices/setup"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

func TestSetupWhoseStoreFailsCreatesNobodyAndStaysOpen(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Setup", "CompleteSetup", "InsertUser"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			kept := &accesstest.Broken{Store: f.Store, Method: method, Err: db.ErrFull}
			service := setup.New(f.Tx, kept, f.Guard, f.Maker, f.events.Publisher(), f.Clock)
			_, err := service.Create(t.Context(), request(f.token))
			if !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			if u, err := f.Store.UserByUsername(t.Context(), "root"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("stored %+v, %v", u, err)
			}
			if s, err := f.Store.Setup(t.Context()); err != nil || !s.Open(f.Clock.Now()) {
				t.Errorf("the setup: %+v, %v", s, err)
			}
			if n := len(f.events.All()); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

func TestStartWhoseStoreFailsOffersNothing(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Setup", "OfferSetup"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			f := accesstest.New(t)
			kept := &accesstest.Broken{Store: f.Store, Method: method, Err: db.ErrFull}
			service := setup.New(f.Tx, kept, f.Guard, f.Maker, accesstest.Failing[accessapi.UserCreated](db.ErrFull), f.Clock)
			if err := service.Start(t.Context()); !errors.Is(err, db.ErrFull) {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			if token, open := service.Token(); open || token != "" {
				t.Errorf("offers %q, open: %v", token, open)
			}
			if s, err := f.Store.Setup(t.Context()); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("stored %+v, %v", s, err)
			}
		})
	}
}
