// Package auditapi is all that others may know of the audit cell: its contracts and their types.
package auditapi

import (
	"embed"
	"net/http"
	"time"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/level"
)

//go:embed http event
var files embed.FS

// ListV1 lists entries of the audit trail, newest first.
var ListV1 = contract.HTTP[ListRequest, ListResponse]{
	ID: "http.audit.list.v1", Owner: "audit", Level: level.L2,
	Method: http.MethodGet, Path: "/api/v1/audit/entries", Policy: "role:auditor", Status: http.StatusOK, List: true,
	Parameters: []contract.Parameter{
		{Name: "actor", In: "query", Schema: `{"type":"string","minLength":1,"maxLength":256}`},
		{Name: "action", In: "query", Schema: `{"type":"string","minLength":1,"maxLength":64}`},
		{Name: "target", In: "query", Schema: `{"type":"string","minLength":1,"maxLength":512}`},
		{Name: "from", In: "query", Schema: `{"type":"string","format":"date-time","maxLength":64}`},
		{Name: "to", In: "query", Schema: `{"type":"string","format":"date-time","maxLength":64}`},
	},
	Response: "response.schema.json", Files: files,
}

// IntegrityV1 checks the whole audit trail and names the first fault.
var IntegrityV1 = contract.HTTP[IntegrityRequest, IntegrityResponse]{
	ID: "http.audit.integrity.v1", Owner: "audit", Level: level.L2,
	Method: http.MethodGet, Path: "/api/v1/audit/integrity", Policy: "role:auditor", Status: http.StatusOK,
	Deadline: 60 * time.Second,
	Response: "response.schema.json", Files: files,
}

// QueriedV1 says that somebody read entries of the audit trail.
var QueriedV1 = contract.Event[Queried]{
	ID: "event.audit.queried.v1", Owner: "audit", Level: level.L2,
	Key: func(p Queried) string { return p.ActorID }, KeyAt: "/actorId",
	Payload: "payload.schema.json", Files: files,
}

// IntegrityVerifiedV1 says that the audit trail was checked.
var IntegrityVerifiedV1 = contract.Event[IntegrityVerified]{
	ID: "event.audit.integrity-verified.v1", Owner: "audit", Level: level.L2,
	Key: func(p IntegrityVerified) string { return p.Chain }, KeyAt: "/chain",
	Payload: "payload.schema.json", Files: files,
}
