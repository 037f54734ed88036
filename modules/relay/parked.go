package relay

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/event"
)

// parkedKeys knows the keys that may be parked. Only the owner of the log parks its events, so that the others are free; of these somebody may have
// let go one.
type parkedKeys struct {
	parking event.Parking
	keys    map[string]bool // whether what is parked of it is stored already: until then it is parked for sure
}

func newParkedKeys(parking event.Parking) *parkedKeys {
	return &parkedKeys{parking: parking, keys: map[string]bool{}}
}

// load learns what earlier owners have parked.
func (k *parkedKeys) load(ctx context.Context) error {
	all, err := k.parking.List(ctx, name)
	if err != nil {
		return fmt.Errorf("relay: list parked events: %w", err)
	}
	for _, p := range all {
		if key := keyOf(p.Event); key != "" {
			k.keys[key] = true
		}
	}
	return nil
}

// add says that an event is about to be parked.
func (k *parkedKeys) add(e event.Event) {
	if key := keyOf(e); key != "" {
		k.keys[key] = false
	}
}

// stored says that an event is parked.
func (k *parkedKeys) stored(e event.Event) {
	if key := keyOf(e); key != "" {
		k.keys[key] = true
	}
}

// holds reports whether an event has to wait because an earlier one of its key is parked.
func (k *parkedKeys) holds(ctx context.Context, e event.Event) (bool, error) {
	key := keyOf(e)
	stored, known := k.keys[key]
	if !known || key == "" {
		return false, nil
	}
	if !stored {
		return true, nil
	}
	held, err := k.parking.Holds(ctx, name, e.Topic, e.Key)
	if err != nil {
		return false, fmt.Errorf("relay: look for parked events: %w", err)
	}
	if !held {
		delete(k.keys, key)
	}
	return held, nil
}
