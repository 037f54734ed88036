package consumer

import (
	"context"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/log"
)

// batch is what one read of a reader in mode batch returned.
type batch struct {
	event.Batch

	items  []*item // those that the slice wants
	todo   []*item // those that the last attempt gave to the handler
	fails  int
	stalls int
	tried  bool
	split  bool // to be handled one at a time: something in it keeps failing
}

// runBatches handles one batch after the other until fetch ends, which the stream's loss does too.
func (t *tenure) runBatches(ctx, fetch context.Context) {
	for {
		read, ok := t.fetch(fetch, t.cfg.Batch)
		if !ok {
			return
		}
		b := &batch{Batch: read}
		for i := range read.Events {
			if it, wanted := t.itemOf(read, i); wanted {
				b.items = append(b.items, it)
			}
		}
		if !t.settle(ctx, fetch, b) {
			return
		}
	}
}

// settle handles a batch, together as long as that may succeed, and passes it. It reports false when it was given up.
func (t *tenure) settle(ctx, fetch context.Context, b *batch) bool {
	for !b.split && len(b.items) > 0 {
		again, done := t.together(ctx, b)
		switch {
		case done && t.stream.Transactional():
			return true // passed in the batch's own transaction
		case done:
			return t.advance(ctx, []event.Batch{b.Batch})
		case !b.split && !sleep(fetch, again):
			return false
		}
	}
	return t.oneByOne(ctx, fetch, b) && t.advance(ctx, []event.Batch{b.Batch})
}

// oneByOne handles each event of a batch in a transaction of its own, in order, until it is handled or parked. The inbox remembers how far that
// got. It reports false when it was given up.
func (t *tenure) oneByOne(ctx, fetch context.Context, b *batch) bool {
	for _, it := range b.items {
		for done := false; !done; {
			if fetch.Err() != nil {
				return false
			}
			var again time.Duration
			if again, done = t.handle(ctx, it); !done && !sleep(fetch, again) {
				return false
			}
		}
	}
	return true
}

// together tries a batch once, as a whole. It reports when it is done with; else it is to be tried again after a pause, or was split.
func (t *tenure) together(ctx context.Context, b *batch) (again time.Duration, done bool) {
	if !t.enter(ctx) {
		return 0, false
	}
	defer t.leave()
	scope, span := t.batchScope(ctx, b.Events)
	defer span.End()
	b.tried = false
	err := contained(func() error { return t.tryTogether(scope, b) })
	if err == nil {
		t.standstills.end(t.name, b.stalls)
		for _, it := range b.items {
			t.logParked(scope, it)
		}
		return 0, true
	}
	blame(span, err)
	if t.endedBy(err) || ctx.Err() != nil {
		return 0, false
	}
	logger := log.For(scope, t.logger).With(zap.Int("events", len(b.Events)), zap.String("event_id", b.Events[0].ID))
	if !b.tried || blocked(err) {
		b.stalls++
		t.standstills.begin(t.name, b.stalls, err)
		logger.Warn("events could not be taken up", zap.Int("try", b.stalls), zap.Error(err))
		return pause(ownRetry(), b.stalls), false
	}
	b.stalls = 0
	b.fails++
	retry := b.todo[0].use.retry
	for _, it := range b.todo {
		it.fails++
		if it.use.retry.Attempts < retry.Attempts {
			retry = it.use.retry
		}
	}
	t.logFailure(logger.With(zap.String("contract", b.Events[0].Contract)), b.fails, b.Events[0].Time, err)
	if b.split = event.IsPermanent(err) || b.fails >= retry.Attempts; b.split {
		return 0, false
	}
	return pause(retry, b.fails), false
}

// tryTogether runs the handlers over a batch in one transaction, which passes it too where the stream can.
func (t *tenure) tryTogether(ctx context.Context, b *batch) error {
	return t.transact(ctx, func(ctx context.Context, limit limiter) error {
		if err := t.sift(ctx, b); err != nil {
			return err
		}
		if len(b.todo) > 0 {
			b.tried = true
			if err := handOver(limit(ctx), b.todo, b.fails+1); err != nil {
				return err
			}
			b.tried = false
		}
		err := t.passWith(ctx, b)
		b.tried = err == nil && len(b.todo) > 0 // a commit that fails is the handlers' failure: their hooks have part in it
		return err
	})
}

// sift finds what the handlers are to be given, and parks what waits behind a parked event.
func (t *tenure) sift(ctx context.Context, b *batch) error {
	b.todo = nil
	met := repeats{}
	for _, it := range b.items {
		if err := t.lookUp(ctx, it); err != nil {
			return err
		}
		if it.seen {
			continue
		}
		if it.fault == nil {
			held, err := t.holds(ctx, it.Event)
			if err != nil {
				return err
			}
			if !held {
				if !met.again(it.Event) {
					b.todo = append(b.todo, it)
				}
				continue
			}
			it.held, it.reason = true, reasonHeld
		}
		if err := t.keep(ctx, it); err != nil {
			return err
		}
		if err := t.markUnpassed(ctx, it.Event); err != nil {
			return err
		}
	}
	return nil
}

// lookUp asks the inbox as far as it can know more than the position. Where the position is stored with the effect, that is what an owner left
// behind who had split a batch and did not get to pass it: a first part of what is read, in order.
func (t *tenure) lookUp(ctx context.Context, it *item) error {
	if it.seen || t.fresh && t.stream.Transactional() {
		return nil
	}
	seen, err := t.handled(ctx, it.Event)
	if err != nil {
		return err
	}
	it.seen = seen
	t.fresh = t.fresh || !seen
	return nil
}

func (t *tenure) markUnpassed(ctx context.Context, e event.Event) error {
	if t.stream.Transactional() {
		return nil
	}
	return t.mark(ctx, e)
}

// passWith stores in the batch's transaction that it is done.
func (t *tenure) passWith(ctx context.Context, b *batch) error {
	if t.stream.Transactional() {
		return t.stream.Advance(ctx, b.Batch)
	}
	for _, it := range b.todo {
		if err := t.mark(ctx, it.Event); err != nil {
			return err
		}
	}
	return nil
}

// handOver gives items to their handlers, in order: neighbours of one subscription together.
func handOver(ctx context.Context, items []*item, attempt int) error {
	for start := 0; start < len(items); {
		subscription := items[start].use.subscription
		var run []event.Delivery
		for start < len(items) && items[start].use.subscription == subscription {
			run = append(run, event.Delivery{Event: items[start].Event, Attempt: attempt})
			start++
		}
		if err := deliver(ctx, subscription, run); err != nil {
			return err
		}
	}
	return nil
}

// deliver calls a handler. One that comes back after its deadline has failed.
func deliver(ctx context.Context, s *contract.Subscription, deliveries []event.Delivery) error {
	if err := s.Handle(ctx, deliveries); err != nil {
		return err
	}
	return context.Cause(ctx)
}
