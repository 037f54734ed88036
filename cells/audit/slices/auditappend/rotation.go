package auditappend

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/auth"
)

// rotationType is the event type of an entry that no event caused: the MAC key was changed.
const rotationType = "audit.key.rotated"

// rotation is the entry that says that from here on another key signs.
func rotation(old, key *domain.Key, now time.Time) domain.Entry {
	return domain.Entry{
		Time: now, EventTime: now, EventID: key.ID(), EventType: rotationType,
		Actor:  auth.Actor{Kind: auth.System, ID: "cells/audit/auditappend"},
		Action: "key_rotated", Target: "key:" + key.ID(), Outcome: domain.Success, Reason: "age",
		Data: jsontext.Value(`{"retired":"` + old.ID() + `"}`),
	}
}
