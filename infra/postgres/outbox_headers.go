package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
)

// headers are the attributes of an event that have no column of their own.
type headers struct {
	ID          string     `json:"id"`
	Source      string     `json:"source,omitempty"`
	Subject     string     `json:"subject,omitempty"`
	Time        time.Time  `json:"time,omitzero"`
	Actor       auth.Actor `json:"actor,omitzero"`
	Request     string     `json:"request,omitempty"`
	Correlation string     `json:"correlation,omitempty"`
	TraceParent string     `json:"traceparent,omitempty"`
	TraceState  string     `json:"tracestate,omitempty"`
}

// headersOf returns the column headers of an event: a string, since the driver sends bytes as bytea.
func headersOf(e event.Event) (string, error) {
	text, err := json.Marshal(headers{
		ID: e.ID, Source: e.Source, Subject: e.Subject, Time: e.Time.UTC(), Actor: e.Actor, Request: e.Request, Correlation: e.Correlation,
		TraceParent: e.TraceParent, TraceState: e.TraceState,
	})
	if err != nil {
		return "", fmt.Errorf("postgres: headers of an event of %s: %w", e.Contract, err)
	}
	return string(text), nil
}

// addHeaders fills an event from its column headers.
func addHeaders(e *event.Event, text []byte) error {
	h, ok := scanHeaders(string(text))
	if !ok {
		h = headers{}
		if err := json.Unmarshal(text, &h); err != nil {
			return fmt.Errorf("postgres: headers of event %d of the log: %w", e.Seq, err)
		}
	}
	e.ID, e.Source, e.Subject, e.Time, e.Actor = h.ID, h.Source, h.Subject, h.Time, h.Actor
	e.Request, e.Correlation, e.TraceParent, e.TraceState = h.Request, h.Correlation, h.TraceParent, h.TraceState
	return nil
}
