package configwrite

import (
	"errors"
	"testing"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/configtest"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func TestAWriteWhoseStoreFailsChangesNothing(t *testing.T) {
	t.Parallel()
	create := func(t *testing.T, f fixture) error {
		t.Helper()
		_, err := f.service.Create(t.Context(), configapi.WriteRequest{Key: "b", Value: secret.NewText("2")})
		return err
	}
	update := func(t *testing.T, f fixture) error {
		t.Helper()
		_, err := f.update(t, "a", "2", `"1"`)
		return err
	}
	remove := func(t *testing.T, f fixture) error {
		t.Helper()
		return f.remove(t, "a", `"1"`)
	}
	cases := map[string]struct {
		method string
		do     func(*testing.T, fixture) error
	}{
		"create":         {"Insert", create},
		"update":         {"Update", update},
		"update, a read": {"ForUpdate", update},
		"delete":         {"Delete", remove},
		"delete, a read": {"ForUpdate", remove},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.create(t, "a", "1")
			kept := &configtest.Broken{Store: f.Store, Method: c.method, Err: db.ErrFull}
			f.service = New(f.Tx, kept, f.Clock, f.Changed.Publisher())
			if err := c.do(t, f); !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			all, err := f.Store.List(t.Context(), store.Query{Limit: 9})
			if err != nil || len(all) != 1 || all[0].Key != "a" || all[0].Version != 1 {
				t.Errorf("stored %+v, %v", all, err)
			}
			if n := f.Published(); n != 1 {
				t.Errorf("events: got %d, want 1, the first creation's", n)
			}
		})
	}
}
