package metadata

import (
	"regexp"
	"time"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// Poison is what happens to the later events of a key when one of them is parked.
type Poison string

// What a parked event does to its key.
const (
	PoisonPark Poison = "park" // later events of the key wait with it
	PoisonSkip Poison = "skip" // later events go on
)

// Event is the event part of a contract.
type Event struct {
	Key       string   // JSON pointer into the payload: what order is kept by
	Topic     string   // the owning cell where the file names none
	Retry     Retry    // DefaultRetry in what the file leaves out
	OnPoison  Poison   // PoisonPark where the file names none
	Sensitive []string // JSON pointers to what is never logged and never shown
}

// Retry is how often and how far apart a failing event is tried, before it is parked.
type Retry struct {
	Attempts int
	From, To time.Duration
}

// DefaultRetry returns the retry of contracts that name none.
func DefaultRetry() Retry {
	return Retry{Attempts: 10, From: 100 * time.Millisecond, To: 30 * time.Second}
}

const (
	wantPointer = "a JSON pointer into the payload, as in /key"
	maxAttempts = 1000
)

var (
	pointerPattern = regexp.MustCompile(`^(/([^~/]|~[01])+)+$`)
	topicPattern   = regexp.MustCompile(`^[a-z][a-z0-9]*([.-][a-z0-9]+)*$`)
)

func readPointer(v strict.Value) string { return v.Like(pointerPattern.MatchString, wantPointer) }

func readEvent(c *Contract, o *strict.Object) {
	v := o.Field("event")
	if c.Kind == KindEvent {
		v = o.Need("event", "at least the key that order is kept by, as in {key: /key}")
	} else if v.Given() && c.Kind != "" {
		v.Failf("belongs to event contracts, this one is %s", c.Kind)
	}
	e := v.Object()
	if !e.Given() {
		return
	}
	event := &Event{
		Key:       readPointer(e.Need("key", wantPointer)),
		Topic:     e.Field("topic").Like(topicPattern.MatchString, "a topic: lower-case words joined by dots or hyphens"),
		OnPoison:  strict.Enum(e.Field("onPoison"), PoisonPark, PoisonSkip),
		Sensitive: strict.Distinct(e.Field("sensitive"), readPointer, strict.Exactly),
		Retry:     readRetry(e.Field("retry")),
	}
	e.Done()
	if event.Topic == "" {
		event.Topic = c.OwnerCell
	}
	if event.OnPoison == "" {
		event.OnPoison = PoisonPark
	}
	c.Event = event
}

func readRetry(v strict.Value) Retry {
	r, o := DefaultRetry(), v.Object()
	if attempts := o.Field("attempts"); attempts.Given() {
		r.Attempts = attempts.Int(1, maxAttempts)
	}
	r.From = o.Field("from").Duration(r.From)
	r.To = o.Field("to").Duration(r.To)
	o.Done()
	if r.From > 0 && r.To > 0 && r.From > r.To {
		v.Failf("goes from %v to %v: the first wait is the shortest", r.From, r.To)
	}
	return r
}

// readDelivery reads what a contract promises about copies of a message. One promise is kept, so the file can say only
// that.
func readDelivery(c *Contract, o *strict.Object) {
	replayable := o.Field("replayable")
	switch c.Kind {
	case KindEvent, KindProjection:
		replayable = o.Need("replayable", "true if it may be read from the start again, else false")
	case KindHTTP, KindCommand:
		if replayable.Given() {
			replayable.Failf("belongs to event and projection contracts, this one is %s", c.Kind)
		}
	}
	c.Replayable = replayable.Bool()
	semantics, key := o.Field("deliverySemantics"), o.Field("idempotencyKey")
	c.DeliverySemantics = semantics.Like(func(s string) bool { return s == AtLeastOnce },
		AtLeastOnce+", which is how every event is delivered")
	c.IdempotencyKey = key.Like(isEventID, "the event's id (eventId), by which every copy is known")
	if c.Kind == KindEvent {
		c.DeliverySemantics = AtLeastOnce
		return
	}
	for _, v := range []strict.Value{semantics, key} {
		if v.Given() && c.Kind != "" {
			v.Failf("belongs to event contracts, this one is %s", c.Kind)
		}
	}
}

func isEventID(s string) bool { return s == "id" || s == "eventId" || s == "event_id" }
