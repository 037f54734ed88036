package configpublish

import (
	"errors"
	"testing"

	"fxcell.dev/cells/config/internal/configtest"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func TestAPublicationWhoseStoreFailsChangesNothing(t *testing.T) {
	t.Parallel()
	publish := func(t *testing.T, f fixture) error {
		t.Helper()
		_, err := f.publish(t, "a", `"2"`)
		return err
	}
	rollback := func(t *testing.T, f fixture) error {
		t.Helper()
		_, err := f.rollback(t, "a", 1, `"2"`)
		return err
	}
	cases := map[string]struct {
		method string
		do     func(*testing.T, fixture) error
	}{
		"publish":                     {"Publish", publish},
		"publish, the setting's read": {"ForUpdate", publish},
		"publish, the last one's":     {"Publication", publish},
		"roll back":                   {"Update", rollback},
		"roll back, a read":           {"ForUpdate", rollback},
		"roll back, the version's":    {"Version", rollback},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.change(t, f.add(t, "a", "v", domain.Rules{}), domain.Change{Value: secret.NewText("w")})
			kept := &configtest.Broken{Store: f.Store, Method: c.method, Err: db.ErrFull}
			f.service = New(f.Tx, kept, f.Clock, f.Changed.Publisher(), f.RolledBack.Publisher())
			if err := c.do(t, f); !errors.Is(err, db.ErrFull) || problem.From(err).Code != problem.Unavailable {
				t.Errorf("got error %v, want %v", err, db.ErrFull)
			}
			if e, err := f.Store.Get(t.Context(), "a"); err != nil || e.Version != 2 {
				t.Errorf("stored %+v, %v", e, err)
			}
			if p, err := f.Store.Publication(t.Context(), "a"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("published %+v, %v", p, err)
			}
			if n := f.Published(); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}
