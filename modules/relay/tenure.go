package relay

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// tenure is the time in which this process owns the log. It belongs to one goroutine.
type tenure struct {
	*Relay

	stream event.Stream
	end    context.CancelCauseFunc // ends it before its time
	window *window
	parked *parkedKeys

	sender    event.Sender
	endSender context.CancelFunc
	fails     int       // tries in a row that failed by what a later one may change
	judged    bool      // what failed is to be sent again
	again     time.Time // when
	readAgain time.Time // when the log is read again that could not be
	readFails int
	more      bool // there may be something to read
}

func newTenure(r *Relay, s event.Stream, end context.CancelCauseFunc) *tenure {
	return &tenure{Relay: r, stream: s, end: end, window: newWindow(), parked: newParkedKeys(r.Parking), endSender: func() {}, more: true}
}

// run reads, sends and passes until ctx ends, or fetch has and nothing is left.
func (t *tenure) run(ctx, fetch context.Context) {
	defer t.abandon()
	if !t.learn(ctx) {
		return
	}
	t.open(ctx)
	for ctx.Err() == nil {
		if !t.pass(ctx) {
			return
		}
		if fetch.Err() != nil && len(t.window.batches) == 0 {
			return
		}
		broken, still := t.window.isBroken()
		switch {
		case broken && still && !t.judged:
			t.judge()
		case broken && still && !time.Now().Before(t.again):
			t.resend(ctx)
		case !broken && t.hasRoom() && fetch.Err() == nil && t.more && !time.Now().Before(t.readAgain):
			t.read(ctx, fetch)
		default:
			t.wait(ctx, fetch)
		}
	}
}

// learn asks what is parked, until it is told. It reports false when ctx ends first.
func (t *tenure) learn(ctx context.Context) bool {
	for tries := 1; ctx.Err() == nil; tries++ {
		err := t.parked.load(ctx)
		if err == nil {
			return true
		}
		t.Logger.Warn("parked events could not be looked at", zap.Int("try", tries), zap.Error(err))
		sleep(ctx, pause(tries))
	}
	return false
}

// open begins to send.
func (t *tenure) open(ctx context.Context) {
	t.endSender()
	ctx, t.endSender = context.WithCancel(ctx)
	t.sender = t.Sink.Open(ctx)
}

// abandon gives up what is on its way.
func (t *tenure) abandon() {
	t.endSender()
	for _, b := range t.window.batches {
		b.span.End()
	}
}

func (t *tenure) hasRoom() bool {
	return len(t.window.batches) < t.cfg.InFlight && t.window.bytes < t.cfg.WindowBytes
}

// wait waits for news.
func (t *tenure) wait(ctx, fetch context.Context) {
	var wake <-chan struct{}
	var timer <-chan time.Time
	fetching := fetch.Done()
	broken, still := t.window.isBroken()
	switch {
	case broken && still:
		timer = time.After(time.Until(t.again))
	case !broken && t.hasRoom() && fetch.Err() == nil && !t.more:
		wake = t.stream.Wake()
	case !broken && t.hasRoom() && fetch.Err() == nil:
		timer = time.After(time.Until(t.readAgain))
	}
	if fetch.Err() != nil {
		fetching = nil
	}
	select {
	case <-t.window.changed:
	case <-wake:
		t.more = true
	case <-timer:
	case <-fetching:
	case <-ctx.Done():
	}
}

// read takes up the next events and sends them, but for those that are not to be sent.
func (t *tenure) read(ctx, fetch context.Context) {
	read, err := t.stream.Next(fetch, t.cfg.Batch)
	switch {
	case errors.Is(err, event.ErrLost):
		t.end(err)
		return
	case err != nil && fetch.Err() != nil:
		return
	case err != nil:
		t.readFails++
		t.readAgain = time.Now().Add(pause(t.readFails))
		t.Logger.Warn("log could not be read", zap.Int("try", t.readFails), zap.Error(err))
		return
	}
	t.readFails = 0
	if t.more = len(read.Events) > 0; !t.more {
		return
	}
	b := t.window.add(read)
	b.span = t.span(ctx, read.Events)
	t.watch.begin(len(read.Events), t.Clock.Now())
	if send, ok := t.sift(ctx, b.items); ok {
		t.window.send(t.sender, send)
	}
}

