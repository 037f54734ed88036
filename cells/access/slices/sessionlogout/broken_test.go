package sessionlogout_test

import (
	"errors"
	"testing"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/slices/sessionlogout"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

func TestLogoutWhoseStoreFailsEndsNothing(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Session", "RevokeSession"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			kept := &accesstest.Broken{Store: f.Store, Method: method, Err: db.ErrFull}
			f.service = sessionlogout.New(f.Tx, kept, f.events.Publisher(), f.Clock)
			err := f.delete(t.Context(), f.self(), f.session.ID)
			if !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			if got, err := f.Store.Session(t.Context(), f.session.ID); err != nil || !got.Stands(f.Clock.Now()) {
				t.Errorf("stored %+v, %v", got, err)
			}
			if n := len(f.events.All()); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}
