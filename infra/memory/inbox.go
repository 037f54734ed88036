package memory

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// inbox keeps a watermark per reader, topic and key: the Seq of the last event that was handled. A watermark that the reader's position on the
// log has passed is of no use any more, and goes. An event that has no Seq, because it never was in the log, is kept by its id.
type inbox struct {
	capacity int
	log      *eventLog
	marks    *memdb.Table[string, int64]  // by keyOf
	places   *memdb.Table[string, string] // by placeOf: the keys of marks, oldest first
}

var _ event.Inbox = (*inbox)(nil)

func newInbox(cfg Config, log *eventLog) (*inbox, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	capacity := cfg.WithDefaults().InboxCapacity
	return &inbox{capacity, log, memdb.NewTable[string, int64](capacity), memdb.NewTable[string, string](capacity)}, nil
}

// Durability is Volatile: watermarks end with the process.
func (*inbox) Durability() durability.Grade { return durability.Volatile }

// Seen implements event.Inbox.
func (i *inbox) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	last, ok := i.marks.Get(ctx, markOf(reader, e))
	return ok && e.Seq <= last, nil
}

// Mark implements event.Inbox. A watermark never goes back.
func (i *inbox) Mark(ctx context.Context, reader string, e event.Event) error {
	key := markOf(reader, e)
	last, marked := i.marks.Get(ctx, key)
	if marked && e.Seq <= last {
		return nil
	}
	if e.Seq == 0 { // no position passes it
		if err := i.marks.Put(ctx, key, 0); err != nil {
			return fmt.Errorf("memory: mark an event: %w", err)
		}
		return nil
	}
	if marked {
		if _, err := i.places.Delete(ctx, placeOf(reader, last)); err != nil {
			return fmt.Errorf("memory: mark an event: %w", err)
		}
	}
	if err := i.forget(ctx, reader); err != nil {
		return fmt.Errorf("memory: mark an event: %w", err)
	}
	if err := i.marks.Put(ctx, key, e.Seq); err != nil {
		return fmt.Errorf("memory: mark an event: %w", err)
	}
	if err := i.places.Put(ctx, placeOf(reader, e.Seq), key); err != nil {
		return fmt.Errorf("memory: mark an event: %w", err)
	}
	return nil
}

// markOf returns what an event is known by.
func markOf(reader string, e event.Event) string {
	if e.Seq == 0 {
		return keyOf(reader, e.Topic, "") + "\x00" + e.ID
	}
	return keyOf(reader, e.Topic, e.Key)
}

// forget removes the reader's two oldest watermarks if its position has passed them: more than one Mark adds.
func (i *inbox) forget(ctx context.Context, reader string) error {
	passed := placeOf(reader, i.log.passed(reader))
	old := map[string]string{}
	i.places.Ascend(ctx, reader+"\x00", func(place, key string) bool {
		if place > passed || !ofReader(place, reader) || len(old) == 2 {
			return false
		}
		old[place] = key
		return true
	})
	for place, key := range old {
		if _, err := i.places.Delete(ctx, place); err != nil {
			return err
		}
		if _, err := i.marks.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (i *inbox) check() health.Check {
	return full("inbox", "keys", i.marks.Len, i.capacity)
}
