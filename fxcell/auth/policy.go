package auth

import (
	"errors"
	"fmt"
	"regexp"
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

// PolicyError says what is wrong with the text of a policy.
type PolicyError struct{ Problem string }

// Error tells what is wrong.
func (e *PolicyError) Error() string { return "auth: policy " + e.Problem }

// PolicyForms are the forms of a policy, for messages.
const PolicyForms = "public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service"

var (
	paramPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	rolePattern  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// ParsePolicy reads a policy as contract files spell it: public, authenticated, role:a or role:a,b (one of them),
// self-or-role:{userId}:admin (the path parameter is the caller's id, or the role), service. Its error is a *PolicyError.
func ParsePolicy(text string) (Policy, error) {
	wrong := func(format string, args ...any) (Policy, error) {
		return Policy{}, &PolicyError{fmt.Sprintf("%q", text) + fmt.Sprintf(format, args...)}
	}
	word, rest, more := strings.Cut(text, ":")
	p := Policy{text: text}
	switch word {
	case "public", "authenticated", "service":
		if more {
			return wrong(": %s stands alone", word)
		}
		p.kind = map[string]policyKind{"public": public, "authenticated": authenticated, "service": service}[word]
		return p, nil
	case "self-or-role":
		param, roles, _ := strings.Cut(rest, ":")
		name, braced := strings.CutPrefix(param, "{")
		name, closed := strings.CutSuffix(name, "}")
		if !braced || !closed || !paramPattern.MatchString(name) {
			return wrong(" names no path parameter, as in self-or-role:{userId}:admin")
		}
		p.kind, p.param, rest = selfOrRole, name, roles
	case "role":
		p.kind = role
	default:
		return wrong(" is no policy: write %s", PolicyForms)
	}
	p.roles = strings.Split(rest, ",")
	for i, r := range p.roles {
		if !rolePattern.MatchString(r) {
			return wrong(" has %q for a role: roles are joined by commas without spaces, as in role:admin,auditor", r)
		}
		if slices.Contains(p.roles[:i], r) {
			return wrong(" has the role %s twice", r)
		}
	}
	return p, nil
}

// String returns the policy as contract files spell it.
func (p Policy) String() string { return p.text }

// Equal reports whether both say the same.
func (p Policy) Equal(q Policy) bool { return p.text == q.text }

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
