// Package domain holds what the access cell knows: users, sessions, signing keys and the first-run setup, with their rules and without I/O.
package domain

import (
	"time"

	"fxcell.dev/fxcell/secret"
)

// Roles of the first administrator.
const (
	RoleAdmin        = "admin"
	RoleConfigEditor = "config-editor"
	RoleAuditor      = "auditor"
)

// Bounds of a user's roles: they go into every token.
const (
	MaxRoles    = 16
	MaxRoleSize = 64 // bytes
)

// Status says whether a user may act.
type Status string

// The states of a user. Only an active one may log in, and only an active one's sessions stand.
const (
	Active    Status = "active"
	Suspended Status = "suspended" // by an administrator
	Locked    Status = "locked"
)

// User is somebody who may log in.
type User struct {
	ID            string
	Username      Username
	Email         Email
	Password      secret.Text // the stored hash, empty when the user has no password
	ResetRequired bool        // the password must be changed: until then tokens carry no roles
	Roles         []string    // sorted
	Status        Status
	Epoch         int64 // raised by whatever must end all earlier tokens
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// MayAct reports whether the user may log in and use sessions.
func (u User) MayAct() bool { return u.Status == Active }

// TokenRoles returns the roles that a token of the user carries, never nil.
func (u User) TokenRoles() []string {
	if u.ResetRequired || u.Roles == nil {
		return []string{}
	}
	return u.Roles
}
