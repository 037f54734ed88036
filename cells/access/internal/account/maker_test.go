package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func draft() account.Draft {
	return account.Draft{Username: "Ada", Email: "Ada@Example.org", Password: secret.NewText(accesstest.Password), Roles: []string{"b", "a", "b"}}
}

func TestUserIsMadeFromItsDraft(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	d := draft()
	d.ResetRequired = true
	u, err := f.Maker.Make(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if u.Username.Text != "ada" || u.Email.Text != "Ada@example.org" || !u.ResetRequired || !slices.Equal(u.Roles, []string{"a", "b"}) ||
		u.Status != domain.Active || u.CreatedAt.IsZero() || u.UpdatedAt != u.CreatedAt || u.ID == "" {
		t.Errorf("got %+v", u)
	}
	if ok, err := f.Hasher.Verify(t.Context(), u.Password, d.Password); !ok || err != nil {
		t.Errorf("its password: %v, %v", ok, err)
	}
}

func TestDraftIsToldAllItsFaultsAtOnceAndCostsNoHash(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*account.Draft)
		want   []string // pointer and rule
	}{
		"username":       {func(d *account.Draft) { d.Username = "a" }, []string{"/username minLength"}},
		"email":          {func(d *account.Draft) { d.Email = "x" }, []string{"/email email"}},
		"short password": {func(d *account.Draft) { d.Password = secret.NewText("short") }, []string{"/password minLength"}},
		"long password":  {func(d *account.Draft) { d.Password = secret.NewText(strings.Repeat("x", 257)) }, []string{"/password maxLength"}},
		"huge password":  {func(d *account.Draft) { d.Password = secret.NewText(strings.Repeat("x", 1025)) }, []string{"/password maxBytes"}},
		"too many roles": {func(d *account.Draft) { d.Roles = make([]string, 17) }, []string{"/roles maxItems"}},
		"empty role":     {func(d *account.Draft) { d.Roles = []string{""} }, []string{"/roles maxLength"}},
		"all": {
			func(d *account.Draft) { *d = account.Draft{Roles: []string{strings.Repeat("r", 65)}} },
			[]string{"/username minLength", "/email email", "/password minLength", "/roles maxLength"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := accesstest.New(t)
			d := draft()
			c.change(&d)
			_, err := f.Maker.Make(t.Context(), d)
			var p *problem.Error
			if !errors.As(err, &p) || p.Code != problem.Invalid {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, fault := range p.Faults {
				got = append(got, fault.Pointer+" "+fault.Rule)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if f.Hashes.Count() != 0 {
				t.Errorf("%d hashes", f.Hashes.Count())
			}
		})
	}
}

func TestConflictNamesTheMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		pointer string
	}{
		{store.ErrUsernameTaken, "/username"},
		{store.ErrEmailTaken, "/email"},
	} {
		var p *problem.Error
		if err := account.Conflict(c.err); !errors.As(err, &p) || p.Code != accessapi.ErrUserExists || len(p.Faults) != 1 || p.Faults[0].Pointer != c.pointer {
			t.Errorf("%v became %v", c.err, err)
		}
	}
	if err := account.Conflict(db.ErrFull); err != db.ErrFull { //nolint:errorlint // the same error, unwrapped
		t.Errorf("another error became %v", err)
	}
}

func TestViewOfAUserWithoutRolesIsAList(t *testing.T) {
	t.Parallel()
	if got := account.View(domain.User{}).Roles; got == nil {
		t.Error("got no list")
	}
}
