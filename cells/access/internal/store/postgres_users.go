package store

import (
	"context"
	"errors"
	"slices"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

const (
	insertUser = `INSERT INTO access.users (id, username, username_key, email, email_key, password, reset_required, roles, status, epoch, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	selectUser = `SELECT id, username, username_key, email, email_key, password, reset_required, roles, status, epoch, created_at, updated_at
FROM access.users WHERE `
)

// takenBy says which rule of the schema stands for which error.
var takenBy = map[string]error{"users_username_key": ErrUsernameTaken, "users_email_key": ErrEmailTaken}

// InsertUser implements Users.
func (p *postgres) InsertUser(ctx context.Context, u domain.User) error {
	roles := slices.Clone(u.Roles)
	if roles == nil {
		roles = []string{}
	}
	_, err := p.sql.Exec(ctx, insertUser, u.ID, u.Username.Text, u.Username.Key, u.Email.Text, u.Email.Key, u.Password.Reveal(), u.ResetRequired,
		roles, string(u.Status), u.Epoch, u.CreatedAt, u.UpdatedAt)
	if broken, ok := errors.AsType[*db.ConstraintError](err); ok && takenBy[broken.Constraint] != nil {
		return takenBy[broken.Constraint]
	}
	return err
}

// User implements Users.
func (p *postgres) User(ctx context.Context, id string) (domain.User, error) {
	if !isText(id) {
		return domain.User{}, db.ErrNotFound
	}
	return one(ctx, p.sql, scanUser, selectUser+`id = $1`, id)
}

// UserByUsername implements Users. The key finds the row by its index; a name that only looks like the one asked for is another one.
func (p *postgres) UserByUsername(ctx context.Context, text string) (domain.User, error) {
	if !isText(text) {
		return domain.User{}, db.ErrNotFound
	}
	return one(ctx, p.sql, scanUser, selectUser+`username_key = $1 AND username = $2`, domain.UsernameKey(text), text)
}

func scanUser(row db.Row) (u domain.User, err error) {
	var password, status string
	err = row.Scan(&u.ID, &u.Username.Text, &u.Username.Key, &u.Email.Text, &u.Email.Key, &password, &u.ResetRequired,
		&u.Roles, &status, &u.Epoch, &u.CreatedAt, &u.UpdatedAt)
	u.Password, u.Status = secret.NewText(password), domain.Status(status)
	u.CreatedAt, u.UpdatedAt = u.CreatedAt.UTC(), u.UpdatedAt.UTC()
	return u, err
}
