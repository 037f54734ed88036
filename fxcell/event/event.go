// Package event holds events as they travel, what a subscriber is given, and the ports over which events reach the consumer.
package event

import (
	"time"

	"fxcell.dev/fxcell/auth"
)

// Event is one event of the log: CloudEvents 1.0 attributes and ours. Payload is the encoded payload, never changed on the way.
type Event struct {
	ID       string // unique for ever (CloudEvents id)
	Seq      int64  // place in the log: order, set by the log; 0 before it was written
	Contract string // CloudEvents type, e.g. event.config.changed.v1
	Topic    string
	Key      string // order is kept per topic and key
	Source   string // who published it, e.g. cells/config/configwrite
	Subject  string // what it is about, where that is not the key
	Time     time.Time
	Actor    auth.Actor

	Request     string // id of the request that caused it
	Correlation string
	TraceParent string // W3C trace context of the publisher
	TraceState  string

	Payload []byte
}

// Delivery is an event on its way into a handler.
type Delivery struct {
	Event

	Attempt  int  // 1 for the first
	Replayed bool // an operator sent it again
}

// Message is one event as a handler sees it. Raw is the payload as it was stored, for whoever signs or archives it.
type Message[P any] struct {
	ID       string
	Contract string
	Key      string
	Time     time.Time
	Source   string
	Actor    auth.Actor
	Subject  string
	Attempt  int
	Replayed bool
	Payload  P
	Raw      []byte
}

// Mode is how a subscription is handled.
type Mode string

// The modes of a subscription.
const (
	// Each runs the handler inside a transaction of the consumer, one event at a time: effect and dedup are one commit.
	Each Mode = "each"
	// Batched does the same for many events at once.
	Batched Mode = "batch"
	// External runs the handler without a transaction, for effects outside the database: at least once.
	External Mode = "external"
)

// Retry is how often and when an event is tried again; the pause doubles from From to To.
type Retry struct {
	Attempts int
	From, To time.Duration
}

// DefaultRetry is what a contract gets that says nothing.
func DefaultRetry() Retry {
	return Retry{Attempts: 10, From: 100 * time.Millisecond, To: 30 * time.Second}
}

// OnPoison is what becomes of later events of a key when one of its events is parked.
type OnPoison string

// What becomes of later events of a key.
const (
	Park OnPoison = "park" // they wait with it
	Skip OnPoison = "skip" // they go on
)
