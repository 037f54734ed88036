package consumer

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/log"
)

// item is an event on its way through its handler. One goroutine at a time has it.
type item struct {
	event.Event

	use   *use
	batch *pending // in lanes

	fails   int    // attempts of the handler that failed
	stalls  int    // failures since then that were not the handler's
	tried   bool   // whether the handler has part in what fails now
	seen    bool   // an earlier owner has handled it
	outside bool   // mode external: the handler has succeeded, only its mark is missing
	reason  string // why the event is to be parked
	held    bool   // it is to be parked because it waits behind another one
	fault   error  // why the source could not read it: it is parked untried
}

// itemOf returns one event of what was read, unless the reader has no use for it. What could be anything it has: somebody has to look at that.
func (t *tenure) itemOf(b event.Batch, i int) (*item, bool) {
	e, fault := b.Events[i], b.Faults[i]
	u, wanted := t.uses[e.Contract]
	it := &item{Event: e, use: u, fault: fault}
	if fault != nil {
		it.reason = "could not be read: " + strings.ReplaceAll(fault.Error(), "\n", "; ")
		wanted = wanted || e.Contract == ""
	}
	return it, wanted
}

func (it *item) delivery() event.Delivery {
	return event.Delivery{Event: it.Event, Attempt: it.fails + 1}
}

// handle tries an event once, or parks it. It reports when it is done with; else it is to be tried again after a pause, unless ctx has ended.
func (t *tenure) handle(ctx context.Context, it *item) (again time.Duration, done bool) {
	if !t.enter(ctx) {
		return 0, false
	}
	defer t.leave()
	scope, span := t.scope(ctx, it.Event)
	defer span.End()
	it.tried = false
	err := contained(func() error { return t.attempt(scope, it) })
	if err == nil {
		t.standstills.end(t.name, it.stalls)
		t.logParked(scope, it)
		return 0, true
	}
	blame(span, err)
	if ctx.Err() != nil {
		return 0, false
	}
	logger := t.loggerOf(scope, it)
	if !it.tried || blocked(err) {
		it.stalls++
		t.standstills.begin(t.name, it.stalls, err)
		logger.Warn("event could not be taken up", zap.Int("try", it.stalls), zap.Error(err))
		return pause(ownRetry(), it.stalls), false
	}
	it.stalls = 0
	it.fails++
	t.logFailure(logger, it.fails, it.Time, err)
	if event.IsPermanent(err) || it.fails >= it.use.retry.Attempts {
		it.reason = reasonOf(err, it.fails)
		return 0, false
	}
	return pause(it.use.retry, it.fails), false
}

// attempt does what the event's turn is: it parks it, or handles it in the mode of its subscription.
func (t *tenure) attempt(ctx context.Context, it *item) error {
	if it.reason == "" {
		held, err := t.holds(ctx, it.Event)
		if err != nil {
			return err
		}
		if it.held = held; held {
			it.reason = reasonHeld
		}
	}
	switch {
	case it.reason != "":
		return t.park(ctx, it)
	case it.use.subscription.Mode == event.External:
		return t.external(ctx, it)
	default:
		return t.each(ctx, it)
	}
}

// logParked writes a line about an event that was parked, none about one that was handled.
func (t *tenure) logParked(ctx context.Context, it *item) {
	switch {
	case it.seen: // an earlier owner has parked it
	case it.held:
		t.loggerOf(ctx, it).Warn("event parked", zap.Bool("held", true), zap.String("reason", it.reason))
	case it.reason != "":
		t.loggerOf(ctx, it).Error("event parked", zap.Int("attempts", it.fails), zap.String("reason", it.reason))
	}
}

func (t *tenure) loggerOf(ctx context.Context, it *item) *zap.Logger {
	return log.For(ctx, t.logger).With(zap.String("contract", it.Contract), zap.String("event_id", it.ID))
}

func (t *tenure) logFailure(logger *zap.Logger, attempt int, published time.Time, err error) {
	fields := []zap.Field{zap.Int("attempt", attempt), zap.Error(err)}
	if !published.IsZero() {
		fields = append(fields, zap.Duration("age", t.Clock.Now().Sub(published)))
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		fields = append(fields, zap.ByteString("stack", p.stack))
	}
	logger.Warn("event handling failed", fields...)
}
