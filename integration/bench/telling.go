package main

import (
	"context"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// gatedLog is a log that nobody owns before its gate opens.
type gatedLog struct {
	outbox.Log

	gate <-chan struct{}
}

// Own implements outbox.Log.
func (g gatedLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	select {
	case <-g.gate:
	case <-ctx.Done(): // by which the reader comes to be
	}
	return g.Log.Own(ctx, r)
}

// telling is a sink that tells what is kept.
type telling struct {
	event.Sink

	kept func(item)
}

// Open implements event.Sink.
func (t telling) Open(ctx context.Context) event.Sender {
	return tellingSender{t.Sink.Open(ctx), t.kept}
}

type tellingSender struct {
	event.Sender

	kept func(item)
}

// Send implements event.Sender.
func (t tellingSender) Send(events []event.Event, done func(at int, err error)) {
	items := make([]item, len(events))
	faults := make([]error, len(events))
	for i, e := range events {
		items[i], faults[i] = read(e.Payload)
	}
	t.Sender.Send(events, func(at int, err error) {
		if err == nil && faults[at] == nil {
			t.kept(items[at])
		}
		done(at, err)
	})
}
