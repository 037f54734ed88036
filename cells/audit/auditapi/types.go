package auditapi

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/fxcell/page"
)

// ListRequest asks for entries of the trail. What is empty asks for nothing.
type ListRequest struct {
	page.Request

	Actor  string    `json:"-" query:"actor"`  // the actor's id
	Action string    `json:"-" query:"action"` // e.g. session_created
	Target string    `json:"-" query:"target"` // kind:id, e.g. user:42
	From   time.Time `json:"-" query:"from"`   // appended then or later
	To     time.Time `json:"-" query:"to"`     // appended before
}

// ListResponse is a page of entries, newest first.
type ListResponse struct {
	page.Page[Entry]
}

// Entry is one line of the trail.
type Entry struct {
	ID        string `json:"id"`
	Seq       int64  `json:"seq"`
	EventID   string `json:"eventId"`
	EventType string `json:"eventType"`

	ActorID      string `json:"actorId"`
	ActorKind    string `json:"actorKind"`
	ActorSession string `json:"actorSession,omitzero"` // a hash of the session's id
	ActorAddress string `json:"actorAddress,omitzero"`

	Timestamp time.Time `json:"timestamp"`          // when it was appended
	EventTime time.Time `json:"eventTime,omitzero"` // when it happened, as the event says
	Action    string    `json:"action"`
	Target    string    `json:"target"`
	Outcome   string    `json:"outcome"` // success or failure
	Reason    string    `json:"reason,omitzero"`

	RequestID     string `json:"requestId,omitzero"`
	CorrelationID string `json:"correlationId,omitzero"`
	TraceID       string `json:"traceId,omitzero"`

	Payload jsontext.Value `json:"payload,omitzero"` // an object: what is kept of the event
	// Damaged says that the entry cannot be trusted: what is stored of it cannot be read or contradicts itself. The rest of it is what the
	// search found.
	Damaged bool `json:"damaged,omitzero"`
}

// IntegrityRequest is empty.
type IntegrityRequest struct{}

// IntegrityResponse is the result of a check.
type IntegrityResponse struct {
	Valid           bool   `json:"valid"`
	EntriesChecked  int64  `json:"entriesChecked"` // found good, all before the first fault
	FirstInvalidSeq int64  `json:"firstInvalidSeq,omitzero"`
	Kind            string `json:"kind,omitzero"` // what is wrong: altered, broken_link, gap, …
}

// Queried says that somebody read entries of the audit trail: who, what was asked for, and how many entries were answered.
type Queried struct {
	ActorID string    `json:"actorId"`
	Actor   string    `json:"actor,omitzero"`
	Action  string    `json:"action,omitzero"`
	Target  string    `json:"target,omitzero"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Before  int64     `json:"before,omitzero"` // the page starts below this seq
	Entries int       `json:"entries"`
}

// IntegrityVerified says that the audit trail was checked.
type IntegrityVerified struct {
	Chain           string `json:"chain"`
	Valid           bool   `json:"valid"`
	FirstInvalidSeq int64  `json:"firstInvalidSeq"` // 0 when the trail is valid
	EntriesChecked  int64  `json:"entriesChecked"`
	Kind            string `json:"kind,omitzero"`
}
