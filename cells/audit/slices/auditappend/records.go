package auditappend

import (
	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/auth"
)

// record says what an entry tells of the events of one type. It is an allowlist: a member that keep does not name never reaches the trail.
type record struct {
	keep    []member
	action  func(kept members) string // a word of the OWASP logging vocabulary, where it has one
	target  func(kept members) string
	outcome func(kept members) string // nil: success
	reason  func(kept members) string // nil: none
}

// member is one member of a payload that entries keep.
type member struct {
	name string
	as   string              // its name in the entry; "" means the same
	hide func(string) string // nil: kept as it is
}

// records is the allowlist by event type.
var records = map[string]record{
	accessapi.UserCreatedV1.ID: {
		keep:   plain("userId", "username"),
		action: always("user_created"),
		target: named("user", "userId"),
	},
	accessapi.SessionCreatedV1.ID: {
		keep:   append(plain("userId"), session),
		action: always("session_created"),
		target: named("session", "session"),
	},
	accessapi.SessionRevokedV1.ID: {
		keep:   append(plain("userId"), session),
		action: always("session_expired"),
		target: named("session", "session"),
		reason: always("revoked"),
	},
	configapi.ChangedV1.ID: { // without the value: it may be a secret
		keep:   plain("action", "key", "version", "configId", "revision"),
		action: byMember("action", map[string]string{"created": "sensitive_create", "updated": "sensitive_update", "deleted": "sensitive_delete"}),
		target: named("config", "key"),
		reason: value("action"),
	},
	configapi.RolledBackV1.ID: {
		keep:   plain("action", "key", "targetVersion", "newVersion"),
		action: always("authz_admin"),
		target: named("config", "key"),
		reason: value("action"),
	},
	auditapi.QueriedV1.ID: {
		keep:   plain("actor", "action", "target", "from", "to", "before", "entries"),
		action: always("sensitive_read"),
		target: always("audit:entries"),
	},
	auditapi.IntegrityVerifiedV1.ID: {
		keep:    plain("chain", "valid", "firstInvalidSeq", "entriesChecked", "kind"),
		action:  always("authz_admin"),
		target:  named("audit", "chain"),
		outcome: verdict,
		reason:  value("kind"),
	},
}

// unlisted is what an entry tells of an event whose type has no record: that there was one.
var unlisted = record{action: always("other"), target: always("")}

// session keeps a session's id as actors show it: who reads the trail must not learn a credential.
var session = member{name: "sessionId", as: "session", hide: auth.HashSession}

func plain(names ...string) []member {
	out := make([]member, 0, len(names)+1)
	for _, name := range names {
		out = append(out, member{name: name})
	}
	return out
}

func always(text string) func(members) string { return func(members) string { return text } }

func value(name string) func(members) string {
	return func(kept members) string { return kept.text(name) }
}

func named(kind, name string) func(members) string {
	return func(kept members) string { return kind + ":" + kept.text(name) }
}

// byMember picks by the text of a member; what is not listed is an administrator's act.
func byMember(name string, words map[string]string) func(members) string {
	return func(kept members) string {
		if word, ok := words[kept.text(name)]; ok {
			return word
		}
		return "authz_admin"
	}
}

func verdict(kept members) string {
	if string(kept["valid"]) == "true" {
		return domain.Success
	}
	return domain.Failure
}