// sift parks the items that are not to be sent, and returns the others. It reports false when ctx ends first.
func (t *tenure) sift(ctx context.Context, items []*item) (send []*item, ok bool) {
	for _, it := range items {
		behind, err := t.parked.holds(ctx, it.Event)
		for tries := 1; err != nil; tries++ {
			t.Logger.Warn("parked events could not be looked at", zap.Int("try", tries), zap.Error(err))
			if !sleep(ctx, pause(tries)) {
				return nil, false
			}
			behind, err = t.parked.holds(ctx, it.Event)
		}
		if behind {
			t.window.park(it, held, errHeld)
		} else if err := t.Sink.Fits(it.Event); err != nil {
			t.giveUp(it, err)
		} else {
			send = append(send, it)
		}
	}
	return send, true
}

// errHeld is why an event is parked that was not tried.
var errHeld = errors.New("an earlier event of its key is parked")

func (t *tenure) giveUp(it *item, err error) {
	t.window.park(it, given, err)
	t.parked.add(it.Event)
}

// judge decides what becomes of what failed, when nothing is on its way: what was refused for good is given up. What a later try may change counts
// no attempt.
func (t *tenure) judge() {
	t.judged, t.again = true, time.Now()
	var passing error
	for _, it := range t.window.failures() {
		switch {
		case event.IsPermanent(it.err):
			t.giveUp(it, it.err)
		case !errors.Is(it.err, event.ErrBehind):
			passing = it.err
		}
	}
	if passing != nil {
		t.fails++
		t.again = t.again.Add(pause(t.fails))
		t.Logger.Warn("events could not be published", zap.Int("try", t.fails), zap.Error(passing))
		t.watch.fault(passing)
	}
}

// resend sends again what failed, in order and by another sender, but for what is behind something that was given up.
func (t *tenure) resend(ctx context.Context) {
	items := t.window.failures()
	t.window.mend()
	t.judged = false
	t.open(ctx)
	if send, ok := t.sift(ctx, items); ok {
		t.window.send(t.sender, send)
	}
}

// pass moves the position behind the oldest batches that are done, and parks what they gave up. It reports false when the tenure is to end.
func (t *tenure) pass(ctx context.Context) bool {
	batches := t.window.complete()
	for tries := 1; len(batches) > 0; tries++ {
		err := t.store(ctx, batches)
		if err == nil {
			break
		}
		if errors.Is(err, event.ErrLost) || errors.Is(err, event.ErrOrder) {
			t.end(err)
			return false
		}
		if ctx.Err() != nil {
			return false
		}
		t.Logger.Warn("position could not be stored", zap.Int("try", tries), zap.Error(err))
		t.watch.fault(err)
		if !sleep(ctx, pause(tries)) {
			return false
		}
	}
	for _, b := range batches {
		t.finish(b)
	}
	t.window.pass(len(batches))
	return true
}

// finish tells that a batch is passed.
func (t *tenure) finish(b *batch) {
	b.span.End()
	t.fails = 0
	for _, it := range b.items {
		if it.state != acknowledged {
			t.parked.stored(it.Event)
			t.Logger.Error("event parked", zap.String("event_id", it.ID), zap.String("contract", it.Contract), zap.String("topic", it.Topic),
				zap.Int64("seq", it.Seq), zap.Bool("held", it.state == held), zap.Error(it.err))
		}
	}
	t.watch.passed(len(b.items), t.Clock.Now())
}

// store parks what is to be parked, and advances: in one transaction, or without one when there is nothing to park.
func (t *tenure) store(ctx context.Context, batches []*batch) error {
	var parked []*item
	for _, b := range batches {
		for _, it := range b.items {
			if it.state != acknowledged {
				parked = append(parked, it)
			}
		}
	}
	if len(parked) == 0 {
		return t.advance(ctx, batches)
	}
	return t.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, it := range parked {
			if err := t.Parking.Park(ctx, parkedOf(it)); err != nil {
				return err
			}
		}
		return t.advance(ctx, batches)
	})
}

func (t *tenure) advance(ctx context.Context, batches []*batch) error {
	for _, b := range batches {
		if err := t.stream.Advance(ctx, b.Batch); err != nil {
			return err
		}
	}
	return nil
}

func parkedOf(it *item) event.Parked {
	p := event.Parked{Event: it.Event, Reader: name, Reason: it.err.Error(), Held: it.state == held}
	if !p.Held {
		p.Attempts, p.Reason = 1, "it can never be published: "+it.err.Error()
	}
	return p
}
