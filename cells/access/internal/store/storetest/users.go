package storetest

import (
	"context"
	"errors"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/db"
)

func userChecks() []Check {
	return []Check{
		{"a user is read as it was inserted", userRoundTrip},
		{"a user that is not there is not found", userNotFound},
		{"what is no text is nobody's id", nobodysID},
		{"a username exists once, also in letters that look alike", usernameUnique},
		{"an e-mail address exists once", emailUnique},
		{"a refused user leaves nothing behind", userRefusedWhole},
		{"a user of a transaction that failed was never there", userUndone},
		{"a user needs a transaction", userOutside},
		{"a user belongs to the store, not to who reads it", userIsolated},
	}
}

func (k Kit) addUser(ctx context.Context, u domain.User) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.InsertUser(ctx, u) })
}

func userRoundTrip(ctx context.Context, k Kit) error {
	want := User("1", "ada")
	inside := k.write(ctx, func(ctx context.Context) error {
		if err := k.Store.InsertUser(ctx, want); err != nil {
			return err
		}
		return k.readsUser(ctx, want)
	})
	return errors.Join(inside, k.readsUser(ctx, want))
}

func (k Kit) readsUser(ctx context.Context, want domain.User) error {
	byID, errID := k.Store.User(ctx, want.ID)
	byName, errName := k.Store.UserByUsername(ctx, want.Username.Text)
	return errors.Join(errID, errName, wantEqual("user by id", byID, want), wantEqual("user by username", byName, want))
}

func userNotFound(ctx context.Context, k Kit) error {
	if err := k.addUser(ctx, User("1", "ada")); err != nil {
		return err
	}
	_, errID := k.Store.User(ctx, "2")
	_, errName := k.Store.UserByUsername(ctx, "bob")
	_, errEmpty := k.Store.UserByUsername(ctx, "")
	_, errTwin := k.Store.UserByUsername(ctx, "аda") // Cyrillic
	return errors.Join(wantError("user by id", errID, db.ErrNotFound), wantError("user by username", errName, db.ErrNotFound),
		wantError("user by no username", errEmpty, db.ErrNotFound), wantError("user by a name that looks alike", errTwin, db.ErrNotFound))
}

// nobodysID holds ids that callers may send, and that no database of text has.
func nobodysID(ctx context.Context, k Kit) error {
	var errs []error
	for _, id := range []string{"", "\xff", "a\x00b", "\xed\xa0\x80"} {
		_, errUser := k.Store.User(ctx, id)
		_, errName := k.Store.UserByUsername(ctx, id)
		_, errSession := k.Store.Session(ctx, id)
		_, errKey := k.Store.Key(ctx, id)
		errs = append(errs, wantError("user", errUser, db.ErrNotFound), wantError("user by username", errName, db.ErrNotFound),
			wantError("session", errSession, db.ErrNotFound), wantError("key", errKey, db.ErrNotFound),
			wantError("revoke", k.revoke(ctx, id), db.ErrNotFound))
	}
	return errors.Join(errs...)
}

func usernameUnique(ctx context.Context, k Kit) error {
	if err := k.addUser(ctx, User("1", "ada")); err != nil {
		return err
	}
	same, twin := User("2", "ada"), User("3", "аda") // Cyrillic
	same.Email.Key, twin.Email.Key = "x@example.org", "y@example.org"
	errSame, errTwin := k.addUser(ctx, same), k.addUser(ctx, twin)
	return errors.Join(wantError("same name", errSame, store.ErrUsernameTaken), wantError("same name", errSame, db.ErrUnique),
		wantError("name that looks alike", errTwin, store.ErrUsernameTaken))
}

func emailUnique(ctx context.Context, k Kit) error {
	if err := k.addUser(ctx, User("1", "ada")); err != nil {
		return err
	}
	other := User("2", "bob")
	other.Email = domain.Email{Text: "ADA@example.org", Key: "ada@example.org"}
	err := k.addUser(ctx, other)
	return errors.Join(wantError("same address", err, store.ErrEmailTaken), wantError("same address", err, db.ErrUnique))
}

// userRefusedWhole also holds when the transaction goes on after the refusal.
func userRefusedWhole(ctx context.Context, k Kit) error {
	if err := k.addUser(ctx, User("1", "ada")); err != nil {
		return err
	}
	err := k.write(ctx, func(ctx context.Context) error {
		refused := User("2", "bob")
		refused.Email.Key = "ada@example.org"
		refusal := k.Tx.InTx(ctx, func(ctx context.Context) error { return k.Store.InsertUser(ctx, refused) })
		return wantError("same address", refusal, store.ErrEmailTaken)
	})
	_, errGone := k.Store.UserByUsername(ctx, "bob")
	return errors.Join(err, wantError("the refused user", errGone, db.ErrNotFound), k.addUser(ctx, User("2", "bob")))
}

func userUndone(ctx context.Context, k Kit) error {
	u := User("1", "ada")
	if err := k.undone(ctx, func(ctx context.Context) error { return k.Store.InsertUser(ctx, u) }); err != nil {
		return err
	}
	_, err := k.Store.UserByUsername(ctx, "ada")
	return errors.Join(wantError("the user", err, db.ErrNotFound), k.addUser(ctx, u))
}

func userOutside(ctx context.Context, k Kit) error {
	return wantError("insert", k.Store.InsertUser(ctx, User("1", "ada")), db.ErrNoTransaction)
}

func userIsolated(ctx context.Context, k Kit) error {
	inserted := User("1", "ada")
	if err := k.addUser(ctx, inserted); err != nil {
		return err
	}
	inserted.Roles[0] = "changed"
	read, err := k.Store.User(ctx, "1")
	if err != nil {
		return err
	}
	read.Roles[0] = "changed"
	return k.readsUser(ctx, User("1", "ada"))
}
