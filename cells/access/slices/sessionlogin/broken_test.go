package sessionlogin_test

import (
	"context"
	"errors"
	"testing"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/slices/sessionlogin"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

// noting remembers which session was to be stored: an answer without one does not say.
type noting struct {
	store.Store

	id string
}

func (n *noting) InsertSession(ctx context.Context, s domain.Session) error {
	n.id = s.ID
	return n.Store.InsertSession(ctx, s)
}

func TestLoginWhoseStoreFailsOpensNothing(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"UserByUsername", "PurgeSessions", "InsertSession"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.Add(t, "ada", nil)
			kept := &noting{Store: &accesstest.Broken{Store: f.Store, Method: method, Err: db.ErrFull}}
			service := sessionlogin.New(f.Tx, kept, f.Guard, f.Hasher, f.Issuer, f.events.Publisher())
			got, err := service.Login(t.Context(), request("ada", accesstest.Password))
			if !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			if got != (accessapi.LoginResponse{}) || len(f.events.All()) != 0 {
				t.Errorf("answered %+v, %d events", got, len(f.events.All()))
			}
			if _, err := f.Store.Session(t.Context(), kept.id); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("the session: got %v, want %v", err, db.ErrNotFound)
			}
		})
	}
}
