package event

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/durability"
)

// From is where a reader without a position starts.
type From int

// Where a reader without a position starts.
const (
	Earliest From = iota
	Latest
)

// Reader is a named, fenced position on the events.
type Reader struct {
	Name      string   // the slice, e.g. cells/audit/auditappend
	Contracts []string // what it wants: a source may hand it no others
	From      From
}

// Source hands this process its share of a reader's events. It is safe for concurrent use.
type Source interface {
	// Open takes part in r until ctx ends. Streams come as this process gains them and end when it loses them; the channel closes after ctx.
	Open(ctx context.Context, r Reader) (<-chan Stream, error)
}

// Stream is one ordered part of the events, owned by this process until Lost. Next is called by one goroutine, Advance by one at a time.
type Stream interface {
	// Next returns the next events in order, at most limit of them; an empty batch when there is nothing to read.
	Next(ctx context.Context, limit int) (Batch, error)
	// Advance stores the position after b. Batches advance in the order in which Next returned them, else it returns ErrOrder; it returns ErrLost
	// when another owner has taken over, or may have, and the caller must undo what it did with b.
	//
	// In a transaction of ctx that it joins, it stores the position with the commit. Without one it does by itself, at once, and fenced just the same,
	// but for cheap: a server that crashes may take it back, so that b is read again. Who has no effect to commit with the position, or can tell that
	// it was there before, calls it so.
	Advance(ctx context.Context, b Batch) error
	// Transactional reports whether Advance joins the transaction of ctx, if there is one: then the position is the dedup.
	Transactional() bool
	// Wake says that there may be something to read.
	Wake() <-chan struct{}
	// Lost closes when ownership is gone: stop at once.
	Lost() <-chan struct{}
	// Release gives the stream up; what was not advanced goes to the next owner, for whom a lost stream may wait until it is released too.
	Release(ctx context.Context) error
}

// Batch is what one Next returned. Position belongs to the stream that made it.
type Batch struct {
	Events   []Event
	Position any

	// Faults says what is wrong with those of Events that could not be read, by their place: who handles the batch parks them as they are. One without
	// a contract may be anything.
	Faults map[int]error
}

// ErrLost is returned when a stream is no longer owned.
var ErrLost = errors.New("event: the stream belongs to another owner")

// ErrOrder is returned by Advance for a batch whose turn it is not.
var ErrOrder = errors.New("event: batches advance in the order in which they were read")

// Inbox remembers what a reader has handled, where the position alone does not tell. It is safe for concurrent use.
type Inbox interface {
	durability.Stated
	// Seen reports whether the reader has handled e, or a later event of its key.
	Seen(ctx context.Context, reader string, e Event) (bool, error)
	// Mark records in the transaction of ctx that the reader has handled e.
	Mark(ctx context.Context, reader string, e Event) error
}

// Parked is an event that a reader gave up on, or that waits behind one.
type Parked struct {
	Event

	Reader   string
	Attempts int
	Reason   string // why, without values of the payload
	Held     bool   // it was not tried: an earlier event of its key is parked
}

// Parking keeps the events that readers gave up on. It is safe for concurrent use.
type Parking interface {
	durability.Stated
	// Park keeps p, in the transaction of ctx.
	Park(ctx context.Context, p Parked) error
	// Holds reports whether the reader has a parked event with the topic and key, so that later ones must wait with it.
	Holds(ctx context.Context, reader, topic, key string) (bool, error)
	// List returns the reader's parked events, oldest first.
	List(ctx context.Context, reader string) ([]Parked, error)
}

// Permanent marks an error that no retry can mend: the event is parked at once.
func Permanent(err error) error { return &permanentError{err} }

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Blocked marks an error that is no fault of the event: what the handler needs is not there, such as a key. The event is tried again for as long as it takes,
// no attempt is counted, and nothing is parked; meanwhile its key waits, in mode batch the whole reader, and the app is degraded.
func Blocked(err error) error {
	if err == nil {
		return nil
	}
	return &blockedError{err}
}

// IsBlocked reports whether err was marked by Blocked.
func IsBlocked(err error) bool {
	var b *blockedError
	return errors.As(err, &b)
}

type blockedError struct{ err error }

func (e *blockedError) Error() string { return e.err.Error() }
func (e *blockedError) Unwrap() error { return e.err }

// Ports describes Inbox, Parking and Sink to assemblies.
func Ports() []durability.Port {
	return []durability.Port{
		durability.NewPort[Inbox]("infra/postgres.Module"), durability.NewPort[Parking]("infra/postgres.Module"),
		durability.NewPort[Sink]("infra/kafka.Module"),
	}
}
