package memory

import (
	"bytes"
	"context"
	"fmt"

	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// parking keeps the events that readers gave up on.
type parking struct {
	capacity int
	events   *memdb.Table[string, event.Parked] // by placeOf and the event's id
	keys     *memdb.Table[string, int]          // by keyOf: how many events of the key are parked
}

var _ event.Parking = (*parking)(nil)

func newParking(cfg Config) (*parking, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	capacity := cfg.WithDefaults().ParkingCapacity
	return &parking{capacity, memdb.NewTable[string, event.Parked](capacity), memdb.NewTable[string, int](capacity)}, nil
}

// Durability is Volatile: parked events end with the process.
func (*parking) Durability() durability.Grade { return durability.Volatile }

// Park implements event.Parking. An event that is parked already stays as it was.
func (k *parking) Park(ctx context.Context, p event.Parked) error {
	place := placeOf(p.Reader, p.Seq) + p.ID
	if _, parked := k.events.Get(ctx, place); parked {
		return nil
	}
	p.Payload = bytes.Clone(p.Payload)
	if err := k.events.Put(ctx, place, p); err != nil {
		return fmt.Errorf("memory: park an event: %w", err)
	}
	key := keyOf(p.Reader, p.Topic, p.Key)
	n, _ := k.keys.Get(ctx, key)
	if err := k.keys.Put(ctx, key, n+1); err != nil {
		return fmt.Errorf("memory: park an event: %w", err)
	}
	return nil
}

// Holds implements event.Parking.
func (k *parking) Holds(ctx context.Context, reader, topic, key string) (bool, error) {
	_, held := k.keys.Get(ctx, keyOf(reader, topic, key))
	return held, nil
}

// List implements event.Parking.
func (k *parking) List(ctx context.Context, reader string) ([]event.Parked, error) {
	var out []event.Parked
	k.events.Ascend(ctx, reader+"\x00", func(place string, p event.Parked) bool {
		if !ofReader(place, reader) {
			return false
		}
		p.Payload = bytes.Clone(p.Payload)
		out = append(out, p)
		return true
	})
	return out, nil
}

func (k *parking) check() health.Check {
	return full("parking", "events", k.events.Len, k.capacity)
}
