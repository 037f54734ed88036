package event

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/durability"
)

// Sink takes events to where other processes read them: a broker. It is safe for concurrent use.
type Sink interface {
	durability.Stated
	// Fits returns why the sink will never take e, marked by Permanent, as far as that can be told without asking anybody; else nil.
	Fits(e Event) error
	// Open begins to send, until ctx ends. What was handed over and is not kept by then may be kept or not.
	Open(ctx context.Context) Sender
}

// Sender hands events over. It is used by one goroutine.
type Sender interface {
	// Send hands events over and does not wait until they are kept. done is called once for each of them, by its place in events, from any goroutine
	// and maybe before Send returns; it must not wait. Its error is nil when the event is kept; marked by Permanent when it never will be; ErrBehind
	// when an earlier event of its topic and key failed; the cause of the sender's context when that has ended; and else says why the event was not
	// kept this time, which a sender that waits until its server is back need never say.
	//
	// Events of a topic and key are kept in the order in which they were handed over, and after one that failed none: whoever sends again opens
	// another sender. An event without a key has no order.
	Send(events []Event, done func(at int, err error))
}

// ErrBehind is why an event was not kept before which another one of its topic and key failed.
var ErrBehind = errors.New("event: an earlier event of its key was not sent")
