// Package storetest holds what every implementation of the access cell's store must do.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// Kit is an empty store and the transactor that its writers use.
type Kit struct {
	Store store.Store
	Tx    db.Transactor
}

// Run holds stores against every promise of the port. open returns an empty one each time.
func Run(t *testing.T, open func(t *testing.T) Kit) {
	t.Helper()
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := c.Run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check is one promise of the port. Run returns how an empty store breaks it.
type Check struct {
	Name string
	Run  func(ctx context.Context, k Kit) error
}

// Checks returns all of them.
func Checks() []Check {
	return append(append(userChecks(), sessionChecks()...), append(keyChecks(), setupChecks()...)...)
}

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	errUndo = errors.New("undo")
	errNone = errors.New("no error")
)

// write runs fn in a transaction of its own.
func (k Kit) write(ctx context.Context, fn func(ctx context.Context) error) error {
	return k.Tx.InTx(ctx, fn)
}

// undone runs fn in a transaction that is rolled back.
func (k Kit) undone(ctx context.Context, fn func(ctx context.Context) error) error {
	err := k.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return fmt.Errorf("in the transaction: %w", err)
}

func wantError(what string, got, want error) error {
	if !errors.Is(got, want) {
		return fmt.Errorf("%s: want %q, got %w", what, want.Error(), orNone(got))
	}
	return nil
}

func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

func wantEqual(what string, got, want any) error {
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		return fmt.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
	return nil
}

// User returns a user with the name, whose other fields are all filled.
func User(id, username string) domain.User {
	return domain.User{
		ID: id, Username: domain.Username{Text: username, Key: domain.UsernameKey(username)},
		Email:    domain.Email{Text: username + "@example.org", Key: username + "@example.org"},
		Password: secret.NewText("$argon2id$" + id), ResetRequired: true, Roles: []string{"admin", "auditor"}, Status: domain.Suspended,
		Epoch: 7, CreatedAt: noon, UpdatedAt: noon.Add(time.Minute),
	}
}
