package contract

import (
	"cmp"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/problem"
)

// Description is a handle without its types: what contract.yaml says, defaults filled in.
type Description struct {
	ID, Kind, Owner string
	Level           level.Level
	HTTP            *HTTPDescription
	Event           *EventDescription
}

// HTTPDescription is what an http contract says.
type HTTPDescription struct {
	Method, Path, Policy string
	Status               int
	Deadline             time.Duration
	BodyLimit            int64
	List, Raw, NoContent bool
	Parameters           []Parameter
	ResponseHeaders      []string
	Errors               []problem.Code
	Request, Response    string
}

// EventDescription is what an event contract says.
type EventDescription struct {
	Key, Topic string
	Retry      event.Retry
	OnPoison   event.OnPoison
	Sensitive  []string
	Payload    string

	// KeyOf returns the ordering key of an encoded payload, as a publisher takes it.
	KeyOf func(encoded []byte) (string, error)
}

// Describe returns what the handle says.
func (h HTTP[Req, Res]) Describe() Description {
	status := cmp.Or(h.Status, http.StatusOK)
	if h.NoContent {
		status = cmp.Or(h.Status, http.StatusNoContent)
	}
	return Description{ID: h.ID, Kind: "http", Owner: h.Owner, Level: h.Level, HTTP: &HTTPDescription{
		Method: h.Method, Path: h.Path, Policy: h.Policy, Status: status,
		Deadline: cmp.Or(h.Deadline, DefaultDeadline), BodyLimit: cmp.Or(h.BodyLimit, DefaultBodyLimit),
		List: h.List, Raw: h.Raw, NoContent: h.NoContent, Parameters: h.Parameters, ResponseHeaders: h.ResponseHeaders, Errors: h.Errors,
		Request: h.Request, Response: h.Response,
	}}
}

// Describe returns what the handle says.
func (e Event[P]) Describe() Description {
	info := e.Info()
	keyOf := func(encoded []byte) (string, error) {
		var payload P
		if err := json.Unmarshal(encoded, &payload); err != nil {
			return "", err
		}
		return e.Key(payload), nil
	}
	return Description{ID: e.ID, Kind: "event", Owner: e.Owner, Level: e.Level, Event: &EventDescription{
		Key: e.KeyAt, Topic: info.Topic, Retry: info.Retry, OnPoison: info.OnPoison, Sensitive: e.Sensitive, Payload: e.Payload, KeyOf: keyOf,
	}}
}
