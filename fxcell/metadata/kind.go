package metadata

import "strings"

// Kind is what a contract is.
type Kind string

// The kinds of contracts.
const (
	KindHTTP       Kind = "http"
	KindEvent      Kind = "event"
	KindCommand    Kind = "command"
	KindProjection Kind = "projection"
)

// kindRule is what a kind calls its two ends, in the file and in a slice, and which schemas it has.
type kindRule struct {
	kind               Kind
	provider, consumer string
	provide, consume   Role
	schemas            []string
}

var kindRules = []kindRule{
	{KindHTTP, "server", "clients", RoleServe, RoleCall, []string{"request", "response"}},
	{KindEvent, "publisher", "subscribers", RolePublish, RoleSubscribe, []string{"payload", "headers"}},
	{KindCommand, "handler", "invokers", RoleHandle, RoleInvoke, []string{"request", "response"}},
	{KindProjection, "provider", "readers", RoleProvide, RoleRead, []string{"request", "response", "payload"}},
}

func ruleOf(k Kind) (kindRule, bool) {
	for _, r := range kindRules {
		if r.kind == k {
			return r, true
		}
	}
	return kindRule{}, false
}

func kinds() []Kind {
	out := make([]Kind, len(kindRules))
	for i, r := range kindRules {
		out[i] = r.kind
	}
	return out
}

func roles() []Role {
	var out []Role
	for _, r := range kindRules {
		out = append(out, r.provide, r.consume)
	}
	return out
}

func roleList() string {
	var names []string
	for _, r := range roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// Kind returns the kind of contract that the role belongs to, nothing for a role that does not exist.
func (r Role) Kind() Kind {
	for _, rule := range kindRules {
		if r != "" && (r == rule.provide || r == rule.consume) {
			return rule.kind
		}
	}
	return ""
}

// Provides reports whether the role is that of a contract's provider, as serve is and call is not.
func (r Role) Provides() bool {
	rule, ok := ruleOf(r.Kind())
	return ok && r == rule.provide
}
