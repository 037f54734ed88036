package consumer

import (
	"context"

	"fxcell.dev/fxcell/event"
)

// each runs the handler, and marks its event, in one transaction: effect and dedup are one commit.
func (t *tenure) each(ctx context.Context, it *item) error {
	return t.transact(ctx, func(ctx context.Context, limit limiter) error {
		seen, err := t.handled(ctx, it.Event)
		if err != nil || seen {
			return err
		}
		handling := limit(ctx)
		it.tried = true
		if err := deliver(handling, it.use.subscription, []event.Delivery{it.delivery()}); err != nil {
			return err
		}
		if err := t.mark(ctx, it.Event); err != nil {
			it.tried = false
			return err
		}
		return nil
	})
}

// external runs the handler outside of a transaction, and marks its event afterwards: who dies between the two handles it twice.
func (t *tenure) external(ctx context.Context, it *item) error {
	if !it.outside {
		seen, err := t.handled(ctx, it.Event)
		if err != nil || seen {
			return err
		}
		handling, cancel := context.WithTimeout(ctx, t.cfg.HandlerTimeout)
		defer cancel()
		it.tried = true
		if err := it.use.subscription.Handle(handling, []event.Delivery{it.delivery()}); err != nil {
			return err
		}
		it.outside, it.tried = true, false
	}
	return t.Tx.InTx(ctx, func(ctx context.Context) error { return t.mark(ctx, it.Event) })
}

// limiter gives a handler that starts now its deadline.
type limiter func(ctx context.Context) context.Context

// transact runs fn in a transaction. The deadline that limit sets counts until the commit; to wait for the transaction to begin does not count.
func (t *tenure) transact(ctx context.Context, fn func(ctx context.Context, limit limiter) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	release := func() {}
	defer func() { release() }()
	limit := func(ctx context.Context) context.Context {
		handling, stop := context.WithTimeout(ctx, t.cfg.HandlerTimeout)
		unlink := context.AfterFunc(handling, func() { cancel(context.Cause(handling)) })
		release = func() {
			unlink()
			stop()
		}
		return handling
	}
	return t.Tx.InTx(ctx, func(ctx context.Context) error { return fn(ctx, limit) })
}
