package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Policy says who may call a contract. The zero Policy lets nobody in.
type Policy struct {
	text  string
	kind  policyKind
	roles []string
	param string // of self-or-role: the path parameter that may be the caller's own id
}

type policyKind int

const (
	denyAll policyKind = iota
	public
	authenticated
	role
	selfOrRole
	service
)

// ErrPolicy is what a text is refused with that is no policy.
var ErrPolicy = errors.New("auth: want public, authenticated, role:a,b, self-or-role:{param}:role or service")

// ParsePolicy reads a policy as contract files spell it: public, authenticated, role:a or role:a,b (one of them),
// self-or-role:{userId}:admin (the path parameter is the caller's id, or the role), service.
func ParsePolicy(text string) (Policy, error) {
	name, rest, _ := strings.Cut(text, ":")
	p := Policy{text: text}
	switch name {
	case "public", "authenticated", "service":
		p.kind = map[string]policyKind{"public": public, "authenticated": authenticated, "service": service}[name]
		if rest != "" || strings.Contains(text, ":") {
			return Policy{}, fmt.Errorf("policy %q: %w", text, ErrPolicy)
		}
		return p, nil
	case "role":
		p.kind, p.roles = role, strings.Split(rest, ",")
	case "self-or-role":
		param, roles, _ := strings.Cut(rest, ":")
		if len(param) < 3 || param[0] != '{' || param[len(param)-1] != '}' {
			return Policy{}, fmt.Errorf("policy %q: %w", text, ErrPolicy)
		}
		p.kind, p.param, p.roles = selfOrRole, param[1:len(param)-1], strings.Split(roles, ",")
	}
	if p.kind == denyAll || slices.ContainsFunc(p.roles, func(r string) bool { return !isRole(r) }) {
		return Policy{}, fmt.Errorf("policy %q: %w", text, ErrPolicy)
	}
	return p, nil
}

func isRole(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// String returns the policy as contract files spell it.
func (p Policy) String() string { return p.text }

// Public reports whether everybody may call, without being authenticated.
func (p Policy) Public() bool { return p.kind == public }

// Internal reports whether only services may call, and so only the internal listener serves it.
func (p Policy) Internal() bool { return p.kind == service }

// Param is the path parameter that the policy reads, or "".
func (p Policy) Param() string { return p.param }

// Errors of a decision.
var (
	ErrUnauthenticated = errors.New("auth: authentication is required")
	ErrDenied          = errors.New("auth: not allowed")
)

// Decide returns nil when the caller may call, ErrUnauthenticated when nobody was authenticated, else ErrDenied. param gives a path parameter.
func (p Policy) Decide(caller Principal, authenticatedCaller bool, param func(name string) string) error {
	if p.kind == public {
		return nil
	}
	if !authenticatedCaller || caller.ID == "" {
		return ErrUnauthenticated
	}
	allowed := false
	switch p.kind {
	case authenticated:
		allowed = true
	case role:
		allowed = caller.hasOneOf(p.roles)
	case selfOrRole:
		own := caller.Kind == User && param(p.param) == caller.ID
		allowed = own || caller.hasOneOf(p.roles)
	case service:
		allowed = caller.Kind == Service
	case denyAll, public:
	}
	if !allowed {
		return ErrDenied
	}
	return nil
}

func (p Principal) hasOneOf(roles []string) bool {
	return slices.ContainsFunc(p.Roles, func(r string) bool { return slices.Contains(roles, r) })
}
