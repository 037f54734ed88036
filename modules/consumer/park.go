package consumer

import (
	"context"
	"slices"
	"sync"

	"fxcell.dev/fxcell/event"
)

// park gives up on an event: it is kept, and marked as handled, in one transaction.
func (t *tenure) park(ctx context.Context, it *item) error {
	return t.Tx.InTx(ctx, func(ctx context.Context) error {
		seen, err := t.handled(ctx, it.Event)
		if err != nil || seen {
			it.seen = seen
			return err
		}
		if err := t.keep(ctx, it); err != nil {
			return err
		}
		return t.mark(ctx, it.Event)
	})
}

// keep parks an event in the transaction of ctx.
func (t *tenure) keep(ctx context.Context, it *item) error {
	t.parked.add(keyOf(it.Event)) // before the commit: to be asked about in vain does no harm
	p := event.Parked{Event: it.Event, Reader: t.name, Reason: it.reason, Held: it.held}
	if !it.held { // what failed in a batch with others was not tried by itself
		p.Attempts = it.fails
	}
	return t.Parking.Park(ctx, p)
}

// holds reports whether an event has to wait because an earlier one of its key is parked.
func (t *tenure) holds(ctx context.Context, e event.Event) (bool, error) {
	key := keyOf(e)
	ask, err := t.parked.mayHold(key, func() ([]event.Parked, error) { return t.Parking.List(ctx, t.name) })
	if err != nil || !ask {
		return false, err
	}
	held, err := t.Parking.Holds(ctx, t.name, e.Topic, e.Key)
	if held && err == nil && t.skips() {
		held, err = t.waits(ctx, e)
	}
	if err == nil && !held {
		t.parked.setFree(key)
	}
	return held, err
}

// waits reports whether one of the key's parked events is of a contract whose later events wait.
func (t *tenure) waits(ctx context.Context, e event.Event) (bool, error) {
	all, err := t.Parking.List(ctx, t.name)
	return slices.ContainsFunc(all, func(p event.Parked) bool {
		u, known := t.uses[p.Contract]
		return keyOf(p.Event) == keyOf(e) && (p.Held || !known || u.onPoison == event.Park)
	}), err
}

// maxSeen bounds how many keys are remembered of which somebody else has handled an event.
const maxSeen = 1 << 14

// parkedKeys knows the keys that something parked may hold, so that the parking place is not asked about each of the others. While a stream is owned,
// only its owner parks its events: a tenure reads once what is parked and notes what it parks itself. About those keys it asks each time: what an
// operator discards is free at the next event. An owner before this one may still have ended a transaction since then; the inbox shows it, and so those
// keys are asked about too.
type parkedKeys struct {
	mu     sync.Mutex
	listed bool
	parked map[string]struct{}
	seen   map[string]struct{} // the inbox knew an event of theirs
}

func newParkedKeys() *parkedKeys {
	return &parkedKeys{parked: map[string]struct{}{}, seen: map[string]struct{}{}}
}

// mayHold reports whether something parked may hold a key. Who asks first lists what is parked, and the others wait for it.
func (k *parkedKeys) mayHold(key string, list func() ([]event.Parked, error)) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.listed {
		all, err := list()
		if err != nil {
			return false, err
		}
		for _, p := range all {
			k.parked[keyOf(p.Event)] = struct{}{}
		}
		k.listed = true
	}
	_, parked := k.parked[key]
	_, seen := k.seen[key]
	return parked || seen, nil
}

func (k *parkedKeys) setFree(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.parked, key)
	delete(k.seen, key)
}

func (k *parkedKeys) add(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.parked[key] = struct{}{}
}

// doubt notes a key of which somebody else has handled an event, or parked it. With too many of them, what is parked is listed anew.
func (k *parkedKeys) doubt(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.seen) >= maxSeen {
		clear(k.seen)
		k.listed = false
	}
	k.seen[key] = struct{}{}
}
