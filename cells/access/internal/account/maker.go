// Package account makes users out of what was asked for, and shows them.
package account

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// Draft is a user as it was asked for.
type Draft struct {
	Username, Email string
	Password        secret.Text
	ResetRequired   bool
	Roles           []string
}

// Maker makes users. It is safe for concurrent use.
type Maker struct {
	hasher *password.Hasher
	clock  clock.Clock
}

// NewMaker returns a maker.
func NewMaker(hasher *password.Hasher, clk clock.Clock) *Maker {
	return &Maker{hasher: hasher, clock: clk}
}

// Make returns the user that a draft asks for, which nothing keeps yet. What is wrong with the draft comes as one problem.Invalid with a fault
// for each member; a draft with faults costs no hash.
func (m *Maker) Make(ctx context.Context, d Draft) (domain.User, error) {
	username, usernameErr := domain.ParseUsername(d.Username)
	email, emailErr := domain.ParseEmail(d.Email)
	faults := slices.Concat(fault("/username", usernameErr), fault("/email", emailErr), fault("/password", password.Check(d.Password)))
	faults = append(faults, roleFaults(d.Roles)...)
	if len(faults) > 0 {
		return domain.User{}, problem.BadInput(faults...)
	}
	hash, err := m.hasher.Hash(ctx, d.Password)
	if err != nil {
		return domain.User{}, err
	}
	now := m.clock.Now().Truncate(domain.TimeGrain)
	return domain.User{
		ID: uuid.NewString(), Username: username, Email: email, Password: hash, ResetRequired: d.ResetRequired,
		Roles: slices.Compact(slices.Sorted(slices.Values(d.Roles))), Status: domain.Active, CreatedAt: now, UpdatedAt: now,
	}, nil
}

func fault(pointer string, err error) []problem.Fault {
	var rule *domain.RuleError
	if !errors.As(err, &rule) {
		return nil
	}
	return []problem.Fault{{Pointer: pointer, Rule: rule.Rule, Message: rule.Message}}
}

func roleFaults(roles []string) []problem.Fault {
	if len(roles) > domain.MaxRoles {
		return []problem.Fault{{Pointer: "/roles", Rule: "maxItems", Message: "must have at most 16 roles"}}
	}
	if slices.ContainsFunc(roles, func(r string) bool { return r == "" || len(r) > domain.MaxRoleSize }) {
		return []problem.Fault{{Pointer: "/roles", Rule: "maxLength", Message: "must be roles of 1 to 64 bytes"}}
	}
	return nil
}

// Conflict turns what a store says of a taken username or e-mail address into what the caller is told; other errors stay as they are.
func Conflict(err error) error {
	p := problem.New(accessapi.ErrUserExists, "Another user has it.")
	switch {
	case errors.Is(err, store.ErrUsernameTaken):
		return p.With(problem.Fault{Pointer: "/username", Rule: "unique", Message: "is taken, or looks like one that is"}).Wrap(err)
	case errors.Is(err, store.ErrEmailTaken):
		return p.With(problem.Fault{Pointer: "/email", Rule: "unique", Message: "is taken"}).Wrap(err)
	default:
		return err
	}
}

// View returns a user as the contracts show one.
func View(u domain.User) accessapi.User {
	roles := u.Roles
	if roles == nil {
		roles = []string{}
	}
	return accessapi.User{
		ID: u.ID, Username: u.Username.Text, Email: u.Email.Text, Status: string(u.Status), Roles: roles,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
}
