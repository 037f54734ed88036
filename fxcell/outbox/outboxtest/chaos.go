package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/outbox"
)

func chaosCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "many writers, rollbacks and takeovers lose nothing, repeat nothing and keep the order of keys", Keep: survivesChaos},
	}
}

// How much happens at a time: writers, transactions of each, keys, and owners that take a reader from one another.
const chaosWriters, chaosRounds, chaosKeys, chaosOwners = 5, 24, 3, 3

// chaos is what the writers committed and what each reader's owners handled.
type chaos struct {
	*kit

	writing sync.WaitGroup
	mu      sync.Mutex
	written map[string]place // by id: what was committed
	handled map[string][]event.Event
	done    bool // nothing more is written
	ended   map[string]context.CancelFunc
}

// place is an event's place in the order that must be kept: that of its writer within a key.
type place struct {
	writer, round, at int
	key               string
}

func survivesChaos(k *kit) {
	seed := rand.Uint64()
	k.Logf("seed %d", seed)
	c := &chaos{kit: k, written: map[string]place{}, handled: map[string][]event.Event{}, ended: map[string]context.CancelFunc{}}
	var reading sync.WaitGroup
	for name, owners := range map[string]int{"steady": 1, "torn": chaosOwners} {
		k.release(k.own(event.Reader{Name: name})) // it exists now
		ctx, cancel := context.WithCancel(k.Outside)
		defer cancel()
		c.ended[name] = cancel
		for n := range owners {
			reading.Go(func() { c.read(ctx, name, owners > 1, rand.New(rand.NewPCG(seed, uint64(100+n)))) })
		}
	}
	for w := range chaosWriters {
		c.writing.Go(func() { c.write(w, rand.New(rand.NewPCG(seed, uint64(w)))) })
	}
	c.writing.Wait()
	c.noMore()
	reading.Wait()
	for name := range c.ended {
		c.check(name)
		k.readsNothing(k.own(event.Reader{Name: name}))
	}
}

// write commits and rolls back transactions with a few events each, until each that was to be committed is.
func (c *chaos) write(writer int, rng *rand.Rand) {
	for round := range chaosRounds {
		var all []place
		for at := range 1 + rng.IntN(3) {
			all = append(all, place{writer, round, at, fmt.Sprint("key ", rng.IntN(chaosKeys))})
		}
		if rng.IntN(5) == 0 {
			_ = c.tryAll(all, true, rng) // also when the log is full
			continue
		}
		for c.tryAll(all, false, rng) != nil {
			select { // the log is full
			case <-time.After(time.Millisecond):
			case <-c.Outside.Done():
				c.Errorf("writer %d stands still at round %d", writer, round)
				return
			}
		}
	}
}

// tryAll writes the events in one transaction, and others in savepoints that fail. It returns an error when the log is full.
func (c *chaos) tryAll(all []place, undo bool, rng *rand.Rand) error {
	err := c.Tx.InTx(c.Outside, func(ctx context.Context) error {
		for _, p := range all {
			if rng.IntN(4) == 0 {
				_ = c.Tx.InTx(ctx, func(ctx context.Context) error {
					return errors.Join(c.Writer.Write(ctx, event.Event{ID: "undone " + p.id(), Contract: "event.a.v1", Topic: "t", Key: p.key}), errTest)
				})
			}
			if err := c.Writer.Write(ctx, event.Event{ID: p.id(), Contract: "event.a.v1", Topic: "t", Key: p.key}); err != nil {
				return err
			}
		}
		if undo {
			return errTest
		}
		return nil
	})
	switch {
	case err == nil && !undo:
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, p := range all {
			c.written[p.id()] = p
		}
	case errors.Is(err, outbox.ErrFull):
		return err
	case !undo || !errors.Is(err, errTest):
		c.Errorf("InTx = %v, to be undone: %v", err, undo)
	}
	return nil
}

func (p place) id() string { return fmt.Sprintf("%d/%d/%d", p.writer, p.round, p.at) }

// read owns the reader again and again, until everything was handled.
func (c *chaos) read(ctx context.Context, name string, takeovers bool, rng *rand.Rand) {
	for ctx.Err() == nil {
		s, err := c.Log.Own(ctx, event.Reader{Name: name})
		if err != nil {
			break
		}
		for batches := 1 + rng.IntN(8); ctx.Err() == nil && (batches > 0 || !takeovers); batches-- {
			if !c.handle(ctx, name, s, rng) {
				break
			}
		}
		c.release(s)
	}
	if c.Outside.Err() != nil {
		c.Errorf("reader %s stands still: %d events were handled", name, c.count(name))
	}
}

// handle handles a batch, sometimes with another one in flight, and reports whether the owner should go on.
func (c *chaos) handle(ctx context.Context, name string, s event.Stream, rng *rand.Rand) bool {
	b, err := s.Next(ctx, 1+rng.IntN(5))
	if err != nil {
		if ctx.Err() == nil {
			c.Errorf("Next = %v", err)
		}
		return false
	}
	if len(b.Events) == 0 {
		select {
		case <-s.Wake():
		case <-s.Lost():
		case <-ctx.Done():
		}
		return true
	}
	if rng.IntN(4) == 0 {
		_, _ = s.Next(ctx, 2) // in flight, and given up with the stream
		c.commit(name, s, b, rng)
		return false
	}
	return c.commit(name, s, b, rng)
}

// commit handles b, after some tries that are undone.
func (c *chaos) commit(name string, s event.Stream, b event.Batch, rng *rand.Rand) bool {
	for {
		undo := rng.IntN(4) == 0
		err := c.Tx.InTx(c.Outside, func(ctx context.Context) error {
			err := db.OnCommit(ctx, func(context.Context) { c.keep(name, b.Events) })
			if undo {
				return errors.Join(err, s.Advance(ctx, b), errTest)
			}
			return errors.Join(err, s.Advance(ctx, b))
		})
		if !undo || !errors.Is(err, errTest) {
			if err != nil {
				c.Errorf("InTx = %v", err)
			}
			return err == nil
		}
	}
}
