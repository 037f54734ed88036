// Package contract turns typed handles into routes, publishers, subscriptions and clients. A handle is generated from a contract's files; slices
// list what they do with it.
package contract

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/problem"
)

// Defaults of an http contract.
const (
	DefaultDeadline  = 10 * time.Second
	DefaultBodyLimit = 1 << 20 // bytes
)

// HTTP is the handle of an http contract: what contract.yaml says, and the folder that holds its schemas.
type HTTP[Req, Res any] struct {
	ID     string // http.config.write.v1
	Owner  string // the cell that serves it
	Level  level.Level
	Method string
	Path   string // /api/v1/config/{key}
	Policy string
	Status int // of success; 0 means 200, or 204 with NoContent

	Deadline  time.Duration // 0 means DefaultDeadline
	BodyLimit int64         // in bytes; 0 means DefaultBodyLimit

	List      bool // the answer is a page.Page; Response is the schema of one item
	Raw       bool // no {"data": …} around the body
	NoContent bool

	Parameters      []Parameter
	ResponseHeaders []string
	Errors          []problem.Code // beyond problem.Common

	Request, Response string // schema files beside contract.yaml; "" for none
	Files             fs.FS  // holds http/config/write/v1 for http.config.write.v1
}

// Parameter is one parameter of path, query or header. Schema is JSON Schema text; it may refer to files beside contract.yaml.
type Parameter struct {
	Name     string
	In       string // path, query or header
	Required bool   // a path parameter always is
	Schema   string
}

// Event is the handle of an event contract.
type Event[P any] struct {
	ID        string // event.config.changed.v1
	Owner     string // the cell that publishes it
	Level     level.Level
	Key       func(P) string // the payload's member that order is kept by
	KeyAt     string         // the same as JSON pointer
	Topic     string         // "" means the owner
	Retry     event.Retry    // zero means event.DefaultRetry
	OnPoison  event.OnPoison // "" means event.Park
	Sensitive []string       // JSON pointers of members that are never logged or shown
	Payload   string         // schema file
	Files     fs.FS
}

// ErrHandle is the fault of a handle that no contract file can have made.
var ErrHandle = errors.New("the handle is incomplete")

// Folder returns the folder of a contract inside its owner's api package: http/config/write/v1 for http.config.write.v1.
func Folder(id string) string { return strings.ReplaceAll(id, ".", "/") }

func (h HTTP[Req, Res]) check() error {
	switch {
	case h.ID == "" || h.Owner == "" || h.Method == "" || h.Path == "":
		return fmt.Errorf("contract %q: %w: id, owner, method and path are required", h.ID, ErrHandle)
	case h.Level == level.Unset:
		return fmt.Errorf("contract %s: %w: no level", h.ID, ErrHandle)
	case h.Policy == "":
		return fmt.Errorf("contract %s: no policy: a route without one is not served", h.ID)
	case h.Files == nil && (h.Request != "" || h.Response != ""):
		return fmt.Errorf("contract %s: %w: schemas without files", h.ID, ErrHandle)
	default:
		return nil
	}
}

func (e Event[P]) check() error {
	switch {
	case e.ID == "" || e.Owner == "" || e.Key == nil:
		return fmt.Errorf("contract %q: %w: id, owner and key are required", e.ID, ErrHandle)
	case e.Level == level.Unset:
		return fmt.Errorf("contract %s: %w: no level", e.ID, ErrHandle)
	case e.Payload == "" || e.Files == nil:
		return fmt.Errorf("contract %s: %w: an event has a payload schema", e.ID, ErrHandle)
	default:
		return nil
	}
}

// Info is what a subscriber of many contracts needs of each.
type Info struct {
	ID, Owner, Topic string
	Level            level.Level
	Retry            event.Retry
	OnPoison         event.OnPoison
	Sensitive        []string

	check  error
	schema func() (payloadSchema, error)
}

// AnyEvent is an Event of any payload.
type AnyEvent interface{ Info() Info }
