package store

import (
	"context"
	"slices"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

// InsertUser implements Users.
func (m *memory) InsertUser(ctx context.Context, u domain.User) error {
	if err := writing(ctx); err != nil {
		return err
	}
	if _, taken := m.usernames.Get(ctx, u.Username.Key); taken {
		return ErrUsernameTaken
	}
	if _, taken := m.emails.Get(ctx, u.Email.Key); taken {
		return ErrEmailTaken
	}
	u.Roles = slices.Clone(u.Roles)
	if err := m.users.Insert(ctx, u.ID, u); err != nil {
		return err
	}
	if err := m.usernames.Insert(ctx, u.Username.Key, u.ID); err != nil {
		return err
	}
	return m.emails.Insert(ctx, u.Email.Key, u.ID)
}

// User implements Users.
func (m *memory) User(ctx context.Context, id string) (domain.User, error) {
	u, ok := m.users.Get(ctx, id)
	if !ok {
		return domain.User{}, db.ErrNotFound
	}
	u.Roles = slices.Clone(u.Roles)
	return u, nil
}

// UserByUsername implements Users.
func (m *memory) UserByUsername(ctx context.Context, text string) (domain.User, error) {
	id, ok := m.usernames.Get(ctx, domain.UsernameKey(text))
	if !ok {
		return domain.User{}, db.ErrNotFound
	}
	u, err := m.User(ctx, id)
	if err != nil || u.Username.Text != text { // a name that only looks like it is another one
		return domain.User{}, db.ErrNotFound
	}
	return u, nil
}
