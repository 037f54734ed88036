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
	t.parked.forget(keyOf(it.Event))
	p := event.Parked{Event: it.Event, Reader: t.name, Reason: it.reason, Held: it.held}
	if !it.held { // what failed in a batch with others was not tried by itself
		p.Attempts = it.fails
	}
	return t.Parking.Park(ctx, p)
}

// holds reports whether an event has to wait because an earlier one of its key is parked.
func (t *tenure) holds(ctx context.Context, e event.Event) (bool, error) {
	key := keyOf(e)
	if t.parked.isFree(key) {
		return false, nil
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

// maxFree bounds how many keys are remembered.
const maxFree = 1 << 14

// parkedKeys remembers keys that nothing parked holds. Only the owner of a stream parks its events, so they stay free until it does.
type parkedKeys struct {
	mu   sync.Mutex
	free map[string]struct{}
}

func newParkedKeys() *parkedKeys { return &parkedKeys{free: map[string]struct{}{}} }

func (k *parkedKeys) isFree(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, free := k.free[key]
	return free
}

func (k *parkedKeys) setFree(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.free) >= maxFree {
		clear(k.free)
	}
	k.free[key] = struct{}{}
}

func (k *parkedKeys) forget(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.free, key)
}
