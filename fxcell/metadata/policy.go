package metadata

import (
	"fmt"
	"slices"
	"strings"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// PolicyKind is the word that a policy starts with.
type PolicyKind string

// The kinds of policies.
const (
	PolicyPublic        PolicyKind = "public"        // everybody
	PolicyAuthenticated PolicyKind = "authenticated" // everybody with a valid identity
	PolicyRole          PolicyKind = "role"          // who has one of the roles
	PolicySelfOrRole    PolicyKind = "self-or-role"  // whom the path parameter names, and who has one of the roles
	PolicyService       PolicyKind = "service"       // services, on the internal listener
)

// Policy says who may call a route.
type Policy struct {
	Text  string // as the file has it
	Kind  PolicyKind
	Param string   // of self-or-role: the path parameter, without braces
	Roles []string // of role and self-or-role
}

const wantPolicy = "public, authenticated, role:a[,b], self-or-role:{param}:role[,role] or service"

func readPolicy(v strict.Value) Policy {
	text := v.Text()
	if text == "" {
		return Policy{}
	}
	p, problem := parsePolicy(text)
	if problem != "" {
		v.Failf("%s", problem)
		return Policy{}
	}
	return p
}

// parsePolicy returns the policy, or what is wrong with it.
func parsePolicy(text string) (p Policy, problem string) {
	word, rest, more := strings.Cut(text, ":")
	p = Policy{Text: text, Kind: PolicyKind(word)}
	switch p.Kind {
	case PolicyPublic, PolicyAuthenticated, PolicyService:
		if more {
			return p, fmt.Sprintf("%q: %s stands alone", text, word)
		}
		return p, ""
	case PolicySelfOrRole:
		param, roles, _ := strings.Cut(rest, ":")
		name, braced := strings.CutPrefix(param, "{")
		name, closed := strings.CutSuffix(name, "}")
		if !braced || !closed || !pathParamPattern.MatchString(name) {
			return p, fmt.Sprintf("%q names no path parameter, as in self-or-role:{userId}:admin", text)
		}
		p.Param, rest = name, roles
	case PolicyRole:
	default:
		return p, fmt.Sprintf("%q is no policy: write %s", text, wantPolicy)
	}
	p.Roles = strings.Split(rest, ",")
	for i, role := range p.Roles {
		if !idPattern.MatchString(role) {
			return p, fmt.Sprintf("%q has %q for a role: roles are joined by commas without spaces, as in role:admin,auditor", text, role)
		}
		if slices.Contains(p.Roles[:i], role) {
			return p, fmt.Sprintf("%q has the role %s twice", text, role)
		}
	}
	return p, ""
}
