package domain

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/fxcell/auth"
)

// Outcomes of an action.
const (
	Success = "success"
	Failure = "failure"
)

// Precision of times in entries: the finest that every store keeps.
const Precision = time.Microsecond

// Entry is one line of the trail: who did what to what, and how it ended. Its encoded form is the payload that the chain signs, byte for byte.
type Entry struct {
	Time      time.Time `json:"time"`      // when it was appended, by our clock
	EventTime time.Time `json:"eventTime"` // when it happened, as the event says
	EventID   string    `json:"eventId"`   // unique in a chain
	EventType string    `json:"eventType"`

	Actor   auth.Actor `json:"actor"`
	Action  string     `json:"action"` // a word of the OWASP logging vocabulary where it has one
	Target  string     `json:"target"` // kind:id
	Outcome string     `json:"outcome"`
	Reason  string     `json:"reason,omitempty"`

	RequestID     string `json:"requestId,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`
	TraceID       string `json:"traceId,omitempty"`

	Data jsontext.Value `json:"data,omitempty"` // an object of what is kept of the event
}

// ErrEntry is what bytes are refused with that Encode did not make.
var ErrEntry = errors.New("audit: not an entry")

// Clean returns the entry with its times in UTC at Precision and every text as Text leaves it. A time that RFC 3339 cannot write becomes the
// zero time.
func (e Entry) Clean() Entry {
	e.Time, e.EventTime = cleanTime(e.Time), cleanTime(e.EventTime)
	texts := []*string{
		&e.EventID, &e.EventType, &e.Actor.ID, &e.Actor.Session, &e.Actor.Address, &e.Action, &e.Target, &e.Outcome, &e.Reason,
		&e.RequestID, &e.CorrelationID, &e.TraceID,
	}
	for _, text := range texts {
		*text = Text(*text)
	}
	e.Actor.Kind = auth.Kind(Text(string(e.Actor.Kind)))
	return e
}

func cleanTime(t time.Time) time.Time {
	t = t.UTC().Truncate(Precision)
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}

// Encode returns the entry as the chain signs it.
func (e Entry) Encode() ([]byte, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("audit: encode entry: %w", err)
	}
	return payload, nil
}

// DecodeEntry reads what Encode made, and nothing else: the entry that it returns encodes to the same bytes. Its errors hold none of the bytes.
func DecodeEntry(payload []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(payload, &e); err != nil {
		return Entry{}, ErrEntry // the cause may quote the payload
	}
	if len(e.Data) > 0 && e.Data.Kind() != jsontext.KindBeginObject {
		return Entry{}, ErrEntry
	}
	again, err := e.Encode()
	if err != nil || !bytes.Equal(again, payload) {
		return Entry{}, ErrEntry
	}
	return e, nil
}
